"""Rounds of base figures and what was handed in (基礎数値の提出): one function per question."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from consortium.db.models import (
    BaseFigure,
    BaseHandIn,
    BaseRound,
    BaseRoundEdition,
    BaseRoundSeries,
    UseIntent,
    new_id,
)
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError, NotFoundError, StaleError
from consortium.domain.municipality import municipality_code

#: 利用意向 as written on the form.
INTENTS = {"continue": "継続", "join": "新規", "leave": "終了", "undecided": "検討中"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as handed in (提出された基礎数値)."""

    value: Fraction
    certainty: str


@dataclass(frozen=True, slots=True)
class Intent:
    """What a town means to do with a service (利用意向)."""

    intent: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class HandIn:
    """One hand-in of a town (提出); `figures` by series, `intents` by service."""

    id: str
    code: str
    position: int
    note: str
    reason: str
    is_by_lead: bool
    writer: str
    handed_in_at: datetime
    figures: Mapping[str, Figure]
    intents: Mapping[str, Intent]


@dataclass(frozen=True, slots=True)
class MadeEdition:
    """An edition made of what was handed in (提出から作った版)."""

    series: str
    position: int
    name: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Round:
    """A request for base figures with all that was handed in (基礎数値の提出の依頼)."""

    id: str
    year: FiscalYear
    reference_on: date
    due_on: date
    note: str
    state: str
    opened_at: datetime
    closed_at: datetime | None
    row_version: int
    #: key of each series asked for → its name
    series: Mapping[str, str]
    #: in the order in which they were handed in
    hand_ins: tuple[HandIn, ...] = ()
    made: tuple[MadeEdition, ...] = ()

    @property
    def is_open(self) -> bool:
        """Say whether the towns hand in as they like (受付中)."""
        return self.state == "open"

    @property
    def made_at(self) -> datetime | None:
        """Give when the newest editions were made; what came later is late (版の作成日時)."""
        return max((each.made_at for each in self.made), default=None)

    def of(self, code: str) -> tuple[HandIn, ...]:
        """Give the hand-ins of a town, the last one counts (団体の提出)."""
        return tuple(each for each in self.hand_ins if each.code == code)

    def latest(self, code: str) -> HandIn | None:
        """Give the hand-in of a town that counts, None while it has none (有効な提出)."""
        own = self.of(code)
        return own[-1] if own else None

    def is_late(self, code: str) -> bool:
        """Say whether a town's figures came after the editions were made (遅れた提出)."""
        latest = self.latest(code)
        return bool(latest and self.made_at and latest.handed_in_at > self.made_at)


# ---- questions -----------------------------------------------------------------------------------


def rounds(session: Session, consortium_id: str, state: str | None = None) -> tuple[Round, ...]:
    """List the rounds with what was handed in, the newest first (依頼の一覧)."""
    query = select(BaseRound).where(BaseRound.consortium_id == consortium_id)
    if state is not None:
        query = query.where(BaseRound.state == state)
    return _read(session, query.order_by(BaseRound.opened_at.desc(), BaseRound.id))


def get_round(session: Session, consortium_id: str, round_id: str) -> Round:
    """Give one round.

    Raises: NotFoundError, for one of another consortium as well.
    """
    query = select(BaseRound).where(
        BaseRound.consortium_id == consortium_id, BaseRound.id == round_id
    )
    found = _read(session, query)
    if not found:
        raise NotFoundError(
            "基礎数値の提出を開こうとしました。", "見つかりません。", "一覧から選び直してください。"
        )
    return found[0]


def find_round(session: Session, consortium_id: str, round_id: str) -> Round | None:
    """Give the round of an id chosen for a new one, None while it is free.

    Raises: BadInputError for an id that another consortium uses.
    """
    row = session.get(BaseRound, round_id)
    if row is None:
        return None
    if row.consortium_id != consortium_id:
        raise _forged()
    return get_round(session, consortium_id, round_id)


def refuse_foreign_hand_in(session: Session, consortium_id: str, hand_in_id: str) -> None:
    """Refuse an id of a new hand-in that another consortium uses (入力画面の確かめ)."""
    row = session.get(BaseHandIn, hand_in_id)
    if row is not None and row.consortium_id != consortium_id:
        raise _forged()


def _forged() -> BadInputError:
    return BadInputError(
        "基礎数値の提出を保存しようとしました。",
        "この入力画面は使えません。",
        "内容を確かめて、もう一度送ってください。",
        path="record_id",
    )


def _read(session: Session, query: Select[BaseRound]) -> tuple[Round, ...]:
    rows = session.scalars(query).all()
    ids = [row.id for row in rows]
    if not ids:
        return ()
    series: dict[str, dict[str, str]] = defaultdict(dict)
    asked = select(BaseRoundSeries).where(BaseRoundSeries.round_id.in_(ids))
    for each in session.scalars(asked.order_by(BaseRoundSeries.series)):
        series[each.round_id][each.series] = each.label
    made: dict[str, list[MadeEdition]] = defaultdict(list)
    editions = select(BaseRoundEdition).where(BaseRoundEdition.round_id.in_(ids))
    for one in session.scalars(editions.order_by(BaseRoundEdition.position)):
        made[one.round_id].append(MadeEdition(one.series, one.position, one.edition, one.made_at))
    hand_ins = _hand_ins(session, ids)
    return tuple(
        Round(
            row.id,
            FiscalYear(row.fiscal_year_start),
            row.reference_on,
            row.due_on,
            row.note,
            row.state,
            row.opened_at,
            row.closed_at,
            row.row_version,
            series[row.id],
            tuple(hand_ins[row.id]),
            tuple(made[row.id]),
        )
        for row in rows
    )


def _hand_ins(session: Session, round_ids: list[str]) -> Mapping[str, list[HandIn]]:
    table = BaseHandIn
    query = select(table).where(table.round_id.in_(round_ids))
    rows = session.scalars(query.order_by(table.handed_in_at, table.position)).all()
    ids = [row.id for row in rows]
    figures: dict[str, dict[str, Figure]] = defaultdict(dict)
    intents: dict[str, dict[str, Intent]] = defaultdict(dict)
    for figure in session.scalars(select(BaseFigure).where(BaseFigure.hand_in_id.in_(ids))):
        figures[figure.hand_in_id][figure.series] = Figure(figure.value, figure.certainty)
    for intent in session.scalars(select(UseIntent).where(UseIntent.hand_in_id.in_(ids))):
        intents[intent.hand_in_id][intent.service_id] = Intent(intent.intent, intent.note)
    found: dict[str, list[HandIn]] = defaultdict(list)
    for row in rows:
        found[row.round_id].append(
            HandIn(
                row.id,
                row.code,
                row.position,
                row.note,
                row.reason,
                row.is_by_lead,
                row.writer,
                row.handed_in_at,
                figures[row.id],
                intents[row.id],
            )
        )
    return found


# ---- changes -------------------------------------------------------------------------------------


def add_round(unit: Unit, consortium_id: str, new: Round) -> None:
    """Save a new round with the series it asks for (提出の依頼)."""
    unit.session.add(
        BaseRound(
            id=new.id,
            consortium_id=consortium_id,
            fiscal_year_start=new.year.start_year,
            reference_on=new.reference_on,
            due_on=new.due_on,
            note=new.note,
            opened_by=unit.actor.id,
            opened_at=new.opened_at,
        )
    )
    unit.session.flush()
    unit.session.add_all(
        BaseRoundSeries(consortium_id=consortium_id, round_id=new.id, series=key, label=label)
        for key, label in new.series.items()
    )
    unit.session.flush()
    after = {
        "年度": new.year.start_year,
        "算定基礎": list(new.series.values()),
        "基準日": new.reference_on,
        "期限": new.due_on,
        "依頼の文": new.note,
    }
    _record(unit, consortium_id, "open", new, "依頼", after)


def add_hand_in(
    unit: Unit, consortium_id: str, asked: Round, new: HandIn, names: Mapping[str, str]
) -> None:
    """Save what a town hands in; earlier hand-ins stay (提出). `names` by code and service."""
    unit.session.add(
        BaseHandIn(
            id=new.id,
            consortium_id=consortium_id,
            round_id=asked.id,
            code=municipality_code(new.code),
            position=new.position,
            note=new.note,
            reason=new.reason,
            is_by_lead=new.is_by_lead,
            handed_in_by=unit.actor.id,
            writer=new.writer,
            handed_in_at=new.handed_in_at,
        )
    )
    unit.session.flush()
    own = {"consortium_id": consortium_id, "hand_in_id": new.id}
    unit.session.add_all(
        BaseFigure(id=new_id(), **own, series=key, value=each.value, certainty=each.certainty)
        for key, each in new.figures.items()
    )
    unit.session.add_all(
        UseIntent(id=new_id(), **own, service_id=key, intent=each.intent, note=each.note)
        for key, each in new.intents.items()
    )
    unit.session.flush()
    title = f"{names[new.code]}の提出"
    _record(unit, consortium_id, "hand_in", asked, title, _in_words(asked, new, names))


def _in_words(asked: Round, new: HandIn, names: Mapping[str, str]) -> dict[str, Any]:
    figures = {
        asked.series[key]: f"{each.value} {each.certainty}" for key, each in new.figures.items()
    }
    return {
        "団体": names[new.code],
        "提出の回": new.position,
        **figures,
        **{f"意向：{names[key]}": INTENTS[each.intent] for key, each in new.intents.items()},
        "備考": new.note,
        "幹事市の代行": new.is_by_lead,
    }


def close_round(unit: Unit, consortium_id: str, seen: Round) -> None:
    """Close a round (締切り).

    Raises: StaleError if somebody changed it after it was read.
    """
    row = unit.session.get_one(BaseRound, seen.id)
    if row.row_version != seen.row_version or row.state != "open":
        raise StaleError(
            "基礎数値の提出を締め切ろうとしました。",
            "ほかの人が先に変更しました。",
            "画面を開き直して、今の状態を確かめてください。",
        )
    row.state, row.closed_by, row.closed_at = "closed", unit.actor.id, unit.now
    unit.session.flush()
    _record(unit, consortium_id, "close", seen, "締切り", {"状態": "締切"})


def add_made(unit: Unit, consortium_id: str, asked: Round, new: MadeEdition) -> None:
    """Note that an edition was made of what was handed in (版の作成)."""
    unit.session.add(
        BaseRoundEdition(
            consortium_id=consortium_id,
            round_id=asked.id,
            series=new.series,
            position=new.position,
            edition=new.name,
            made_at=new.made_at,
        )
    )
    unit.session.flush()
    after = {"算定基礎": asked.series[new.series], "版": new.name}
    _record(unit, consortium_id, "edition", asked, "版の作成", after)


def _record(  # noqa: PLR0913 -- what an event of the chain says
    unit: Unit, consortium_id: str, action: str, asked: Round, what: str, after: Mapping[str, Any]
) -> None:
    title = f"{fiscal_year_label(asked.year)}の基礎数値の{what}"
    unit.record(consortium_id, f"base_round.{action}", "base_round", asked.id, title, None, after)
