"""What a consortium is set up with, as tables of one workbook (一括登録の様式).

The same definition writes the workbook, reads it and explains it: a new column is one line here,
one where it is read from the tables of the portal and one where it is registered.
"""
