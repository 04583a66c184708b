"""Base figures that the towns hand in, and what they mean to use next year (基礎数値の提出).

A town writes its own only, again as well, until the round is closed; late where its figure was
filled in. The lead city may enter figures for a town with a reason. 今月の仕事 reads `open_rounds`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING
from uuid import uuid4

from consortium.db.store import base_rounds as store
from consortium.db.store.base_rounds import INTENTS, Figure, HandIn, Intent
from consortium.db.store.members import Member
from consortium.db.unit import writing
from consortium.domain.errors import (
    BadInputError,
    InvalidTransitionError,
    NotFoundError,
    StaleError,
)
from consortium.usecases.base_rounds import Asked, list_rounds, read_asked, show_round
from consortium.usecases.closings import refuse_closed
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["INTENTS", "Asked", "Figure", "HandIn", "Intent", "Member"]

#: From this part of the earlier figure on a difference has to be confirmed (差の確認).
REMARKABLE = Fraction(1, 5)
CERTAINTIES = ("確定", "見込")
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class HandInEntry:
    """What is handed in (提出の入力); `confirms` that great differences are right."""

    figures: Mapping[str, Figure]
    intents: Mapping[str, Intent]
    note: str = ""
    #: why the lead city enters it for the town
    reason: str = ""
    confirms: bool = False
    #: how many hand-ins of the town were on the screen; None where a program hands in
    seen: int | None = None


# ---- reading -------------------------------------------------------------------------------------


def open_rounds(session: "Session", consortium_id: str) -> tuple[Asked, ...]:
    """Give the rounds that are open, or wait for late figures: due day, who is missing (受付中)."""
    found = store.rounds(session, consortium_id)
    asked = tuple(read_asked(session, consortium_id, each) for each in found)
    return tuple(each for each in asked if each.round.is_open or each.late)


def rounds_of_town(viewer: Viewer) -> tuple[Asked, ...]:
    """List the rounds that ask the viewer's town, the newest first (自団体への依頼)."""
    return tuple(
        each for each in list_rounds(viewer) if any(town.code == viewer.code for town in each.towns)
    )


def show_hand_in(viewer: Viewer, round_id: str, code: str) -> tuple[Asked, Member]:
    """Give a round and the town to hand in for; a town its own only (提出の画面).

    Raises: NotFoundError for a town that is not asked, or is another one's.
    """
    asked = show_round(viewer, round_id)
    is_own = not viewer.is_member or viewer.code == code
    for town in asked.towns:
        if town.code == code and is_own:
            return asked, town
    raise NotFoundError(
        "基礎数値を提出しようとしました。",
        "この団体への依頼がありません。",
        "「基礎数値の提出」の一覧から選び直してください。",
    )


# ---- handing in ----------------------------------------------------------------------------------


def hand_in(  # noqa: PLR0913 -- who hands in what for whom to which round, when, by which form
    viewer: Viewer,
    round_id: str,
    code: str,
    entry: HandInEntry,
    now: datetime,
    hand_in_id: str = "",
) -> HandIn:
    """Hand in a town's figures and intents, again as well; the last one counts (提出する).

    Raises: NotFoundError, see `show_hand_in`; BadInputError at the field, e.g. a difference that
    nobody confirmed; InvalidTransitionError once the round is closed; StaleError if somebody handed
    in for the town meanwhile.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now, entry.reason) as unit:
        unit.take_turn(owner)
        asked = read_asked(unit.session, owner, store.get_round(unit.session, owner, round_id))
        town = next((each for each in asked.towns if each.code == code), None)
        if town is None or (viewer.is_member and viewer.code != code):
            raise _no_round()
        store.refuse_foreign_hand_in(unit.session, owner, hand_in_id)
        for earlier in asked.round.of(code):
            if earlier.id == hand_in_id:
                unit.operational()
                return earlier
        # Handing in changes no figure of the year yet: 仮締め asks nothing.
        refuse_closed(unit, owner, asked.round.year, reason=None)
        if not asked.takes(code):
            raise _too_late()
        _check_hand_in(viewer, asked, town, entry)
        new = HandIn(
            hand_in_id or str(uuid4()), code, len(asked.round.of(code)) + 1, entry.note,
            "" if viewer.is_member else entry.reason, not viewer.is_member, viewer.name, now,
            entry.figures, entry.intents,
        )  # fmt: skip
        names = {town.code: town.name} | {each.id: each.name for each in asked.services}
        store.add_hand_in(unit, owner, asked.round, new, names)
    return new


def _too_late() -> InvalidTransitionError:
    return InvalidTransitionError(
        "基礎数値を提出しようとしました。",
        "この依頼は締め切られ、提出済みの値で版が作られています。",
        "値を改めるときは、幹事市に連絡してください。",
    )


def _no_round() -> NotFoundError:
    return NotFoundError(
        "基礎数値を提出しようとしました。",
        "この団体への依頼がありません。",
        "「基礎数値の提出」の一覧から選び直してください。",
    )


def _check_hand_in(viewer: Viewer, asked: Asked, town: Member, entry: HandInEntry) -> None:
    if not viewer.is_member and not town.is_lead and not entry.reason.strip():
        raise _refuse(
            "reason", "理由が書かれていません。", "団体に代わって入力する理由を書いてください。"
        )
    _check_figures(asked, entry)
    if len(entry.note) > _LONGEST or len(entry.reason) > _LONGEST:
        raise _refuse("note", "長すぎます。", f"{_LONGEST}文字までにしてください。")
    great = remarkable(asked, town.code, entry.figures)
    if great and not entry.confirms:
        raise _refuse(
            "confirms",
            f"前回から20％を超えて変わる値があります（{'、'.join(great)}）。",
            "値が正しければ「確かめました」を選んで、もう一度送ってください。",
        )
    if entry.seen not in (None, len(asked.round.of(town.code))):
        raise StaleError(
            f"{town.name}の基礎数値を提出しようとしました。",
            "ほかの人が先に提出しました。",
            "その内容と見比べて、もう一度提出してください。",
        )


def _check_figures(asked: Asked, entry: HandInEntry) -> None:
    for key, label in asked.round.series.items():
        if key not in entry.figures:
            raise _refuse(f"value_{key}", f"{label}がありません。", "値を入力してください。")
        if entry.figures[key].certainty not in CERTAINTIES:
            raise _refuse(f"certainty_{key}", "選べない確度です。", "選び直してください。")
    if not set(entry.figures) <= set(asked.round.series):
        raise _refuse("", "依頼していない算定基礎があります。", "画面を開き直してください。")
    known = {each.id for each in asked.services}
    if not set(entry.intents) <= known or any(
        each.intent not in INTENTS for each in entry.intents.values()
    ):
        raise _refuse("", "選べない利用意向があります。", "画面を開き直してください。")


def remarkable(asked: Asked, code: str, figures: Mapping[str, Figure]) -> tuple[str, ...]:
    """Name the figures that differ from the earlier ones by more than a fifth (差の大きい値)."""
    named = []
    for key, figure in figures.items():
        before = asked.previous(key, code)
        if before is not None and abs(figure.value - before) > abs(before) * REMARKABLE:
            named.append(asked.round.series[key])
    return tuple(named)


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("基礎数値を提出しようとしました。", found, todo, path=path)
