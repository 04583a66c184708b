"""One life of a fiscal year in fixed steps (年度の一生): what the random ones begin from."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from tests import databases
from tests import fiscal_year_setup as setup
from tests.fiscal_year_book import Book
from tests.fiscal_year_money import Year
from tests.fiscal_year_setup import FUJISAKI, HIRAKAWA, HIROSAKI, ITAYANAGI


@contextmanager
def living(url: str, files: Path, book: Book, at: datetime) -> Iterator[Year]:
    """Go on with a year in the database that is open (年度の続き)."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield Year(setup.open_office(files, at), book, connection)


def first_book(found: Year) -> None:
    """Write down what `found_consortium` has registered."""
    rows = found.dump()["cost_item"]
    for (key,), row in sorted(rows.items(), key=lambda each: (each[1]["stage"], each[1]["name"])):
        found.book.costs[row["stage"]][key] = int(row["amount_incl_tax"])


def new_book() -> Book:
    """Give the books of a year of which nothing was computed yet."""
    return Book(
        towns=tuple(setup.TOWNS),
        lead=HIROSAKI,
        people={code: count for code, (_, _, count) in setup.TOWNS.items()},
        rules={date(2015, 4, 1): (20, 0), date(2026, 4, 1): (20, 80)},
        costs={stage: {} for stage in setup.STAGES},
    )


# ---- the phases ----------------------------------------------------------------------------------


def issue(year: Year, stage: str, fault: str = "", at: int = 0) -> None:
    """Bring a stage to its issue, from wherever it is; not by its drafter alone."""
    if year.book.under_way(stage) is None:
        year.draft(stage)
    for step in ("submit", "approve", "issue"):
        run_id = year.book.under_way(stage)
        if run_id is None or year.book.runs[run_id].state not in BEFORE[step]:
            continue
        if step != "submit" and year.book.runs[run_id].edition == 1:
            year.step(run_id, step, by_drafter=True)
        year.step(run_id, step, fault=fault, at=at)
        year.check()


BEFORE = {"submit": ("draft",), "approve": ("in_review",), "issue": ("approved",)}


def notice_of(year: Year, code: str, no: int) -> str:
    """Give the notice that stands."""
    return next(
        key
        for key, each in year.book.notices.items()
        if (each.code, each.no, each.is_cancelled) == (code, no, False)
    )


def statement_of(year: Year, stage: str) -> str:
    """Give a statement of the stage that stands."""
    (run_id,) = [key for key, run in year.book.runs.items() if run.stage == stage and run.stands]
    rows = year.dump()["statement"].values()
    return next(str(r["id"]) for r in rows if (r["run_id"], r["slot"]) == (run_id, "lead"))


def pay_notice(year: Year, code: str, no: int, more: int = 0) -> None:
    """Pay a notice in full, or so much more or less."""
    key = notice_of(year, code, no)
    year.pay(code, year.book.notices[key].amount + more, key)


def until_paid(year: Year) -> None:
    """当初 is issued, the first instalment is asked for and paid by most."""
    year.notify(1)
    issue(year, "planned")
    year.notify(1)
    year.check()
    for code, more in ((HIROSAKI, 0), (HIRAKAWA, -5_000), (FUJISAKI, 70_000)):
        pay_notice(year, code, 1, more)
        year.check()


def until_settled(year: Year) -> None:
    """Newer figures, mistakes in a notice and in 変更, another rule, the actual costs; 精算."""
    year.base_edition({HIROSAKI: 168_564, HIRAKAWA: 30_621, FUJISAKI: 14_578, ITAYANAGI: 12_712})
    issue(year, "planned")
    year.notify(2)
    wrong = notice_of(year, ITAYANAGI, 2)
    year.cancel(wrong, by_issuer=True)
    year.cancel(wrong)
    year.pay(ITAYANAGI, 1, wrong)
    year.notify(2)
    pay_notice(year, ITAYANAGI, 2)
    year.check()
    year.rule(date(2026, 10, 1), 40, 60)
    year.base_round({FUJISAKI: 15_000, ITAYANAGI: 12_600})
    issue(year, "revised")
    # Void as a whole: 当初 第2版 is in force again, and 変更 第2版 compares with it.
    year.cancel(statement_of(year, "revised"))
    year.check()
    issue(year, "revised")
    year.pay(FUJISAKI, 1_500_000)
    year.void(list(year.book.payments)[-1])
    year.check()
    year.draft("settlement")
    cost = next(iter(year.book.costs["settlement"]))
    year.change_cost("settlement", cost, 3_456_789)
    year.grant("settlement", cost, 1_000_000)
    run_id = year.book.under_way("settlement")
    assert run_id is not None
    year.step(run_id, "recalculate")
    year.check()
    issue(year, "settlement")
    year.settle({HIRAKAWA: "credit"})
    year.check()


def until_closed(year: Year) -> None:
    """Every difference is carried out under 仮締め, then the year is closed for good."""
    year.lock("hard")
    year.lock("soft")
    finish(year, tries_closing=True)
    year.lock("hard")
    year.check()


def finish(year: Year, *, tries_closing: bool = False) -> None:
    """Pay, pay back or move what the settlement left; closing waits for the last town."""
    settled = year.book.settlement
    assert settled is not None
    for code, (_, _, way) in settled.lines.items():
        left = year.book.outstanding(code)
        if left and tries_closing:
            year.lock("hard")
        if way == "additional" and left > 0:
            year.pay(code, left)
        elif way in ("refund", "credit") and left:
            year.carry_out(code)
        year.check()


def close(year: Year) -> None:
    """Do all that is left to do, as far as it can be done, and close the year for good."""
    if year.is_locked:
        return
    _end_runs(year)
    if year.book.settling:
        year.settle({})
        finish(year)
    if year.book.lock == "reopened":
        year.close_again()
        return
    if year.book.lock == "open":
        year.lock("soft")
    year.lock("hard")


def _end_runs(year: Year) -> None:
    """Issue what is on its way, throw drafts away; and issue 精算 if it was not."""
    for stage in setup.STAGES:
        run_id = year.book.under_way(stage)
        if run_id and year.book.is_overtaken(stage):
            back = {"in_review": "send_back", "approved": "withdraw"}
            if step := back.get(year.book.runs[run_id].state):
                year.step(run_id, step)
        if run_id and year.book.runs[run_id].state == "draft":
            year.step(run_id, "discard")
        elif run_id:
            issue(year, stage)
    if year.book.settling is None:
        issue(year, "settlement")


PHASES = {"初め": None, "収納": until_paid, "精算": until_settled, "本締め": until_closed}


# ---- copies of a life ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Stand:
    """A point of a life: database, files, books, instant (途中の姿)."""

    url: str
    files: Path
    book: Book
    at: datetime

    @contextmanager
    def living(self, source: databases.Source, folder: Path) -> Iterator[Year]:
        """Go on from here in a copy."""
        with (
            setup.copied(source, self.url, self.files, folder) as (url, files),
            living(url, files, deepcopy(self.book), self.at) as year,
        ):
            yield year


@contextmanager
def stands(source: databases.Source, folder: Path) -> Iterator[dict[str, Stand]]:
    """Live a life once and keep its points: name of the phase → what there was (途中の姿)."""
    url = source.fresh(folder)
    now = Stand(url, folder / "files", new_book(), setup.BEGINNING)
    kept = {}
    for name, live in PHASES.items():
        with databases.opened(url):
            if live is None:
                setup.found_consortium(folder)
            with living(url, now.files, now.book, now.at) as year:
                first_book(year) if live is None else live(year)
                now = replace(now, at=year.office.clock.now())
        own = folder / name
        own.mkdir()
        if now.files.is_dir():
            shutil.copytree(now.files, own / "files")
        kept[name] = Stand(source.copy(url, own), own / "files", deepcopy(now.book), now.at)
    yield kept
    for each in (now, *kept.values()):
        source.drop(each.url)
