"""What the parts of a plan's page show beyond the plan (工程の画面の部分).

Each part has a template `plans/part_….html`; what it needs is given under its name.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from consortium.usecases.plans import PlanPage
from consortium.usecases.viewer import Viewer
from consortium.web import plan_cautions, plan_changes, plan_pictures, plan_records, plan_sheets

#: name in the template → what gives it
PARTS: Final[Mapping[str, Callable[[Viewer, PlanPage], Any]]] = {
    "cautions": plan_cautions.part_of,
    "changes": plan_changes.part_of,
    "gantt": lambda _viewer, page: plan_pictures.chart_of(page),
    "records": plan_records.part_of,
    "may_take_in": plan_sheets.may_take_in,
}


def parts_of(viewer: Viewer, page: PlanPage) -> dict[str, Any]:
    """Give what the parts show, by name (部分の内容)."""
    return {name: give(viewer, page) for name, give in PARTS.items()}
