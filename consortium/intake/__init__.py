"""Bytes from outside, turned into checked values or refused by name (取込み).

casefile     case files of `flask share` (YAML or JSON)
attachments  files sent along with a question or an answer: kind by content and name
basis_table  values by 団体コード, pasted from a sheet or uploaded as CSV
prescan      a look at an uploaded workbook before anything parses it
issued_book  values and hashes of a workbook that was issued, whoever saved it last
"""
