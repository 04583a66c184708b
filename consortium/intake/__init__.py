"""Bytes from outside, turned into checked values or refused by name (取込み).

casefile     case files of `flask share` (YAML or JSON)
"""
