"""The beginning of a fiscal year (年度開始): what is copied from last year, and what to check."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import uuid4

from consortium.db.store import bases as bases_store
from consortium.db.store import calendars as calendars_store
from consortium.db.store import costs as costs_store
from consortium.db.store import instalments as instalments_store
from consortium.db.store import members as members_store
from consortium.db.store import rules as rules_store
from consortium.db.store import settings as settings_store
from consortium.db.store import steps as store
from consortium.db.store import terms as terms_store
from consortium.db.store.costs import Category
from consortium.db.store.rules import Rule, RuleVersion
from consortium.db.store.steps import CalendarStep
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.domain.errors import NotInForceError
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.fiscalyear.steps import DEFAULT_STEPS, moved_to
from consortium.domain.sharing.dating import choose
from consortium.domain.sharing.facts import Series
from consortium.usecases import closings
from consortium.usecases.viewer import Viewer
from consortium.usecases.year_plan import OWN, missing_holidays

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RuleLine:
    """Which version holds on 1 April for a category (4月1日に有効な負担ルール)."""

    service: str
    category: str
    #: None where nothing is in force
    rule: Rule | None
    version: RuleVersion | None
    #: first day of a version that begins later in the year
    changes_on: date | None


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at before the year begins (確認事項)."""

    #: rules, bases, members, terms, holidays, costs, instalments: a page links by it
    kind: str
    title: str
    found: str
    #: ok 済, look 確認する, missing 要対応
    state: str
    #: calendar year of the holidays that are missing
    number: int | None = None


@dataclass(frozen=True, slots=True)
class StartPage:
    """What 年度開始 copies and what it found (年度開始の画面)."""

    year: FiscalYear
    label: str
    previous_label: str
    has_calendar: bool
    #: True where last year's calendar is there to copy; the default one serves otherwise
    copies_calendar: bool
    has_instalments: bool
    copies_instalments: bool
    rules: tuple[RuleLine, ...]
    checks: tuple[Check, ...]

    @property
    def is_started(self) -> bool:
        """Say whether there is nothing left to copy (年度開始済)."""
        return self.has_calendar and (self.has_instalments or not self.copies_instalments)


@dataclass(frozen=True, slots=True)
class Started:
    """What 年度開始 did (年度開始の結果)."""

    steps: int
    is_default: bool
    instalments: bool

    @property
    def is_nothing(self) -> bool:
        """Say whether everything was there already (変更なし)."""
        return not self.steps and not self.instalments


# ---- doing ---------------------------------------------------------------------------------------


def start_year(viewer: Viewer, year: FiscalYear, now: datetime) -> Started:
    """Copy calendar and instalment plan from last year (年度開始); again it changes nothing.

    Raises: ClosedError for a year under 本締め.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        closings.refuse_closed(unit, owner, year, reason=None)
        steps, is_default = copy_calendar(unit, owner, year)
        copied = instalments_store.copy_plan(unit, owner, year.previous(), year)
    return Started(steps, is_default, copied)


def copy_calendar(unit: Unit, consortium_id: str, year: FiscalYear) -> tuple[int, bool]:
    """Give a year the calendar of the year before, or the default one (年間予定の写し).

    Returns how many steps were added, none where the year has a calendar; and whether they are
    the default ones.
    """
    present = store.steps(unit.session, consortium_id, year)
    if _is_started(present):
        return 0, False
    old = store.steps(unit.session, consortium_id, year.previous())
    is_default = not _is_started(old)
    new = _default(year) if is_default else [_moved(step, year) for step in old]
    known = {step.key for step in present}
    new = [step for step in new if step.key not in known]
    title = f"{fiscal_year_label(year)}の年間予定の作成"
    store.add_steps(unit, consortium_id, title, new)
    return len(new), is_default


def _is_started(steps: Sequence[CalendarStep]) -> bool:
    """Tell a calendar from a few steps that the office added by itself."""
    return any(not step.key.startswith(OWN) for step in steps)


def _default(year: FiscalYear) -> list[CalendarStep]:
    return [
        CalendarStep(
            str(uuid4()), year, each.key, each.title, each.document, each.nominal_on(year),
            each.roll_rule, each.role,
        )
        for each in DEFAULT_STEPS
    ]  # fmt: skip


def _moved(step: CalendarStep, year: FiscalYear) -> CalendarStep:
    years = year.start_year - step.year.start_year
    return replace(
        step,
        id=str(uuid4()),
        year=year,
        nominal_on=moved_to(step.nominal_on, years),
        done_on=None,
        done_by=None,
        done_note="",
        row_version=1,
    )


# ---- reading -------------------------------------------------------------------------------------


def show_start(viewer: Viewer, year: FiscalYear) -> StartPage:
    """Read what 年度開始 would copy, which rules hold, and what to check (年度開始の画面)."""
    owner, before = viewer.consortium_id, year.previous()
    with reading() as session:
        labels = settings_store.settings_of(session, owner).year_labels
        present = store.steps(session, owner, year)
        old = store.steps(session, owner, before)
        plan = instalments_store.find_plan(session, owner, year)
        old_plan = instalments_store.find_plan(session, owner, before)
        rules = tuple(
            _rule_lines(
                rules_store.rules(session, owner), costs_store.categories(session, owner), year
            )
        )
        stays = members_store.memberships(session, owner)
        names = {each.id: each.name for each in members_store.members(session, owner)}
        checks = (
            *_rule_checks(rules),
            *_basis_checks(rules, bases_store.all_series(session, owner), year),
            _member_check([(names[each.member_id], each.period) for each in stays], year),
            _term_check(terms_store.terms(session, owner), year),
            *_holiday_checks(year, calendars_store.filled_years(session, owner)),
            _instalment_check(is_there=plan is not None),
            *_cost_checks(costs_store.stage_counts(session, owner), year),
        )
    return StartPage(
        year,
        fiscal_year_label(year, labels),
        fiscal_year_label(before, labels),
        _is_started(present),
        _is_started(old),
        plan is not None,
        old_plan is not None,
        rules,
        checks,
    )


def _rule_lines(
    rules: Sequence[Rule], categories: Sequence[Category], year: FiscalYear
) -> Iterator[RuleLine]:
    """Give the rule of each category on 1 April: its own, else that of its whole service."""
    first = year.period.since
    for category in categories:
        own = [rule for rule in rules if rule.category_id == category.id]
        whole = [r for r in rules if r.service_id == category.service_id and not r.category_id]
        rule = next(iter(own or whole), None)
        versions = rule.versions if rule else ()
        in_force = [each for each in versions if each.since <= first]
        later = [each.since for each in versions if first < each.since and _is_in(each.since, year)]
        yield RuleLine(
            category.service_name,
            category.name,
            rule,
            max(in_force, key=lambda each: each.since, default=None),
            min(later, default=None),
        )


def _is_in(day: date, year: FiscalYear) -> bool:
    return year.period.contains(day)


# ---- what to check -------------------------------------------------------------------------------


def _rule_checks(rules: Sequence[RuleLine]) -> Iterator[Check]:
    missing = [f"{each.service}の{each.category}" for each in rules if each.version is None]
    changing = sorted({each.changes_on for each in rules if each.changes_on})
    if missing:
        found = f"4月1日に有効な負担ルールがありません：{'、'.join(missing)}"
        yield Check("rules", "負担ルール", found, "missing")
    elif not rules:
        yield Check("rules", "負担ルール", "経費区分が登録されていません。", "missing")
    else:
        yield Check("rules", "負担ルール", "すべての経費区分に、4月1日に有効な版があります。", "ok")
    if changing:
        days = "、".join(wareki(day) for day in changing)
        yield Check("rules", "年度途中の改定", f"{days}から新しい版になります。", "look")


def _basis_checks(
    rules: Sequence[RuleLine], series: dict[str, tuple[Series, ...]], year: FiscalYear
) -> Iterator[Check]:
    """Ask of each basis that a rule reads which edition a run of 1 April would use."""
    seen = set()
    for line in rules:
        for part in line.version.components if line.version else ():
            wanted = (part.series, part.dating)
            if part.series is None or part.dating is None or wanted in seen:
                continue
            seen.add(wanted)
            editions = series.get(part.series, ())
            title = f"算定基礎（{editions[-1].label if editions else part.series}）"
            try:
                used = choose(part.dating, editions, year, year.period.since)
            except NotInForceError as error:
                yield Check("bases", title, error.found, "missing")
                continue
            day = wareki(used.reference_date) if used.reference_date else "基準日なし"
            state = "ok" if used.certainty == "確定" else "look"
            found = f"{used.edition or '版名なし'}（{day}現在、{used.certainty}）を使います。"
            yield Check("bases", title, found, state)


def _member_check(stays: Sequence[tuple[str, Period]], year: FiscalYear) -> Check:
    joining = [f"{name}（{wareki(p.since)}加入）" for name, p in stays if _is_in(p.since, year)]
    leaving = [
        f"{name}（{wareki(last)}まで）"
        for name, period in stays
        if period.until and _is_in(last := period.until - _ONE_DAY, year)
    ]
    if not (joining or leaving):
        return Check("members", "構成団体の加入・脱退", "この年度の加入・脱退はありません。", "ok")
    found = "、".join([*joining, *leaving])
    return Check("members", "構成団体の加入・脱退", found, "look")


def _term_check(terms: Sequence[terms_store.Term], year: FiscalYear) -> Check:
    ending = [each for each in terms if _is_in(each.last_day, year)]
    covering = [each for each in terms if each.since <= year.period.since < each.until]
    if ending:
        found = "、".join(f"{each.name}が{wareki(each.last_day)}に終わります" for each in ending)
        return Check(
            "terms", "利用期", f"{found}。次の利用期と更新の費用を確かめてください。", "look"
        )
    if not covering:
        return Check("terms", "利用期", "4月1日を含む利用期が登録されていません。", "look")
    return Check("terms", "利用期", f"{covering[0].name}が続きます。", "ok")


def _holiday_checks(year: FiscalYear, filled: Sequence[int]) -> Iterator[Check]:
    missing = missing_holidays(year, filled)
    for each in missing:
        found = f"{each}年の祝日を取り込んでいません。期日は土日だけで動きます。"
        yield Check("holidays", f"閉庁日（{each}年）", found, "missing", each)
    if not missing:
        years = f"{year.start_year}年と{year.start_year + 1}年"
        yield Check("holidays", "閉庁日", f"{years}の祝日を取り込んであります。", "ok")


def _instalment_check(*, is_there: bool) -> Check:
    if is_there:
        return Check("instalments", "納付計画", "この年度の納付計画があります。", "ok")
    return Check("instalments", "納付計画", "この年度の納付計画がまだありません。", "missing")


def _cost_checks(counts: dict[tuple[int, str], int], year: FiscalYear) -> Iterator[Check]:
    there = [
        f"{STAGES[stage]}{counts[year.start_year, stage]}件"
        for stage in STAGES
        if counts.get((year.start_year, stage), 0)
    ]
    if there:
        yield Check("costs", "費用", f"{'、'.join(there)}を登録してあります。", "ok")
    else:
        found = "まだ登録されていません。費用の画面で、前年度の段階から写せます。"
        yield Check("costs", "費用", found, "look")
