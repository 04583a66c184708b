"""Bytes from outside, turned into checked values or refused by name (取込み).

casefile     case files of `flask share` (YAML or JSON)
basis_table  values by 団体コード, pasted from a sheet or uploaded as CSV
"""
