"""Joining and leaving inside a term: 加入金 and 脱退時の残存費用.

A common build cost (共同構築費) loses its value in equal monthly steps over its term (利用期).

1. Only months of the term count, and its first month does not: who is there when the term begins
   shares the cost itself, and who left before owes nothing of it. Outside any term nothing is due.
2. Undepreciated at a month = amount × months left ÷ months of the term. The month itself counts
   as left; a month of which any day lies in the term is one of its months. Exact.
3. A member joins in a month if it is in force in it and was not in the month before. With
   `joining` it pays floor(undepreciated × its ratio of that month).
4. That yen is credited to the earlier members (in force the month before, and still), by their
   ratio of that month before, by largest remainder. Several joiners of one month pay each on its
   own, and not to each other.
5. A member leaves in the first month in which it is no longer in force. With `leaving` it pays
   floor(undepreciated × its ratio of the month before). It is charged with its last month: who
   leaves on 31 March has it on the statement of that fiscal year, not of one without it.
6. That yen is credited to those that stay, by their ratio of the new month. If nobody stays,
   nothing is due: everybody has borne its own part.
7. A member that comes back pays again, unless it paid for the rest of the term when it left (a
   build cost with `leaving`).
8. Each transfer adds up to 0: money moves between members, the cost of the year stays the same.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from consortium.domain.calendar.period import Month, Period
from consortium.domain.errors import BadInputError, CannotShareError, NotInForceError
from consortium.domain.yen import WHOLE_YEN, Weights, Yen, split

JOINING, LEAVING = "joining", "leaving"

#: What a transfer is called on a statement.
KINDS = {JOINING: "加入金", LEAVING: "脱退時の残存費用"}


@dataclass(frozen=True, slots=True)
class Term:
    """A contract period of the shared cloud (利用期), e.g. 第1期.

    Raises: BadInputError without a name or without an end.
    """

    name: str
    period: Period

    def __post_init__(self) -> None:
        """Refuse a term over which nothing can be depreciated."""
        if not self.name.strip():
            raise BadInputError(
                "利用期を読みました。", "名称が空です。", "第1期のように書いてください。",
                path="name",
            )  # fmt: skip
        if self.period.until is None:
            raise BadInputError(
                f"利用期「{self.name}」を読みました。",
                "終わりの日がありません。",
                "契約期間の終わりの日を書いてください。",
                path="until",
            )

    @classmethod
    def between(cls, name: str, since: date, until: date) -> "Term":
        """Make a term from its first day and the day after its last one.

        Raises: BadInputError naming the term if it ends before it begins.
        """
        if until <= since:
            raise BadInputError(
                f"利用期「{name}」を読みました。",
                f"終わりの翌日（{until}）が始まり（{since}）より後ではありません。",
                "終わりの日を始まりの日以後にしてください。",
                path="until",
            )
        return cls(name, Period(since, until))

    @property
    def first(self) -> Month:
        """Give the first month."""
        return Month.containing(self.period.since)

    @property
    def last(self) -> Month:
        """Give the last month, itself inside."""
        until = self.period.until or self.period.since  # a term always has an end
        return Month.containing(until - timedelta(days=1))

    @property
    def months(self) -> int:
        """Count its months (利用期の月数)."""
        return self.months_left(self.first)

    def months_left(self, month: Month) -> int:
        """Count the months from this one, itself included, to the end (残りの月数)."""
        last = self.last
        return (last.year - month.year) * 12 + last.month - month.month + 1


@dataclass(frozen=True, slots=True)
class BuildCost:
    """What building together cost, and whether joiners and leavers pay of it (共同構築費).

    Units: `amount` in yen incl. tax. `service` and `category` say whose ratio is used.
    Raises: BadInputError without a name or a positive amount.
    """

    name: str
    amount: Yen
    term: Term
    service: str = ""
    category: str = ""
    joining: bool = True
    leaving: bool = False

    def __post_init__(self) -> None:
        """Refuse a cost that is none."""
        if not self.name.strip():
            raise BadInputError(
                "共同構築費を読みました。", "名称が空です。", "構築費の名称を書いてください。",
                path="name",
            )  # fmt: skip
        if self.amount <= 0:
            raise BadInputError(
                f"共同構築費「{self.name}」を読みました。",
                f"金額が {self.amount:,}円です。",
                "1円以上にしてください。",
                path="amount",
            )

    def undepreciated(self, month: Month) -> Fraction:
        """Give what is left of the cost at the beginning of a month of the term (未償却額)."""
        return Fraction(self.amount * self.term.months_left(month), self.term.months)


class Transfer(NamedTuple):
    """Yen that one member pays to others for joining or leaving (加入金・残存費用)."""

    build: BuildCost
    #: joining | leaving, a key of `KINDS`
    kind: str
    month: Month
    #: position of the member that joins or leaves
    member: int
    #: yen per position; the payer's is positive, the others' negative; they add up to 0
    amounts: tuple[int, ...]
    facts: Mapping[str, int | str | Fraction]

    @property
    def name(self) -> str:
        """Name it as printed, e.g. 加入金（第1期共同構築費）."""
        return f"{KINDS[self.kind]}（{self.build.name}）"


#: (service, category, month) → position → exact share of the month; the shares add up to 1
Ratio = Callable[[str, str, Month], Mapping[int, Fraction]]

#: (service, month) → positions in force on any day of it, empty if nobody is
InForce = Callable[[str, Month], Sequence[int]]


class _Change(NamedTuple):
    """One month of one build cost, with who was there before and who is there now."""

    build: BuildCost
    month: Month
    before: frozenset[int]
    now: frozenset[int]


def transfers(
    build_costs: Iterable[BuildCost],
    ratio: Ratio,
    in_force: InForce,
    months: Sequence[Month],
    members: int,
) -> list[Transfer]:
    """Give what joiners and leavers of these months pay, and to whom (加入金・残存費用).

    `months` are those of the fiscal year, `members` the number of positions. Both callables are
    also asked about the months around them, and about earlier months of the term. In order of
    build cost, month, joiners before leavers, position.

    Raises: NotInForceError if nobody was in force before a joiner, CannotShareError if those that
    receive have no ratio at all; each names cost and month.
    """
    result: list[Transfer] = []
    for build in build_costs:
        for month in months:
            if build.joining and (change := _change_of(build, month, in_force)):
                result += _joining(change, ratio, in_force, members)
            if build.leaving and (change := _change_of(build, month.next(), in_force)):
                result += _leaving(change, ratio, members)
    return result


def _change_of(build: BuildCost, month: Month, in_force: InForce) -> _Change | None:
    """Give who came and went from the month before to this one, None if nobody did."""
    if not build.term.first < month <= build.term.last:  # 1
        return None
    before = frozenset(in_force(build.service, _before(month)))
    now = frozenset(in_force(build.service, month))
    return _Change(build, month, before, now) if before != now else None


def _joining(change: _Change, ratio: Ratio, in_force: InForce, members: int) -> Iterator[Transfer]:
    build, month = change.build, change.month
    joiners = sorted(change.now - change.before)
    if joiners and build.leaving:  # 7
        earlier = _ever_in_force(build, in_force, month)
        joiners = [position for position in joiners if position not in earlier]
    if not joiners:
        return
    earlier_members = change.before & change.now
    if not earlier_members:
        raise NotInForceError(
            _asked(change),
            f"前の月（{_before(month)}）から参加している団体がありません。",
            f"利用期「{build.term.name}」の期間か、団体の加入日・脱退日を確かめてください。",
        )
    new = ratio(build.service, build.category, month)
    old = ratio(build.service, build.category, _before(month))
    for position in joiners:  # 3, 4
        own = new.get(position, Fraction(0))
        yield _transfer(change, JOINING, position, own, _among(old, earlier_members), members)


def _leaving(change: _Change, ratio: Ratio, members: int) -> Iterator[Transfer]:
    build, month = change.build, change.month
    leavers, stay = sorted(change.before - change.now), change.before & change.now
    if not leavers or not stay:
        return
    old = ratio(build.service, build.category, _before(month))
    new = ratio(build.service, build.category, month)
    for position in leavers:  # 5, 6
        own = old.get(position, Fraction(0))
        yield _transfer(change, LEAVING, position, own, _among(new, stay), members)


def _transfer(  # noqa: PLR0913 -- who pays by which ratio to whom, for which change
    change: _Change,
    kind: str,
    payer: int,
    own: Fraction,
    receivers: Mapping[int, Fraction],
    members: int,
) -> Transfer:
    build, month = change.build, change.month
    left = build.undepreciated(month)  # 2
    yen = int(left * own)
    amounts = [0] * members
    if yen:
        if not any(receivers.values()):
            raise CannotShareError(
                _asked(change),
                "受け取る団体の負担割合がすべて0です。",
                "負担ルールと算定基礎を確かめてください。",
            )
        shares = split(-yen, Weights.of(receivers.values()), WHOLE_YEN).shares  # 8
        for position, share in zip(receivers, shares, strict=True):
            amounts[position] = share
        amounts[payer] += yen
    facts: dict[str, int | str | Fraction] = {
        "cost": build.amount,
        "name": build.name,
        "term": build.term.name,
        "term_first": str(build.term.first),
        "term_last": str(build.term.last),
        "month": str(month),
        "months": build.term.months,
        "months_left": build.term.months_left(month),
        "undepreciated": left,
        "ratio": own,
        "exact": left * own,
        "yen": yen,
    }
    return Transfer(build, kind, month, payer, tuple(amounts), facts)


def _among(ratio: Mapping[int, Fraction], positions: Iterable[int]) -> dict[int, Fraction]:
    return {position: ratio.get(position, Fraction(0)) for position in sorted(positions)}


def _ever_in_force(build: BuildCost, in_force: InForce, until: Month) -> frozenset[int]:
    """Give who was in force in any month of the term before this one."""
    seen: set[int] = set()
    month = build.term.first
    while month < until:
        seen.update(in_force(build.service, month))
        month = month.next()
    return frozenset(seen)


def _before(month: Month) -> Month:
    return Month.containing(month.first - timedelta(days=1))


def _asked(change: _Change) -> str:
    return (
        f"共同構築費「{change.build.name}」の {change.month} の加入・脱退を清算しようとしました。"
    )
