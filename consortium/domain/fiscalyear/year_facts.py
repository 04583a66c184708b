"""What the tables know of a fiscal year (年度の事実), and what that says of each step.

`FACTS` is the whole derivation: a step that is not in it is marked done by hand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.fiscalyear.run import STAGES

#: Years and months count by the number they begin with.
Key = tuple[int, str]
Numbered = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of one step (予定の事実)."""

    is_done: bool = False
    #: since when, where a day is known
    done_on: date | None = None
    #: what was found, e.g. 第1版を発行
    what: str = ""
    #: what it waits for; empty if it can be done now
    blocked: str = ""
    #: who has to act first
    blocked_by: str = ""
    #: True where nobody asked for it, e.g. a report that no schedule names
    is_off: bool = False
    #: the day that counts for being late instead of the step's own, e.g. an open round's 期限;
    #: once it has passed, the step is overdue even where it was done before
    due_on: date | None = None

    def is_done_by(self, today: date) -> bool:
        """Say whether it is done and nothing of it has become late since (済)."""
        return self.is_done and not (self.due_on and today > self.due_on)


@dataclass(frozen=True, slots=True)
class BaseRoundState:
    """How far one round of base figures is (基礎数値の提出の状況)."""

    is_open: bool
    closed_on: date | None = None
    #: towns that have handed in nothing yet
    missing: tuple[str, ...] = ()
    #: day by which the towns are asked to hand in (期限)
    due_on: date | None = None
    #: names of the series it asks for
    series: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Say what is asked for and who has handed in nothing (提出の状況の文)."""
        said = _names("未提出", self.missing) or "すべて提出されています"
        return "　".join(filter(None, ("・".join(self.series), said)))


@dataclass(frozen=True, slots=True)
class InstalmentState:
    """How far an instalment is (期別納付の状況)."""

    #: towns asked to pay by a notice that stands, and the day of the last one
    notified: int = 0
    notified_on: date | None = None
    #: towns that have not paid all of it
    unpaid: tuple[str, ...] = ()
    #: towns that have something to pay and no notice that stands
    not_asked: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Say whether nobody has to pay anything in it (依頼する団体なし)."""
        return not self.notified and not self.not_asked


@dataclass(frozen=True, slots=True)
class YearFacts:
    """Everything the steps ask about, for all years (年度の事実)."""

    #: (year, stage) → day of the first issue; of a stage of which an edition stands
    issued: Mapping[Key, date] = field(default_factory=dict)
    #: years and stages whose last issue was cancelled
    cancelled: frozenset[Key] = frozenset()
    #: (year, stage) → state of the run on its way
    on_their_way: Mapping[Key, str] = field(default_factory=dict)
    #: years and stages with costs
    with_costs: frozenset[Key] = frozenset()
    #: year → its rounds of base figures
    rounds: Mapping[int, tuple[BaseRoundState, ...]] = field(default_factory=dict)
    #: (year, number) → instalment, once amounts to pay were issued
    instalments: Mapping[Numbered, InstalmentState] = field(default_factory=dict)
    #: (year, number) → day it falls due by the instalment plan
    planned: Mapping[Numbered, date] = field(default_factory=dict)
    #: year → day of the settlement
    settled: Mapping[int, date] = field(default_factory=dict)
    #: (year, soft | hard) → day
    closed: Mapping[Key, date] = field(default_factory=dict)
    #: year → questions on any of its runs that nobody has answered; they hold up 確定
    questions: Mapping[int, int] = field(default_factory=dict)
    #: month reported on → day for which its report was published
    reported: Mapping[Month, date] = field(default_factory=dict)
    #: months that a schedule names
    scheduled: frozenset[Month] = frozenset()

    def has_plan(self, year: FiscalYear) -> bool:
        """Say whether a year has an instalment plan (納付計画)."""
        return any(start == year.start_year for start, _ in self.planned)


# ---- one function per step -----------------------------------------------------------------------


def _base_figures(facts: YearFacts, year: FiscalYear, _rest: str) -> Fact:
    rounds = facts.rounds.get(year.start_year, ())
    if not rounds:
        return Fact(blocked="基礎数値の提出をまだ求めていません", blocked_by="担当")
    still_open = [each for each in rounds if each.is_open]
    return Fact(
        is_done=len(still_open) < len(rounds),
        done_on=max((each.closed_on for each in rounds if each.closed_on), default=None),
        what="、".join(each.words for each in still_open) or "提出を締め切りました",
        due_on=min((each.due_on for each in still_open if each.due_on), default=None),
    )


def _stage(stage: str) -> Callable[[YearFacts, FiscalYear, str], Fact]:
    def ask(facts: YearFacts, year: FiscalYear, _rest: str) -> Fact:
        key = (year.start_year, stage)
        if key in facts.issued:
            return Fact(is_done=True, done_on=facts.issued[key], what=f"{STAGES[stage]}を発行")
        waits_for = {
            "in_review": "承認者の審査を待っています",
            "approved": "承認者の発行を待っています",
        }
        open_questions = facts.questions.get(year.start_year, 0)
        if stage == "final" and open_questions:
            return Fact(
                blocked=f"回答していない質疑が{open_questions}件あります", blocked_by="担当"
            )
        state = facts.on_their_way.get(key, "")
        if state in waits_for:
            return Fact(blocked=waits_for[state], blocked_by="承認者")
        if state == "draft":
            return Fact(what="下書きがあります")
        if stage == "estimate" and (waiting := _missing_figures(facts, year)):
            return waiting
        return Fact(what=_without_a_run(facts, key))

    return ask


def _without_a_run(facts: YearFacts, key: Key) -> str:
    if key in facts.cancelled:
        return "発行が取り消されました。次の版を作成してください"
    if key not in facts.with_costs:
        return "この段階の費用がまだ登録されていません"
    return "算定がまだ作成されていません"


def _missing_figures(facts: YearFacts, year: FiscalYear) -> Fact | None:
    rounds = facts.rounds.get(year.start_year, ())
    if not all(each.is_open for each in rounds):  # figures of a closed round are there
        return None
    towns = "・".join(dict.fromkeys(town for each in rounds for town in each.missing))
    if not towns:
        return None
    return Fact(blocked="基礎数値が未提出です", blocked_by=towns)


def _notice(facts: YearFacts, year: FiscalYear, rest: str) -> Fact:
    found = facts.instalments.get((year.start_year, int(rest)), InstalmentState())
    if found.notified:
        what = f"{found.notified}団体に納入を依頼"
        if found.not_asked:
            return Fact(what=f"{what}　{_names('未依頼', found.not_asked)}")
        return Fact(is_done=True, done_on=found.notified_on, what=what)
    if not facts.has_plan(year):
        return Fact(blocked="納付計画がありません", blocked_by="担当")
    return _not_planned(facts, year, rest) or _needs_an_issue(facts, year)


def _names(what: str, towns: tuple[str, ...]) -> str:
    return f"{what}：{'・'.join(towns)}" if towns else ""


def _not_planned(facts: YearFacts, year: FiscalYear, rest: str) -> Fact | None:
    key = (year.start_year, int(rest))
    if facts.has_plan(year) and key not in facts.planned:
        return Fact(is_off=True, what="この年度の納付計画にありません")
    if key in facts.instalments and facts.instalments[key].is_empty:
        return Fact(is_off=True, what="この期に納入を依頼する団体がありません")
    return None


def _needs_an_issue(facts: YearFacts, year: FiscalYear) -> Fact:
    # An estimate asks nobody for money.
    if any(start == year.start_year and stage != "estimate" for start, stage in facts.issued):
        return Fact()
    return Fact(blocked="この年度の負担金がまだ発行されていません", blocked_by="承認者")


def _instalment(facts: YearFacts, year: FiscalYear, rest: str) -> Fact:
    found = facts.instalments.get((year.start_year, int(rest)), InstalmentState())
    if not found.notified:
        unsent = Fact(blocked="納入依頼がまだ送られていません", blocked_by="承認者")
        return _not_planned(facts, year, rest) or unsent
    if found.unpaid or found.not_asked:
        said = (_names("未納", found.unpaid), _names("未依頼", found.not_asked))
        return Fact(what="　".join(filter(None, said)))
    return Fact(is_done=True, what="すべて納付されています")


def _settlement(facts: YearFacts, year: FiscalYear, _rest: str) -> Fact:
    if year.start_year in facts.settled:
        return Fact(is_done=True, done_on=facts.settled[year.start_year], what="精算しました")
    if (year.start_year, "final") not in facts.issued:
        return Fact(blocked="確定がまだ発行されていません", blocked_by="承認者")
    run = _stage("settlement")(facts, year, "")
    if run.is_done:
        return Fact(what="精算の算定を発行しました。精算を行ってください")
    return run


def _soft_close(facts: YearFacts, year: FiscalYear, _rest: str) -> Fact:
    key = (year.start_year, "soft")
    hard = facts.closed.get((year.start_year, "hard"))
    if key in facts.closed or hard is not None:
        return Fact(is_done=True, done_on=facts.closed.get(key, hard), what="仮締めしました")
    if (year.start_year, "final") not in facts.issued:
        return Fact(blocked="確定がまだ発行されていません", blocked_by="承認者")
    return Fact()


def _hard_close(facts: YearFacts, year: FiscalYear, _rest: str) -> Fact:
    key = (year.start_year, "hard")
    if key in facts.closed:
        return Fact(is_done=True, done_on=facts.closed[key], what="本締めしました")
    if year.start_year not in facts.settled:
        return Fact(blocked="精算がまだ済んでいません", blocked_by="担当")
    return Fact()


def _monthly(facts: YearFacts, year: FiscalYear, rest: str) -> Fact:
    month = next(each for each in year.months() if each.month == int(rest))
    if month in facts.reported:
        return Fact(is_done=True, done_on=facts.reported[month], what="自動で作成しました")
    if month not in facts.scheduled:
        return Fact(is_off=True, what="配信予定にありません")
    return Fact(what="期日に自動で作成します")


#: Step → what the tables say of it. A key with a number asks by the part before it.
FACTS: Final[Mapping[str, Callable[[YearFacts, FiscalYear, str], Fact]]] = {
    "base_figures": _base_figures,
    "estimate": _stage("estimate"),
    "planned": _stage("planned"),
    "revised": _stage("revised"),
    "final": _stage("final"),
    "notice": _notice,
    "instalment": _instalment,
    "settlement": _settlement,
    "soft_close": _soft_close,
    "hard_close": _hard_close,
    "monthly": _monthly,
}
