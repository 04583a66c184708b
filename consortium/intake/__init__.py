"""Bytes from outside, turned into checked values or refused by name (取込み).

casefile       case files of `flask share` (YAML or JSON)
attachments    files sent along with a question or an answer: kind by content and name
basis_table    values by 団体コード, pasted from a sheet or uploaded as a workbook or CSV
payment_table  payments as CSV; payment_book: the same from a workbook
prescan        a look at an uploaded workbook before anything parses it
worker         uploaded workbooks are read by a process of their own; reading_process: that process
raw_book       what the parts of a workbook hold, as plain data (raw_cells, number_formats)
workbook       sheets with typed cells; sheet_table: columns by heading, findings by cell
figure_sheet   the 基礎数値様式, filled in
plan_book      a 工程表 with what happened filled in
registration   the workbook of 一括登録
issued_book    values and hashes of a workbook that was issued, whoever saved it last
data_rows      the rows of データ in a workbook of our own
signs          signs as people type them
"""
