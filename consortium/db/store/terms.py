"""Terms and common build costs (利用期・共同構築費)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.unit import Unit
from consortium.domain.errors import NotFoundError, StaleError
from consortium.domain.sharing.transfers import Term as DomainTerm
from consortium.domain.yen import Yen


@dataclass(frozen=True, slots=True)
class Term:
    """A contract period of the shared cloud (利用期)."""

    id: str
    name: str
    since: date
    #: the day after the last one
    until: date
    source: str = ""
    row_version: int = 1

    @property
    def last_day(self) -> date:
        """Give the last day, as people write it (終わりの日)."""
        return self.until - timedelta(days=1)

    @property
    def domain(self) -> DomainTerm:
        """Give the term as the sharing knows it."""
        return DomainTerm.between(self.name, self.since, self.until)


@dataclass(frozen=True, slots=True)
class BuildCost:
    """What was built together over a term (共同構築費)."""

    id: str
    term_id: str
    category_id: str
    name: str
    amount: Yen
    joining: bool
    leaving: bool
    note: str = ""
    is_sample: bool = False
    row_version: int = 1


# ---- questions -----------------------------------------------------------------------------------


def terms(session: Session, consortium_id: str) -> tuple[Term, ...]:
    """List the terms, the earliest first (利用期の一覧)."""
    table = models.Term
    found = select(table).where(table.consortium_id == consortium_id)
    return tuple(map(_term, session.scalars(found.order_by(table.since, table.name))))


def term(session: Session, consortium_id: str, term_id: str) -> Term:
    """Give one term.

    Raises: NotFoundError, for one of another consortium as well.
    """
    return _term(_term_row(session, consortium_id, term_id))


def build_costs(session: Session, consortium_id: str) -> tuple[BuildCost, ...]:
    """List the build costs by name (共同構築費の一覧)."""
    table = models.BuildCost
    found = select(table).where(table.consortium_id == consortium_id)
    return tuple(map(_build, session.scalars(found.order_by(table.name, table.id))))


def build_cost(session: Session, consortium_id: str, build_id: str) -> BuildCost:
    """Give one build cost.

    Raises: NotFoundError, for one of another consortium as well.
    """
    return _build(_build_row(session, consortium_id, build_id))


def costs_of(session: Session, consortium_id: str, term_id: str) -> int:
    """Count the build costs of a term (利用期の共同構築費の数)."""
    table = models.BuildCost
    found = select(func.count()).where(
        table.consortium_id == consortium_id, table.term_id == term_id
    )
    return session.scalar(found) or 0


def _term_row(session: Session, consortium_id: str, term_id: str) -> models.Term:
    table = models.Term
    found = select(table).where(table.consortium_id == consortium_id, table.id == term_id)
    row = session.scalars(found).one_or_none()
    if row is None:
        raise _missing("利用期")
    return row


def _build_row(session: Session, consortium_id: str, build_id: str) -> models.BuildCost:
    table = models.BuildCost
    found = select(table).where(table.consortium_id == consortium_id, table.id == build_id)
    row = session.scalars(found).one_or_none()
    if row is None:
        raise _missing("共同構築費")
    return row


def _missing(what: str) -> NotFoundError:
    return NotFoundError(
        f"{what}を開こうとしました。", "見つかりません。", "利用期の一覧から選び直してください。"
    )


def _term(row: models.Term) -> Term:
    return Term(row.id, row.name, row.since, row.until, row.source, row.row_version)


def _build(row: models.BuildCost) -> BuildCost:
    return BuildCost(
        row.id,
        row.term_id,
        row.category_id,
        row.name,
        row.amount,
        row.joining,
        row.leaving,
        row.note,
        row.is_sample,
        row.row_version,
    )


# ---- changes -------------------------------------------------------------------------------------


def add_term(unit: Unit, consortium_id: str, new: Term) -> None:
    """Save a new term (利用期の登録)."""
    row = models.Term(id=new.id, consortium_id=consortium_id)
    _fill_term(row, new)
    unit.session.add(row)
    unit.session.flush()
    unit.record(
        consortium_id, "term.create", "term", new.id, f"利用期「{new.name}」の登録",
        None, _term_in_words(new),
    )  # fmt: skip


def save_term(unit: Unit, consortium_id: str, old: Term, new: Term) -> None:
    """Replace a term (利用期の変更). Raises: StaleError."""
    row = _term_row(unit.session, consortium_id, old.id)
    _refuse_stale("利用期", row.row_version, old.row_version)
    before, after = _differing(_term_in_words(_term(row)), _term_in_words(new))
    if not after:
        return
    _fill_term(row, new)
    unit.session.flush()
    unit.record(
        consortium_id, "term.change", "term", old.id, f"利用期「{new.name}」の変更", before, after
    )


def remove_term(unit: Unit, consortium_id: str, old: Term) -> None:
    """Delete a term without build costs (利用期の削除). Raises: StaleError."""
    row = _term_row(unit.session, consortium_id, old.id)
    _refuse_stale("利用期", row.row_version, old.row_version)
    unit.session.delete(row)
    unit.session.flush()
    unit.record(
        consortium_id, "term.remove", "term", old.id, f"利用期「{old.name}」の削除",
        _term_in_words(old), None,
    )  # fmt: skip


def add_build_cost(unit: Unit, consortium_id: str, new: BuildCost) -> None:
    """Save a new build cost (共同構築費の登録)."""
    row = models.BuildCost(id=new.id, consortium_id=consortium_id, is_sample=new.is_sample)
    _fill_build(row, new)
    unit.session.add(row)
    unit.session.flush()
    unit.record(
        consortium_id, "build_cost.create", "build_cost", new.id,
        f"共同構築費「{new.name}」の登録",
        None, _build_in_words(new, _names(unit.session, consortium_id)),
    )  # fmt: skip


def save_build_cost(unit: Unit, consortium_id: str, old: BuildCost, new: BuildCost) -> None:
    """Replace a build cost (共同構築費の変更). Raises: StaleError."""
    row = _build_row(unit.session, consortium_id, old.id)
    _refuse_stale("共同構築費", row.row_version, old.row_version)
    names = _names(unit.session, consortium_id)
    before, after = _differing(_build_in_words(_build(row), names), _build_in_words(new, names))
    if not after:
        return
    _fill_build(row, new)
    unit.session.flush()
    unit.record(
        consortium_id, "build_cost.change", "build_cost", old.id,
        f"共同構築費「{new.name}」の変更", before, after,
    )  # fmt: skip


def remove_build_cost(unit: Unit, consortium_id: str, old: BuildCost) -> None:
    """Delete a build cost (共同構築費の削除). Raises: StaleError."""
    row = _build_row(unit.session, consortium_id, old.id)
    _refuse_stale("共同構築費", row.row_version, old.row_version)
    unit.session.delete(row)
    unit.session.flush()
    unit.record(
        consortium_id, "build_cost.remove", "build_cost", old.id,
        f"共同構築費「{old.name}」の削除",
        _build_in_words(old, _names(unit.session, consortium_id)), None,
    )  # fmt: skip


def _refuse_stale(what: str, present: int, seen: int) -> None:
    if present != seen:
        raise StaleError(
            f"{what}を保存しようとしました。",
            "ほかの人が先に変更しました。",
            "今の内容を確かめて、もう一度保存してください。",
        )


def _differing(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    titles = [title for title in after if before[title] != after[title]]
    return {title: before[title] for title in titles}, {title: after[title] for title in titles}


def _fill_term(row: models.Term, new: Term) -> None:
    row.name, row.since, row.until, row.source = new.name, new.since, new.until, new.source


def _fill_build(row: models.BuildCost, new: BuildCost) -> None:
    row.term_id, row.category_id, row.name = new.term_id, new.category_id, new.name
    row.amount, row.joining, row.leaving = new.amount, new.joining, new.leaving
    row.note = new.note


def _names(session: Session, consortium_id: str) -> Mapping[str, str]:
    found = union_all(
        *(
            select(table.id, table.name).where(table.consortium_id == consortium_id)
            for table in (models.Term, models.CostCategory)
        )
    )
    return {row.id: row.name for row in session.execute(found)}


def _term_in_words(each: Term) -> dict[str, Any]:
    return {
        "名称": each.name,
        "始まり": each.since,
        "終わりの翌日": each.until,
        "根拠": each.source,
    }


def _build_in_words(each: BuildCost, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "利用期": names.get(each.term_id),
        "経費区分": names.get(each.category_id),
        "名称": each.name,
        "金額(税込)": each.amount,
        "加入金を取る": each.joining,
        "残存費用を取る": each.leaving,
        "備考": each.note,
        "見本": each.is_sample,
    }
