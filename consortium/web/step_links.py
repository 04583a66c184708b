"""Which screen does a step of the year (予定から画面へ): one line per step."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from flask import current_app, url_for

from consortium.domain.calendar.period import FiscalYear
from consortium.usecases.year_plan import StepLine
from consortium.web import context
from consortium.web.rights import may


class Screen(NamedTuple):
    """A screen that does a step (画面): what its link says."""

    endpoint: str
    link: str
    #: name of the argument that takes the year the step is about, empty for none
    year: str = ""


#: Step → its screens, the first that is there and may be opened. A key with a number asks by the
#: part before it.
SCREENS: Final[Mapping[str, tuple[Screen, ...]]] = {
    "base_figures": (Screen("base_rounds.index", "基礎数値の提出を開く"),),
    "notice": (
        Screen("notices.year", "納入依頼を開く", "year"),
        Screen("instalments.show", "納付計画を開く", "year"),
    ),
    "instalment": (Screen("payments.year", "収納を開く", "year"),),
    "settlement": (Screen("settlements.show", "精算を開く", "year"),),
    "soft_close": (Screen("closings.year", "締めを開く", "year"),),
    "hard_close": (Screen("closings.year", "締めを開く", "year"),),
    "monthly": (Screen("schedules.index", "配信予定を見る"),),
}
_STAGES: Final = ("estimate", "planned", "revised", "final")


def way_to(line: StepLine) -> tuple[str, str] | None:
    """Give address and words of the screen that does a step; None for one that people do."""
    key = line.step.key
    if key in _STAGES:
        return _way_to_stage(line, key)
    for screen in SCREENS.get(key) or SCREENS.get(key.partition("_")[0], ()):
        if screen.endpoint in current_app.view_functions and may(screen.endpoint):
            return url_for(screen.endpoint, **_about(screen, line.about)), screen.link
    return None


def _about(screen: Screen, year: FiscalYear) -> dict[str, Any]:
    return {screen.year: year} if screen.year else {}


def _way_to_stage(line: StepLine, stage: str) -> tuple[str, str] | None:
    """Lead to the costs, the form, the run or the register, whichever comes next.

    None for a year whose costs cannot be entered yet: the calendar goes a year further than they.
    """
    if line.fact.is_done:
        return url_for("register.year", fiscal_year=line.about), "発行台帳を見る"
    if line.has_run:
        return url_for("runs.index"), "算定を開く"
    if line.has_costs and may("runs.create"):
        return url_for("runs.create", year=line.about.start_year, stage=stage), "算定を作成する"
    if line.about > FiscalYear.containing(context.today()).next():
        return None
    return url_for("costs.sheet", year=line.about, stage=stage), "費用を開く"
