"""One 業務 of one town (団体×業務): the 40 steps, the questions and answers, how it is done.

The public file has counts only; which steps are done, whether the 業務 is the town's at all and
since when it runs is what the town itself enters here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from consortium.db.store import members as members_store
from consortium.db.store import standard_records as records
from consortium.db.store.standard_records import Answer, Entry, Rollout, StandardTown
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import Month
from consortium.domain.errors import BadInputError, InvalidTransitionError, NotFoundError
from consortium.domain.services import Operator
from consortium.domain.standardisation.business import Business, PmoStep, read_as
from consortium.domain.standardisation.flags import ANSWERS
from consortium.domain.standardisation.progress import Cell, checked_states
from consortium.usecases.standard_board import Asked, Board, business_of, read_board
from consortium.usecases.standard_lists import steps
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["Asked", "Rollout"]


@dataclass(frozen=True, slots=True)
class CellPage:
    """Everything about a 業務 of a town in a month (団体×業務の画面)."""

    month: Month
    months: tuple[Month, ...]
    town: StandardTown
    business: Business
    cell: Cell
    steps: tuple[PmoStep, ...]
    #: difference to the earlier month, None where there is none
    change: int | None
    asked: tuple[Asked, ...]
    #: every answer ever given, the newest first
    answers: tuple[Answer, ...]
    #: what the town entered for this month, or last before it
    entry: Entry | None
    rollout: Rollout
    #: id → name of the shared services of the consortium
    services: dict[str, str]
    source: str

    @property
    def is_entered(self) -> bool:
        """Say whether the states are those of this very month (当月の入力)."""
        return self.entry is not None and self.entry.month == self.month

    @property
    def read_as(self) -> str:
        """Say up to which step the count reaches if they were done in order (目安)."""
        return read_as(self.cell.steps, self.steps)


class Said(NamedTuple):
    """An answer as typed (回答の入力)."""

    kind: str
    #: the numbers that were shown with the question
    numbers: tuple[int, int]
    answer: str
    note: str


def show_cell(viewer: Viewer, code: str, key: str, month: Month | None = None) -> CellPage:
    """Read a 業務 of a town (団体×業務).

    Raises: NotFoundError for a month without a file, and for another town's where a town asks.
    """
    business, owner = business_of(key), viewer.consortium_id
    with reading() as session:
        board, town = _read(session, viewer, code, month)
        place = (code, key)
        if place not in board.cells:
            raise _not_found()
        # Version 0: whoever saves it first is found to have been first.
        new = Rollout(str(uuid4()), key, town.service_id, row_version=0)
        return CellPage(
            month=board.month,
            months=board.published.months(board.snapshot.kind),
            town=town,
            business=business,
            cell=board.cells[place],
            steps=steps(),
            change=board.change(place),
            asked=board.asked.get(place, ()),
            answers=_answers_of(records.answers(session, owner), code, key),
            entry=records.latest_entry(session, owner, code, key, board.month),
            rollout=town.rollouts.get(key, new),
            services=_services(session, owner),
            source=board.snapshot.source,
        )


def enter_states(
    viewer: Viewer, code: str, key: str, new: tuple[Month, Sequence[str], int], now: datetime
) -> None:
    """Save the 40 states of a 業務 for a month, with the version seen, 0 for none yet (入力).

    Raises: BadInputError at `states` for what are no 40 states; StaleError, NotFoundError.
    """
    month, typed, seen = new
    words = business_of(key).name
    try:
        states = checked_states(typed)
    except ValueError:
        raise BadInputError(
            "ステップの状態を保存しようとしました。",
            "40ステップの状態がそろっていません。",
            "全部の状態を選んでから、もう一度保存してください。",
            path="states",
        ) from None
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(viewer.consortium_id)
        _, town = _read(unit.session, viewer, code, month)
        old = records.latest_entry(unit.session, viewer.consortium_id, code, key, month)
        is_there = old is not None and old.month == month
        entry = Entry(
            old.id if old is not None and is_there else str(uuid4()),
            code, key, month, states, viewer.name, now, seen,
        )  # fmt: skip
        records.save_entry(unit, viewer.consortium_id, town, entry, words)
        if not unit.recorded:
            unit.operational()


def answer(  # noqa: PLR0913 -- whose, about what, when asked, what said, when, and which form
    viewer: Viewer, code: str, key: str, month: Month, said: Said, now: datetime, answer_id: str
) -> None:
    """Keep an answer to a question (指摘への回答); 「対象外」 is recorded for the 業務 as well.

    A form sent again adds none. Raises: BadInputError at `answer` or `note`, or for 「対象外」 of
    what has a day it runs from; NotFoundError; InvalidTransitionError where the numbers are others
    by now.
    """
    business, owner = business_of(key), viewer.consortium_id
    _check(said)
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        if records.find_answer(unit.session, owner, answer_id):
            unit.operational()
            return
        board, town = _read(unit.session, viewer, code, month)
        asked = [each.flag for each in board.asked.get((code, key), ())]
        if not any((each.kind, each.numbers) == (said.kind, said.numbers) for each in asked):
            raise InvalidTransitionError(
                "指摘に回答しようとしました。",
                "この指摘は、今の数ではもうありません。",
                "画面を開き直して、今の指摘を確かめてください。",
            )
        new = Answer(
            answer_id, code, key, said.kind, month, *said.numbers, said.answer, said.note,
            viewer.name, now,
        )  # fmt: skip
        records.add_answer(unit, owner, town, new, business.name)
        if said.answer == "対象外":
            old = town.rollouts.get(key) or Rollout(str(uuid4()), key, town.service_id)
            confirmed = replace(old, is_applicable=False, reason=said.note)
            _check_rollout(town, confirmed)
            records.save_rollout(unit, owner, town, confirmed, business.name)


def save_rollout(viewer: Viewer, code: str, month: Month, new: Rollout, now: datetime) -> None:
    """Save how a town does a 業務 (団体別稼働).

    Raises: BadInputError at `go_live_on` for a day before the town uses the service, which only a
    trial has; at `reason` where 対象外 is not explained; StaleError, NotFoundError.
    """
    words = business_of(new.business).name
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(viewer.consortium_id)
        _, town = _read(unit.session, viewer, code, month)
        if new.service_id is not None and new.service_id not in _services(
            unit.session, viewer.consortium_id
        ):
            raise _refuse("service_id", "一覧にない共同サービスです。", "選び直してください。")
        _check_rollout(town, new)
        known = town.rollouts.get(new.business)
        kept = replace(new, id=known.id if known else new.id)
        records.save_rollout(unit, viewer.consortium_id, town, kept, words)
        if not unit.recorded:
            unit.operational()


def _check_rollout(town: StandardTown, new: Rollout) -> None:
    """Refuse a day no system could have run on, and 対象外 that nobody can follow."""
    since: date | None = town.since if new.service_id == town.service_id else None
    is_early = new.go_live_on is not None and since is not None and new.go_live_on < since
    if is_early and not new.is_pilot:
        raise _refuse(
            "go_live_on",
            "共同サービスの利用開始より前の日です。",
            "日を確かめるか、先行稼働の印を付けてください。",
        )
    if new.is_applicable is False and not new.reason:
        raise _refuse("reason", "対象外とした理由がありません。", "理由を書いてください。")
    if new.is_applicable is False and new.go_live_on is not None:
        raise _refuse(
            "go_live_on", "対象外の業務に稼働日があります。", "稼働の記録を確かめてください。"
        )


def _check(said: Said) -> None:
    if said.answer not in ANSWERS:
        raise _refuse("answer", "回答が選ばれていません。", "一覧から選んでください。")
    if said.answer in ("対象外", "その他") and not said.note:
        raise _refuse("note", "説明が空です。", f"「{said.answer}」とした訳を書いてください。")


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("標準化の記録を保存しようとしました。", found, todo, path=path)


def _read(
    session: "Session", viewer: Viewer, code: str, month: Month | None
) -> tuple[Board, StandardTown]:
    """Read the board and the town; another town's does not exist for a town."""
    if viewer.code is not None and viewer.code != code:
        raise _not_found()
    board = read_board(session, viewer.consortium_id, month)
    town = next((each for each in board.towns if each.code == code), None) if board else None
    if board is None or town is None:
        raise _not_found()
    return board, town


def _not_found() -> NotFoundError:
    return NotFoundError(
        "標準化の進捗を開こうとしました。", "見つかりません。", "一覧から選び直してください。"
    )


def _answers_of(answers: Sequence[Answer], code: str, key: str) -> tuple[Answer, ...]:
    return tuple(each for each in answers if (each.code, each.business) == (code, key))


def _services(session: "Session", consortium_id: str) -> dict[str, str]:
    return {
        each.id: each.name
        for each in members_store.services(session, consortium_id)
        if each.operator == Operator.CONSORTIUM.value
    }
