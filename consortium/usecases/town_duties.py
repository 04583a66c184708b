"""What a member town has to do now (自団体のすること): pay, hand in, answer, by when."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from consortium.db.store.fact_lines import Row
from consortium.db.store.registers import Entry
from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.yen import Yen
from consortium.usecases.overdue import Unpaid
from consortium.usecases.year_facts import (
    asked_towns,
    office_of,
    own_first,
    sorted_by_kind,
    unpaid_in,
)


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing a town has to do (自団体のすること)."""

    #: pay, figures, question: a page links by it
    kind: str
    title: str
    year: FiscalYear | None
    #: None where no day is named
    due_on: date | None
    is_late: bool
    note: str = ""
    #: what is still to be paid
    amount: Yen | None = None


def years_with_notices(entries: Sequence[Entry]) -> list[FiscalYear]:
    """Name the years of which the town has a notice that stands (納入依頼のある年度)."""
    return sorted(
        {each.year for each in entries if each.kind == "notice" and each.cancelled is None}
    )


def unpaid_by_year(
    rows: Sequence[Row], code: str, years: Sequence[FiscalYear]
) -> dict[FiscalYear, tuple[Unpaid, ...]]:
    """Give what the town has not paid of the notices it has, by year (自団体の未納)."""
    by_kind = sorted_by_kind(rows)
    # The due days are the lead city's; its own days are among the rows, the town's are not its.
    days = (row for row in by_kind["closed_day"] if row.key != code)
    office = office_of(own_first(days).values())
    return {year: unpaid_in(by_kind, year, office, code) for year in years}


def duties_of(
    code: str,
    unpaid: Mapping[FiscalYear, Sequence[Unpaid]],
    rows: Sequence[Row],
    labels: Mapping[int, str],
    today: date,
) -> tuple[Duty, ...]:
    """List what the town has to do, the earliest day first (自団体のすること)."""
    found = [
        *_payments(unpaid, labels, today),
        *_figures(rows, labels, today),
        *_questions([row for row in rows if row.what == "question"]),
    ]
    days = [row for row in rows if row.what == "closed_day" and row.key in ("", code)]
    office = office_of(own_first(days).values())
    noted = [_noted(duty, office) for duty in found]
    return tuple(sorted(noted, key=lambda duty: (duty.due_on or date.max, duty.title)))


def _noted(duty: Duty, office: OpenDays) -> Duty:
    """Say by when to do it where the town's own office is closed on the day (閉庁日の期限)."""
    if duty.due_on is None or office.is_open(duty.due_on):
        return duty
    day = office.add(duty.due_on, -1)
    said = f"期限の日は閉庁日です。前の開庁日（{day.month}月{day.day}日）までに済ませてください。"
    return replace(duty, note="　".join(filter(None, (duty.note, said))))


def _payments(
    unpaid: Mapping[FiscalYear, Sequence[Unpaid]], labels: Mapping[int, str], today: date
) -> Iterator[Duty]:
    for year, lines in unpaid.items():
        for each in lines:
            yield Duty(
                "pay",
                f"{fiscal_year_label(year, labels)} 第{each.line.no}期の納付",
                year,
                each.line.due_on,
                each.line.is_overdue(today),
                each.line.document_number,
                each.left,
            )


def _figures(rows: Sequence[Row], labels: Mapping[int, str], today: date) -> Iterator[Duty]:
    """Give each open round that asks the town and has nothing of it yet."""
    stays = [row for row in rows if row.what == "stay"]
    sent = {row.note for row in rows if row.what == "handed_in"}
    for row in rows:
        if row.what != "round" or row.note != "open" or row.key in sent or row.until is None:
            continue
        if not asked_towns(row, stays):
            continue
        year = FiscalYear(row.year or 0)
        title = f"{fiscal_year_label(year, labels)} 基礎数値・利用意向の提出"
        yield Duty("figures", title, year, row.until, today > row.until)


def _questions(rows: Sequence[Row]) -> Iterator[Duty]:
    for row in rows:
        if row.amount:
            yield Duty("question", f"幹事市からの質疑への回答（{row.number}件）", None, None, False)
        else:
            note = "幹事市の回答を待っています。"
            yield Duty("question", f"回答待ちの質疑（{row.number}件）", None, None, False, note)
