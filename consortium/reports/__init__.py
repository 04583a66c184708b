"""Documents for people (帳票): a domain object in, the bytes of a workbook out.

No database, no web, no clock: what is printed stands in the document, the date of issue included.
A new 帳票 is one module with `COLUMNS`, `render(...)` and the decorator `@report(key, title)`,
named below.

- registry: the list of all 帳票 (帳票の登録簿)
- document: what a report prints, as a frozen snapshot, and its data hash (帳票の元)
- cost_statement, summary, monthly_cost: the 帳票 (負担金明細書・負担金総括表・月次費用報告)
- quarterly_cost: 四半期費用報告; situation, situation_document: 状況報告 and what it is made of
- notice, reminder: 納入依頼, 督促; settlement: the sheet 精算書; dues: what they say of money
- archive: the zip of a year (年度アーカイブ)
- causes: why two runs differ, on one page (要因分解); made on demand, not in the register
- case_book: a computed case to read (算定ケースのブック); no 帳票, nobody issues it
- compared: the two runs and the causes that a document keeps for it (要因分解の内容)
- statement_lines, instalment_block: lines and instalments of 負担金明細書 (明細の行・期別納付)
- letter, calculation, data_sheet: sheets that 帳票 have in common (鑑・算定内訳・データ)
- data_lint: is a データ fit for machines; checked before anything is written (データの点検)
- sheet, styles, book: cells, looks, and the one module that writes a file (書き手)
- cells, rows: the rows as text, written by us; looks, shell, chart, frame: the rest, by openpyxl
- pdf: what was issued, printed by LibreOffice (PDF)
- wording, names, item_notes: sentences, file names, how amounts came about (文言・ファイル名・注記)
- csv_file: rows as CSV, of an edition of basis values or of a データ sheet, no 帳票 (CSV)
- bundle: the files of one issue in one zip (一式)
- figure_form: the form of base figures for the towns, no 帳票 (基礎数値様式)
- plan_sheet, plan_axis: plans as a workbook that comes back, no 帳票 (工程表・時間軸)
"""

from consortium.reports import (
    causes,
    cost_statement,
    monthly_cost,
    notice,
    quarterly_cost,
    reminder,
    situation,
    summary,
)
from consortium.reports.registry import REPORTS, Report, report

__all__ = [
    "REPORTS",
    "Report",
    "causes",
    "cost_statement",
    "monthly_cost",
    "notice",
    "quarterly_cost",
    "reminder",
    "report",
    "situation",
    "summary",
]
