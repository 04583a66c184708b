"""The years of the sample that run as in an office (見本の経過): FY2025 to its end, FY2026 so far.

All of it is made up and marked 見本. What happens when is `events`; `sample_acts` says how. The
day the sample was first started decides how far FY2026 is; later starts change nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial

from consortium.db.store import calendars, schedules, steps
from consortium.db.unit import reading
from consortium.domain.calendar.opendays import OpenDays
from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.fiscalyear.schedule import TOKYO
from consortium.domain.fiscalyear.steps import notice_deadline
from consortium.domain.yen import Yen, total
from consortium.usecases import payments, sample, sample_plans, settlements
from consortium.usecases import sample_acts as acts
from consortium.usecases.calendars import import_holidays
from consortium.usecases.reporting import Worker
from consortium.usecases.viewer import Viewer

LAST, NOW, NEXT = FiscalYear(2025), FiscalYear(2026), FiscalYear(2027)
HIRAKAWA, NISHIMEYA, FUJISAKI = "022101", "023434", "023612"
OWANI, INAKADATE, ITAYANAGI, HIROSAKI = "023621", "023671", "023817", "022021"

#: Towns whose difference of FY2025 goes to FY2026 (翌年度充当); the others pay or are paid.
CREDITED = (INAKADATE, ITAYANAGI)
#: What a town paid more or less than it was asked for, and why: year and instalment → town.
UNUSUAL = {
    (2025, 2): {NISHIMEYA: (-800_000, "一部（見本）")},
    (2025, 3): {FUJISAKI: (10_000, "1万円多い振込み（見本）")},
}
#: What 大鰐町 has not paid of an instalment of FY2026.
MISSING = (-150_000, "15万円少ない振込み（見本）")
#: A reminder goes out so long after the due day.
_PATIENCE = timedelta(days=20)
#: From here on FY2026 is left as it is, for whoever tries the portal.
_LEFT_OPEN = date(2026, 9, 1)

_SETTLING = "出納整理期間の精算のため（見本）"
_GRANT_ITEM, _PRICE_ITEM = "標準仕様書の改定対応", "システム利用料"
_GRANT_QUESTION = "この費用は、国の補助の対象にならないのでしょうか。"
_GRANT_ANSWER = (
    "いまのところ対象になっていません。対象となったときは、変更の算定で負担額を改めます（見本）。"
)
_PRICE_QUESTION = (
    "令和7年度より増えていますが、単価が上がったのでしょうか。予算要求の説明に使います。"
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something done at an instant (経過の一つ); with a title the start tells of it."""

    at: datetime
    act: Callable[[acts.Office], object]
    title: str = ""


def _at(day: date, hour: int = 10, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), TOKYO)


# ---- what happens when ---------------------------------------------------------------------------


def events(begun: datetime, days: OpenDays) -> list[Event]:
    """Give everything up to the first start, in order of time; the issues are there always."""
    told = [_issue(issue.year, issue.stage, issue.at) for issue in sample.HISTORY]
    told.append(_issue(LAST, "planned", _at(date(2025, 2, 10))))
    rest = [
        Event(_at(date(2025, 2, 3)), partial(acts.enter_costs, year=LAST, stage="planned")),
        Event(_at(date(2025, 3, 3)), partial(acts.begin, year=LAST)),
        *_collecting(LAST, days, None),
        Event(_at(date(2025, 9, 5), 14), _paid_later),
        *_receiving(),
        Event(_at(date(2026, 3, 2)), partial(acts.begin, year=NOW)),
        *_ending(),
        *_collecting(NOW, days, late := _late(begun, days)),
        *_reminding(days, late),
        *_rounds(),
        *_questions(begun, days),
        *_joining(begun),
    ]
    found = [*told, *(each for each in rest if each.at <= begun)]
    return sorted(found, key=lambda each: each.at)


def _issue(year: FiscalYear, stage: str, at: datetime) -> Event:
    title = f"{fiscal_year_label(year)} {STAGES[stage]}を発行しています…"
    return Event(at, partial(acts.issue, year=year, stage=stage), title)


def _dues(year: FiscalYear, days: OpenDays) -> list[date]:
    return [days.roll(day, "previous_open_day") for day in acts.due_days(year)]


def _collecting(year: FiscalYear, days: OpenDays, late: int | None) -> Iterator[Event]:
    """Ask for each instalment fourteen days before, and take the payments in on its due day."""
    for no, due_on in enumerate(_dues(year, days), start=1):
        unusual = {OWANI: MISSING} if no == late else UNUSUAL.get((year.start_year, no), {})
        title = f"{fiscal_year_label(year)} 第{no}期の納入依頼を発行しています…"
        send = partial(acts.send_notices, year=year, no=no)
        yield Event(_at(notice_deadline(due_on, days)), send, title)
        take = partial(acts.take_payments, year=year, no=no, unusual=unusual)
        yield Event(_at(due_on, 16), take)


def _paid_later(office: acts.Office) -> None:
    acts.pay_rest(office, LAST, 2, NISHIMEYA)


def _receiving() -> Iterator[Event]:
    """Let 板柳町 receive what has come; the newest documents of FY2026 wait (受領)."""
    for day in (date(2025, 5, 7), date(2026, 2, 16), date(2026, 6, 1), date(2026, 8, 7)):
        yield Event(_at(day, 9), acts.receive)


def _late(begun: datetime, days: OpenDays) -> int | None:
    """Choose the newest instalment of FY2026 whose reminder is past; None before the first."""
    past = [
        no
        for no, due_on in enumerate(_dues(NOW, days), start=1)
        if _reminded_at(due_on, days) <= begun
    ]
    return max(past, default=None)


def _reminded_at(due_on: date, days: OpenDays) -> datetime:
    return _at(days.roll(due_on + _PATIENCE, "next_open_day"))


def _reminding(days: OpenDays, late: int | None) -> Iterator[Event]:
    if late is not None:
        act = partial(acts.remind, year=NOW, no=late, code=OWANI)
        yield Event(_reminded_at(_dues(NOW, days)[late - 1], days), act)


def _ending() -> Iterator[Event]:
    """Close FY2025: softly, then the settlement and what follows from it, then for good."""

    def settling(act: Callable[[acts.Office], object]) -> Callable[[acts.Office], object]:
        return lambda office: act(office.because(_SETTLING))

    yield Event(_at(date(2026, 3, 31), 17), partial(acts.close_soft, year=LAST))
    marks = partial(acts.mark_steps, year=LAST, before=LAST.period.until or date.max)
    yield Event(_at(date(2026, 4, 1)), marks)
    costs = settling(partial(acts.enter_costs, year=LAST, stage="settlement"))
    yield Event(_at(date(2026, 5, 18)), costs)
    run = _issue(LAST, "settlement", _at(date(2026, 5, 22)))
    yield replace(run, act=settling(run.act))
    settle = settling(partial(acts.settle, year=LAST, credited=CREDITED))
    yield Event(_at(date(2026, 5, 22), 15), settle)
    yield Event(_at(date(2026, 5, 29)), settling(partial(acts.carry_out, year=LAST)))
    yield Event(_at(date(2026, 6, 10)), partial(acts.close_hard, year=LAST))
    title = f"{fiscal_year_label(LAST)} 年度アーカイブを作成しています…"
    yield Event(_at(date(2026, 6, 11)), partial(acts.keep, year=LAST), title)


def _rounds() -> Iterator[Event]:
    """Ask for the base figures of FY2027; 板柳町 hands nothing in."""
    day = date(2026, 9, 30)
    opened = partial(acts.open_round, year=NEXT, reference_on=date(2026, 9, 1), due_on=day)
    yield Event(_at(date(2026, 9, 2)), opened)
    for at, codes in (
        (date(2026, 9, 9), (HIROSAKI, FUJISAKI)),
        (date(2026, 9, 18), (HIRAKAWA, OWANI, INAKADATE)),
        (date(2026, 9, 29), (NISHIMEYA,)),
    ):
        yield Event(_at(at, 13), partial(acts.hand_in, year=NEXT, codes=codes))


def _questions(begun: datetime, days: OpenDays) -> Iterator[Event]:
    """Let 板柳町 ask twice about FY2026: answered, and waiting for an answer."""
    asked = partial(acts.ask, year=NOW, name="1", item=_GRANT_ITEM, text=_GRANT_QUESTION)
    yield Event(_at(date(2026, 2, 18), 11), asked)
    yield Event(
        _at(date(2026, 2, 24), 9), lambda office: acts.answer(office, asked(office), _GRANT_ANSWER)
    )
    lately = min((begun - timedelta(days=4)).astimezone(TOKYO).date(), date(2027, 2, 12))
    waits = partial(acts.ask, year=NOW, name="2", item=_PRICE_ITEM, text=_PRICE_QUESTION)
    if lately > date(2026, 2, 24):
        yield Event(_at(days.roll(lately, "previous_open_day"), 11, 30), waits)


def _joining(begun: datetime) -> Iterator[Event]:
    """Count three joins back, and let 鶴田町 come as far as it has by now (加入工程)."""

    def doing(act: Callable[[sample_plans.Team], object]) -> Callable[[acts.Office], object]:
        return lambda office: act(sample_plans.Team(office.staff, office.approver, office.at))

    yield Event(_at(date(2024, 11, 1)), doing(sample_plans.add_references))
    yield Event(_at(date(2024, 11, 15)), doing(sample_plans.make))
    for at in sample_plans.turns(begun):
        yield Event(at, doing(sample_plans.keep_up))


# ---- telling it ----------------------------------------------------------------------------------


def run(worker: Worker, progress: Callable[[str], None]) -> None:
    """Let the years of the sample happen, as far as they have not (見本の経過).

    A start that was killed is gone on with. What people did after the story was told to its end
    is theirs: nothing is done again.
    """
    people = sample.people()
    staff = people["lead_staff"]
    with reading() as session:
        begun = min(
            each.valid_from for _, each in schedules.schedules(session, staff.consortium_id)
        )
        if steps.steps(session, staff.consortium_id, NEXT):
            return
        days = calendars.open_days(session, staff.consortium_id, None)
    if _is_of_before(staff):
        return
    for event in events(begun, days):
        if event.title:
            progress(event.title)
        event.act(_office(people, worker, event.at))
    _finish(_office(people, worker, begun))


def _is_of_before(staff: Viewer) -> bool:
    """Say whether the sample was made before it had these years: it stays as it is."""
    at = _at(date(2025, 2, 10))
    planned, final = (sample.Issue(LAST, stage, at) for stage in ("planned", "final"))
    return sample.is_issued(final, staff) and not sample.is_issued(planned, staff)


def _office(people: dict[str, Viewer], worker: Worker, at: datetime) -> acts.Office:
    return acts.Office(
        people["lead_staff"], people["lead_approver"], people["member_staff"], worker, at
    )


def _finish(office: acts.Office) -> None:
    """Mark what the sample leaves out, and begin the next year: the sign that all is told."""
    this_month = Month.containing(office.today).first
    before = this_month if office.today >= NEXT.period.since else min(this_month, _LEFT_OPEN)
    for year in (LAST, NOW):
        if before > year.period.since:
            acts.mark_steps(office, year, before)
    import_holidays(office.staff, NEXT.start_year + 1, office.at, office.today)
    acts.begin(office, NEXT)
    acts.mark_steps(office, NEXT, before)


# ---- what became of it ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Money:
    """What was asked for and paid of a year, in yen (納付の集計)."""

    year: FiscalYear
    notices: int
    asked: Yen
    paid: Yen
    overdue: Yen
    #: what the settlement found over and above what was paid; None before there is one
    settled: Yen | None


def money(today: date) -> Iterator[Money]:
    """Give a line for each year that has notices (納付の集計)."""
    staff = sample.people()["lead_staff"]
    for year in (LAST, NOW):
        page = payments.show_year(staff, year, today)
        facts = settlements.show_settlement(staff, year).facts
        lines = [each for town in page.ledger.lines.values() for each in town]
        sent = [each.amount for each in lines if each.state == "notified"]
        if sent:
            late = total(each.open for each in page.overdue.values())
            settled = facts.difference if facts.settled else None
            yield Money(year, len(sent), total(sent), page.paid, late, settled)
