"""The reminder of an overdue instalment (督促): 鑑 and データ."""

from consortium.reports.data_sheet import data_sheet
from consortium.reports.document import ReminderDocument, member_slot
from consortium.reports.dues import instalment_name
from consortium.reports.letter import Letter, Point, draw
from consortium.reports.page import bind
from consortium.reports.registry import report
from consortium.reports.sheet import Cell, Column, Date, Int, Text
from consortium.reports.wording import PAYMENT, REMINDER_BODY, you

COLUMNS = (
    Column("year", "年度", 10, "data_int"),
    Column("code", "団体コード", 12, "data_code"),
    Column("name", "団体名", 12, "data"),
    Column("instalment", "期", 8, "data_int"),
    Column("notice", "納入依頼の文書番号", 22, "data"),
    Column("was_due_on", "当初の納入期限", 16, "data"),
    Column("amount", "依頼額_円", 14, "data_int"),
    Column("open", "未納額_円", 14, "data_int"),
    Column("due_on", "指定期限", 16, "data"),
    Column("times", "督促の回", 12, "data_int"),
)


@report("reminder", title="督促")
def render(document: ReminderDocument, code: str) -> bytes:
    """Make one member's reminder; KeyError for a member that is not reminded."""
    content = _content(document, code)
    data = data_sheet(COLUMNS, [_data(document, code)], "督促データ", is_sample=document.is_sample)
    title = f"{content.title}　{document.name(code)}"
    return bind(document, member_slot(code), title, (draw(document, code, content), data))


def _content(document: ReminderDocument, code: str) -> Letter:
    asked, instalment = document.members[code], instalment_name(document.no)
    label = document.fiscal_year_label
    body = REMINDER_BODY.format(year=label, instalment=instalment, you=you(asked.name))
    return Letter(
        f"{label}共同クラウド運営負担金（{instalment}）の納入について（督促）",
        body,
        [
            Point("未納額", Int(asked.open), "letter_amount"),
            Point("指定期限", Date(document.due_on), "letter_day"),
            Point("納入方法", Text(PAYMENT), "letter_body"),
            Point("当初の納入期限", Date(asked.was_due_on), "letter_day"),
            Point("納入依頼の額", Int(asked.amount), "letter_yen"),
            Point("納入依頼", Text(asked.notice)),
            Point("督促の回", Text(f"第{asked.times}回")),
            Point("行き違い", Text("既に納入されているときは、御容赦ください。")),
        ],
    )


def _data(document: ReminderDocument, code: str) -> tuple[Cell, ...]:
    asked = document.members[code]
    return (
        Int(document.fiscal_year.start_year),
        Text(code),
        Text(asked.name),
        Int(document.no),
        Text(asked.notice),
        Text(asked.was_due_on.isoformat()),
        Int(asked.amount),
        Int(asked.open),
        Text(document.due_on.isoformat()),
        Int(asked.times),
    )
