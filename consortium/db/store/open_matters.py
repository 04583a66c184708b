"""What others wait for from the lead city (待っている申出): questions, reopenings, late figures."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, exists, func

from consortium.db.models import (
    BaseHandIn,
    BaseRound,
    BaseRoundEdition,
    Member,
    Question,
    YearClosing,
    YearReopening,
)
from consortium.db.store.fact_lines import line_of

QUESTION, REOPENING, REOPENED, LATE = KINDS = (
    "open_question", "asked_reopening", "reopened", "late_figures"
)  # fmt: skip


def open_matters(consortium_id: str) -> Iterable[Select[*tuple[Any, ...]]]:
    """Give the lines of what waits for the lead city, to be read with others (待っている申出).

    open_question (key its id, note town and subject), asked_reopening and reopened (year, until the
    last day, note the reason), late_figures (key the round, year, note the town); `at` since when.
    """
    yield _questions(consortium_id)
    yield from _reopenings(consortium_id)
    yield _late(consortium_id)


def _questions(consortium_id: str) -> Select[*tuple[Any, ...]]:
    """Read the questions of towns that nobody has answered."""
    table, town = Question, Member
    about = town.name + "「" + table.subject + "」"
    return (
        line_of(QUESTION, key=table.id, at=table.asked_at, note=about)
        .select_from(table)
        .join(town, (town.consortium_id == table.consortium_id) & (town.code == table.code))
        .where(
            table.consortium_id == consortium_id,
            table.state == "open",
            table.is_from_lead.is_(False),
        )
    )


def _reopenings(consortium_id: str) -> Iterable[Select[*tuple[Any, ...]]]:
    """Read the reopenings that somebody asked for, and those that last."""
    table, lock = YearReopening, YearClosing
    asked = table.granted_at.is_(None) & table.refused_at.is_(None)
    for kind, since, state in (
        (REOPENING, table.proposed_at, asked),
        (REOPENED, table.granted_at, table.granted_at.is_not(None)),
    ):
        yield (
            line_of(
                kind, year=lock.fiscal_year_start, until=table.last_day, at=since, note=table.reason
            )
            .select_from(table)
            .join(lock, lock.id == table.closing_id)
            .where(table.consortium_id == consortium_id, table.ended_at.is_(None), state)
        )


def _late(consortium_id: str) -> Select[*tuple[Any, ...]]:
    """Read the figures that came after the editions were made, once for each round and town."""
    sent, asked, made, town = BaseHandIn, BaseRound, BaseRoundEdition, Member
    later = exists().where(made.round_id == sent.round_id, made.made_at >= sent.handed_in_at)
    there = exists().where(made.round_id == sent.round_id)
    return (
        line_of(
            LATE,
            key=sent.round_id,
            year=asked.fiscal_year_start,
            at=func.max(sent.handed_in_at),
            note=town.name,
        )
        .select_from(sent)
        .join(asked, asked.id == sent.round_id)
        .join(town, (town.consortium_id == sent.consortium_id) & (town.code == sent.code))
        .where(sent.consortium_id == consortium_id, there, ~later)
        .group_by(sent.round_id, asked.fiscal_year_start, town.name)
    )
