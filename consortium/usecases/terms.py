"""Terms and common build costs (利用期・共同構築費)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import uuid4

from consortium.db.store import costs as costs_store
from consortium.db.store import terms as store
from consortium.db.store.costs import Category
from consortium.db.store.terms import BuildCost, Term
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import Month, Period
from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.domain.sharing.transfers import BuildCost as DomainBuildCost
from consortium.domain.yen import Yen
from consortium.usecases.closings import refuse_closed_days
from consortium.usecases.viewer import Viewer

__all__ = ["BuildCost", "BuildEntry", "Term", "TermEntry", "Terms"]


@dataclass(frozen=True, slots=True)
class TermEntry:
    """What an officer enters for a term (利用期の入力)."""

    name: str
    since: date
    #: itself included
    last_day: date
    source: str


@dataclass(frozen=True, slots=True)
class BuildEntry:
    """What an officer enters for a build cost (共同構築費の入力)."""

    name: str
    amount: Yen
    term_id: str
    category_id: str
    joining: bool
    leaving: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms, and what was built over them (利用期・共同構築費の一覧)."""

    terms: tuple[Term, ...]
    costs: tuple[BuildCost, ...]
    categories: Mapping[str, Category]
    month: Month

    def costs_of(self, term: Term) -> tuple[BuildCost, ...]:
        """Give the build costs of a term."""
        return tuple(each for each in self.costs if each.term_id == term.id)

    def category(self, cost: BuildCost) -> str:
        """Name the category, with its service where there are several."""
        found = self.categories[cost.category_id]
        many = len({each.service_id for each in self.categories.values()}) > 1
        return f"{found.service_name} ／ {found.name}" if many else found.name

    def left(self, term: Term, cost: BuildCost) -> Yen | None:
        """Give what is not depreciated in the present month, cut to the yen (未償却額)."""
        whole = term.domain
        if not whole.first <= self.month <= whole.last:
            return None
        built = DomainBuildCost(cost.name, cost.amount, whole)
        return Yen(int(built.undepreciated(self.month)))

    @property
    def is_sample(self) -> bool:
        """Say whether anything here is 見本."""
        return any(each.is_sample for each in self.costs)


# ---- reading -------------------------------------------------------------------------------------


def show_terms(viewer: Viewer, today: date) -> Terms:
    """Read terms and build costs (利用期・共同構築費の一覧)."""
    owner = viewer.consortium_id
    with reading() as session:
        return Terms(
            store.terms(session, owner),
            store.build_costs(session, owner),
            {each.id: each for each in costs_store.categories(session, owner)},
            Month.containing(today),
        )


def show_term(viewer: Viewer, term_id: str) -> tuple[Term, int]:
    """Read one term and count its build costs. Raises: NotFoundError."""
    with reading() as session:
        found = store.term(session, viewer.consortium_id, term_id)
        return found, store.costs_of(session, viewer.consortium_id, term_id)


def show_build_cost(viewer: Viewer, build_id: str) -> BuildCost:
    """Read one build cost. Raises: NotFoundError."""
    with reading() as session:
        return store.build_cost(session, viewer.consortium_id, build_id)


# ---- changing ------------------------------------------------------------------------------------


def add_term(viewer: Viewer, entry: TermEntry, now: datetime) -> Term:
    """Register a term (利用期の登録); its name is there once, so a double click adds one.

    Raises: BadInputError and DuplicateError at the field.
    """
    new = _term(Term(str(uuid4()), "", entry.since, entry.since), entry)
    with writing(viewer.actor(), now) as unit:
        _refuse_closed(unit, viewer, new)
        store.add_term(unit, viewer.consortium_id, new)
    return new


def change_term(
    viewer: Viewer, term_id: str, seen_version: int, entry: TermEntry, now: datetime
) -> Term:
    """Change a term as it was seen (利用期の変更).

    Raises: StaleError, NotFoundError; BadInputError and DuplicateError at the field.
    """
    with writing(viewer.actor(), now) as unit:
        old = store.term(unit.session, viewer.consortium_id, term_id)
        new = _term(old, entry)
        _refuse_closed(unit, viewer, old, new)
        seen = replace(old, row_version=seen_version)
        store.save_term(unit, viewer.consortium_id, seen, new)
    return new


def remove_term(viewer: Viewer, term_id: str, seen_version: int, now: datetime) -> Term:
    """Delete a term that no build cost rests on (利用期の削除).

    Raises: InvalidTransitionError, StaleError, NotFoundError.
    """
    with writing(viewer.actor(), now) as unit:
        old = store.term(unit.session, viewer.consortium_id, term_id)
        _refuse_closed(unit, viewer, old)
        if store.costs_of(unit.session, viewer.consortium_id, term_id):
            raise InvalidTransitionError(
                f"利用期「{old.name}」を削除しようとしました。",
                "共同構築費が登録されています。",
                "先に共同構築費を削除するか、別の利用期に移してください。",
            )
        store.remove_term(unit, viewer.consortium_id, replace(old, row_version=seen_version))
    return old


def add_build_cost(viewer: Viewer, entry: BuildEntry, now: datetime) -> BuildCost:
    """Register a build cost (共同構築費の登録); once by name in a term.

    Raises: BadInputError and DuplicateError at the field.
    """
    blank = BuildCost(str(uuid4()), "", "", "", Yen(0), True, False, "", viewer.is_sample)
    with writing(viewer.actor(), now) as unit:
        new = _build(unit, viewer.consortium_id, blank, entry)
        _refuse_closed_terms(unit, viewer, new)
        store.add_build_cost(unit, viewer.consortium_id, new)
    return new


def change_build_cost(
    viewer: Viewer, build_id: str, seen_version: int, entry: BuildEntry, now: datetime
) -> BuildCost:
    """Change a build cost as it was seen (共同構築費の変更).

    Raises: StaleError, NotFoundError; BadInputError and DuplicateError at the field.
    """
    with writing(viewer.actor(), now) as unit:
        old = store.build_cost(unit.session, viewer.consortium_id, build_id)
        new = _build(unit, viewer.consortium_id, old, entry)
        _refuse_closed_terms(unit, viewer, old, new)
        seen = replace(old, row_version=seen_version)
        store.save_build_cost(unit, viewer.consortium_id, seen, new)
    return new


def remove_build_cost(viewer: Viewer, build_id: str, seen_version: int, now: datetime) -> BuildCost:
    """Delete a build cost (共同構築費の削除); runs keep what they were computed with.

    Raises: StaleError, NotFoundError.
    """
    with writing(viewer.actor(), now) as unit:
        old = store.build_cost(unit.session, viewer.consortium_id, build_id)
        _refuse_closed_terms(unit, viewer, old)
        store.remove_build_cost(unit, viewer.consortium_id, replace(old, row_version=seen_version))
    return old


def _refuse_closed(unit: Unit, viewer: Viewer, *terms: Term) -> None:
    """Refuse what would change the build costs of a closed year (本締め)."""
    periods = (Period(each.since, each.until) for each in terms)
    refuse_closed_days(unit, viewer.consortium_id, *periods, reason=viewer.reason)


def _refuse_closed_terms(unit: Unit, viewer: Viewer, *costs: BuildCost) -> None:
    of = [store.term(unit.session, viewer.consortium_id, each.term_id) for each in costs]
    _refuse_closed(unit, viewer, *of)


def _term(old: Term, entry: TermEntry) -> Term:
    if entry.last_day < entry.since:
        raise BadInputError(
            f"利用期「{entry.name}」を保存しようとしました。",
            "終わりの日が始まりの日より前です。",
            "日付を確かめてください。",
            path="last_day",
        )
    until = entry.last_day + timedelta(days=1)
    new = replace(old, name=entry.name, since=entry.since, until=until, source=entry.source)
    new.domain  # noqa: B018 -- refuses what the sharing cannot use
    return new


def _build(unit: Unit, consortium_id: str, old: BuildCost, entry: BuildEntry) -> BuildCost:
    known = {each.id: each for each in store.terms(unit.session, consortium_id)}
    if entry.term_id not in known:
        raise _refuse("term", "登録されていない利用期です。", "一覧から選び直してください。")
    categories = costs_store.categories(unit.session, consortium_id)
    if entry.category_id not in {each.id for each in categories}:
        raise _refuse("category", "一覧にない経費区分です。", "経費区分を選び直してください。")
    DomainBuildCost(entry.name, entry.amount, known[entry.term_id].domain)
    return replace(
        old,
        term_id=entry.term_id,
        category_id=entry.category_id,
        name=entry.name,
        amount=entry.amount,
        joining=entry.joining,
        leaving=entry.leaving,
        note=entry.note,
    )


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("共同構築費を保存しようとしました。", found, todo, path=path)
