"""Which edition of a basis a run uses (基準日の定め方): the one place where a date rule is added.

An agreement says 最新の国勢調査, 前年度の9月30日現在, 前年の計. Each of these is a function here,
registered by `@dating`; keys are stored in the database and never renamed.

Two things hold for all of them. A run knows what had been published on its as-of day and nothing
later; an edition without 公表日 counts as published on its reference date, because no value is
known before the day it describes. And of one reference date the edition published last is used;
of two published on one day the 確定 one; two that are still alike are refused, never guessed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby
from typing import NamedTuple, cast

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import wareki, wareki_month
from consortium.domain.errors import BadInputError, NotInForceError
from consortium.domain.sharing.facts import Series

#: Days of the previous fiscal year that agreements name (month, day); any other day works, too.
CUSTOMARY_DAYS = ((8, 1), (9, 30), (10, 1), (1, 1), (3, 31))

_FIRST_MONTH_OF_FISCAL_YEAR = 4
_ONE_DAY = timedelta(days=1)
_FIELDS = ("month_day", "first", "last", "edition")
#: A fiscal year that has no 29 February in it stands for all years.
_COMMON_YEAR = 2021


@dataclass(frozen=True, slots=True)
class Dating:
    """Which edition of a series a component uses (基準日の定め方); `kind` is a key of DATINGS.

    Raises: BadInputError for an unknown kind, a field that is missing or that it does not use.
    """

    kind: str
    month_day: tuple[int, int] | None = None
    first: date | None = None
    last: date | None = None
    edition: str = ""

    def __post_init__(self) -> None:
        """Refuse what says too little or too much."""
        known = DATINGS.get(self.kind)
        if known is None:
            todo = f"{'、'.join(DATINGS)} のいずれかにしてください。"
            raise _refuse("kind", f"「{self.kind}」という定め方はありません。", todo)
        for field in _FIELDS:
            if getattr(self, field) and field not in known.needs + known.takes:
                found = f"「{known.label}」では使わない {field} が書かれています。"
                raise _refuse(field, found, f"{field} を除いてください。")
            if field in known.needs and not getattr(self, field):
                raise _refuse(field, f"「{known.label}」の {field} がありません。", known.help)
        if self.month_day is not None:
            _day_of_year(FiscalYear(_COMMON_YEAR), self.month_day)
        if self.first and self.last and self.last < self.first:
            found = f"終わりの日（{self.last}）が初日（{self.first}）より前です。"
            raise _refuse("last", found, "期間の初日と終わりの日を確かめてください。")


#: (the rule, the editions published by then, the fiscal year) → the values to use
Choose = Callable[[Dating, Sequence[Series], FiscalYear], Series]


class DatingKind(NamedTuple):
    """A registered way to say which edition is used (基準日の定め方)."""

    key: str
    label: str
    help: str
    #: fields of `Dating` that must be given, and those that may be
    needs: tuple[str, ...]
    takes: tuple[str, ...]
    choose: Choose
    words: Callable[[Dating], str]


# `Dating` refuses the lack of what a kind needs; the casts below rest on that.

#: Every date rule by its key.
DATINGS: dict[str, DatingKind] = {}


def dating(  # noqa: PLR0913 -- what a form, a page and a case file must know of a date rule
    key: str,
    *,
    label: str,
    help: str,
    needs: tuple[str, ...] = (),
    takes: tuple[str, ...] = (),
    words: Callable[[Dating], str] | None = None,
) -> Callable[[Choose], Choose]:
    """Register a date rule under a key, with label and help text."""

    def register(function: Choose) -> Choose:
        in_words = words or (lambda given: label)
        DATINGS[key] = DatingKind(key, label, help, needs, takes, function, in_words)
        return function

    return register


def choose(dating: Dating, editions: Sequence[Series], year: FiscalYear, as_of: date) -> Series:
    """Give the values to use: one edition of a series, or the sum of several (使用する版).

    Raises: NotInForceError naming the series, the date wanted and the dates there are.
    """
    published = [each for each in editions if published_day(each) <= as_of]
    if dating.edition:
        # Named by date and edition, it is meant whatever was published when.
        published = list(editions)
    try:
        return DATINGS[dating.kind].choose(dating, published, year)
    except _NothingFits as error:
        raise _nothing_fits(error, dating, editions, as_of) from None


def published_day(edition: Series) -> date:
    """Give the day from which an edition counts as published (公表日)."""
    return edition.published_on or edition.reference_date or date.min


def in_words(dating: Dating) -> str:
    """Say the rule as an agreement does, e.g. 前年度の9月30日現在 (基準日の定め方の表記)."""
    return DATINGS[dating.kind].words(dating)


class _NothingFits(Exception):  # noqa: N818 -- not an error yet: `choose` tells it in full
    """No edition fits: what was wanted, and why not."""

    def __init__(self, wanted: str, why: str = "") -> None:
        super().__init__(wanted, why)
        self.wanted = wanted
        self.why = why


# ---- values as at a day --------------------------------------------------------------------------


@dating(
    "latest",
    label="最新の公表値",
    help="算定の日までに公表された版のうち、基準日がいちばん新しいもの。",
)
def latest(dating: Dating, published: Sequence[Series], year: FiscalYear) -> Series:
    """Take the newest reference date (最新の公表値)."""
    newest = max((each.reference_date or date.min for each in published), default=None)
    if newest is None:
        raise _NothingFits("最新の公表値")
    return _last_published(published, newest, "最新の公表値")


def _previous_fiscal_year_in_words(dating: Dating) -> str:
    month, day = cast("tuple[int, int]", dating.month_day)
    return f"前年度の{month}月{day}日現在"


@dating(
    "previous_fiscal_year",
    label="前年度の基準日",
    help="前の年度の決まった日の値。月日を選びます（1月から3月までの日は、年度の始まる年の日です）。",
    needs=("month_day",),
    words=_previous_fiscal_year_in_words,
)
def previous_fiscal_year(dating: Dating, published: Sequence[Series], year: FiscalYear) -> Series:
    """Take a day of the fiscal year before (前年度の基準日): for FY2021 09-30 is 2020-09-30."""
    day = _day_of_year(year.previous(), cast("tuple[int, int]", dating.month_day))
    return _last_published(published, day, f"{wareki(day)}現在")


def _frozen_in_words(dating: Dating) -> str:
    day = wareki(cast("date", dating.first))
    return f"{day}現在（{dating.edition}）に固定" if dating.edition else f"{day}現在に固定"


@dating(
    "frozen",
    label="固定",
    help="いつの年度でも同じ基準日の値。基準日を書きます。版まで決まっているときは版も書きます。",
    needs=("first",),
    takes=("edition",),
    words=_frozen_in_words,
)
def frozen(dating: Dating, published: Sequence[Series], year: FiscalYear) -> Series:
    """Take the one reference date the agreement names (固定), e.g. of the year of borrowing."""
    day = cast("date", dating.first)
    wanted = f"{wareki(day)}現在"
    if not dating.edition:
        return _last_published(published, day, wanted)
    named = [each for each in published if each.edition == dating.edition]
    return _last_published(named, day, f"{wanted}（{dating.edition}）")


# ---- totals of a period --------------------------------------------------------------------------


@dating(
    "previous_calendar_year",
    label="前年（暦年）の計",
    help="前の年の1月から12月までの計。月ごと・期ごとの版は足し合わせます。",
)
def previous_calendar_year(dating: Dating, published: Sequence[Series], year: FiscalYear) -> Series:
    """Add up the calendar year before (前年の計): for FY2021, 2020-01-01 to 2020-12-31."""
    before = year.start_year - 1
    return _total(published, date(before, 1, 1), date(before, 12, 31))


@dating(
    "year_before_last",
    label="前々年度の計",
    help="前々年度の4月から3月までの計。月ごと・期ごとの版は足し合わせます。",
)
def year_before_last(dating: Dating, published: Sequence[Series], year: FiscalYear) -> Series:
    """Add up the fiscal year before last (前々年度の計): for FY2021, FY2019."""
    period = year.previous().previous().period
    return _total(published, period.since, _day_before(period.until))


def _cumulated_in_words(dating: Dating) -> str:
    return period_in_words(cast("date", dating.first), cast("date", dating.last))


@dating(
    "cumulated",
    label="期間の計",
    help="決まった期間の計。期間の初日と終わりの日を書きます。版は足し合わせます。",
    needs=("first", "last"),
    words=_cumulated_in_words,
)
def cumulated(dating: Dating, published: Sequence[Series], year: FiscalYear) -> Series:
    """Add up a period that the agreement names (期間の計)."""
    return _total(published, cast("date", dating.first), cast("date", dating.last))


def period_in_words(first: date, last: date) -> str:
    """Name the total of a period, e.g. 令和2年1月〜12月の計 (期間の計の表記)."""
    months = Month.containing(first), Month.containing(last)
    if first != months[0].first or last != _day_before(months[1].period.until):
        return f"{wareki(first)}〜{wareki(last)}の計"
    since, until = wareki_month(months[0]), wareki_month(months[1])
    year = since[: since.index("年") + 1]
    return f"{since}〜{until.removeprefix(year)}の計" if since != until else f"{since}の計"


def _total(published: Sequence[Series], first: date, last: date) -> Series:
    """Give the edition of exactly this period, else the sum of those that make it up."""
    wanted = period_in_words(first, last)
    inside = [
        each
        for each in published
        if each.period_from and each.reference_date
        and first <= each.period_from and each.reference_date <= last
    ]  # fmt: skip
    by_period = groupby(sorted(inside, key=_period), key=_period)
    pieces = [_last_of(list(alike), wanted) for _, alike in by_period]
    for piece in pieces:
        if _period(piece) == (first, last):
            return piece
    _refuse_gap_or_overlap(pieces, first, last, wanted)
    return _sum(pieces, first, last, wanted)


def _refuse_gap_or_overlap(pieces: Sequence[Series], first: date, last: date, wanted: str) -> None:
    """Refuse pieces that do not make up the period exactly."""
    expected = first
    for begins, ends in map(_period, pieces):
        if begins > expected:
            raise _missing(wanted, expected, _day_before(begins))
        if begins < expected:
            both = f"{wareki(begins)}から{wareki(min(ends, _day_before(expected)))}まで"
            raise _NothingFits(wanted, f"{both}の値が、二つの版に重なっています。")
        expected = ends + _ONE_DAY
    if expected <= last:
        raise _missing(wanted, expected, last)


def _missing(wanted: str, first: date, last: date) -> _NothingFits:
    return _NothingFits(wanted, f"{wareki(first)}から{wareki(last)}までの値がありません。")


def _sum(pieces: Sequence[Series], first: date, last: date, edition: str) -> Series:
    # A member without a value in one piece gets no sum: part of a total would look like all of it.
    codes = set.intersection(*(set(piece.values) for piece in pieces))
    return replace(
        pieces[-1],
        values={
            code: sum((piece.values[code] for piece in pieces), Fraction(0))
            for code in sorted(codes)
        },
        reference_date=last,
        period_from=first,
        edition=edition,
        certainty="見込" if any(piece.certainty == "見込" for piece in pieces) else "確定",
        source="、".join(dict.fromkeys(piece.source for piece in pieces if piece.source)),
        published_on=max(published_day(piece) for piece in pieces),
    )


# ---- choosing among editions ---------------------------------------------------------------------


def _last_published(published: Iterable[Series], day: date, wanted: str) -> Series:
    """Give the edition of a reference date that was published last."""
    alike = [each for each in published if each.reference_date == day]
    if not alike:
        raise _NothingFits(wanted)
    return _last_of(alike, wanted)


def _last_of(alike: Sequence[Series], wanted: str) -> Series:
    last = max(alike, key=_rank)
    rivals = [each for each in alike if _rank(each) == _rank(last)]
    if len(rivals) > 1:
        names = "と".join(f"「{each.edition}」" for each in rivals)
        raise _NothingFits(wanted, f"版{names}のどちらが新しいか分かりません。公表日が同じです。")
    return last


def _rank(edition: Series) -> tuple[date, bool]:
    return published_day(edition), edition.certainty == "確定"


def _period(edition: Series) -> tuple[date, date]:
    # Only asked of editions that have both.
    return cast("date", edition.period_from), cast("date", edition.reference_date)


def _day_of_year(year: FiscalYear, month_day: tuple[int, int]) -> date:
    month, day = month_day
    try:
        return date(year.start_year + (month < _FIRST_MONTH_OF_FISCAL_YEAR), month, day)
    except ValueError:
        raise _refuse(
            "month_day", f"{month}月{day}日という日は毎年あるとは限りません。",
            "09-30 のように、どの年にもある月日を書いてください。",
        ) from None  # fmt: skip


def _day_before(day: date | None) -> date:
    # The periods of fiscal years and of months have an end.
    return cast("date", day) - _ONE_DAY


# ---- refusals ------------------------------------------------------------------------------------


def _nothing_fits(
    error: _NothingFits, dating: Dating, editions: Sequence[Series], as_of: date
) -> NotInForceError:
    label = editions[0].label if editions else "算定基礎"
    asked = f"{label}の{error.wanted}（定めは「{in_words(dating)}」）を使おうとしました。"
    if error.wanted == in_words(dating):
        asked = f"{label}の{error.wanted}を使おうとしました。"
    why = error.why or f"{wareki(as_of)}までに公表された版に、その値がありません。"
    there = "、".join(_edition_in_words(each, as_of) for each in editions) or "なし"
    return NotInForceError(
        asked,
        f"{why}登録されている版: {there}。",
        "足りない版を登録するか、公表日または基準日の定め方を直してください。",
    )


def _edition_in_words(edition: Series, as_of: date) -> str:
    day = wareki(edition.reference_date) if edition.reference_date else "基準日なし"
    if edition.period_from and edition.reference_date:
        day = period_in_words(edition.period_from, edition.reference_date)
    parts = [part for part in (edition.edition, _not_yet(edition, as_of)) if part]
    return f"{day}（{'・'.join(parts)}）" if parts else day


def _not_yet(edition: Series, as_of: date) -> str:
    day = published_day(edition)
    return f"{wareki(day)}公表" if day > as_of else ""


def _refuse(field: str, found: str, todo: str) -> BadInputError:
    return BadInputError("基準日の定め方を読みました。", found, todo, path=field)
