"""Instalment plans (納付計画): one for each fiscal year, and what its amounts are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, delete, func, select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.store.calendars import open_days
from consortium.db.store.in_force import newest_first, stands
from consortium.db.unit import Unit
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import StaleError
from consortium.domain.fiscalyear.plan import InstalmentPlan, Part, usual_plan
from consortium.domain.fiscalyear.settlement import WAYS
from consortium.domain.yen import Yen, total

#: How a year is settled until an office says otherwise (標準の精算の方法).
USUAL_WAY = "cash"


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan with its place in the table (納付計画の行); without an id it is the usual one."""

    plan: InstalmentPlan
    #: how the year is settled: cash or credit
    way: str = USUAL_WAY
    id: str = ""
    row_version: int = 0

    @property
    def is_saved(self) -> bool:
        """False while the usual plan holds because the office saved none."""
        return bool(self.id)


@dataclass(frozen=True, slots=True)
class InForce:
    """The run in force of a year, cut by member and cost category (有効な算定の額)."""

    run_id: str
    stage: str
    edition: int
    #: 団体コード → category id → yen; under the empty id what belongs to no item still there:
    #: lines of the agreement, items removed since
    amounts: Mapping[str, Mapping[str, Yen]]
    #: 団体コード → name of the member
    names: Mapping[str, str]

    def amount(self, code: str) -> Yen:
        """Give what a member bears, 0 for one that the run does not know (負担額)."""
        return total(self.amounts.get(code, {}).values())


# ---- questions -----------------------------------------------------------------------------------


def find_plan(session: Session, consortium_id: str, year: FiscalYear) -> SavedPlan | None:
    """Give the plan an office saved for a year, None before it did."""
    table, part = models.InstalmentPlan, models.Instalment
    rows = session.execute(
        select(table, part)
        .join(part, part.plan_id == table.id)
        .where(table.consortium_id == consortium_id, table.fiscal_year_start == year.start_year)
        .order_by(part.no)
    ).all()
    if not rows:
        return None
    return _saved(session, rows[0][0], [each for _, each in rows])


def planned_years(session: Session, consortium_id: str) -> tuple[int, ...]:
    """Name the years an office saved a plan for, by their start (納付計画のある年度)."""
    table = models.InstalmentPlan
    found = select(table.fiscal_year_start).where(table.consortium_id == consortium_id)
    return tuple(session.scalars(found.order_by(table.fiscal_year_start)))


def planned_days(session: Session, consortium_id: str) -> dict[tuple[int, int], date]:
    """Give the due day of every instalment of every saved plan, by year and number (納期限)."""
    table, part = models.InstalmentPlan, models.Instalment
    found = session.execute(
        select(table.fiscal_year_start, part.no, part.due_on)
        .join(part, part.plan_id == table.id)
        .where(table.consortium_id == consortium_id)
    )
    return {(start, no): due_on for start, no, due_on in found}


def plan_in_force(session: Session, consortium_id: str, year: FiscalYear) -> SavedPlan:
    """Give the plan of a year: the saved one, else the usual one (有効な納付計画)."""
    saved = find_plan(session, consortium_id, year)
    return saved or SavedPlan(usual_plan(year, open_days(session, consortium_id, None)))


def _saved(
    session: Session, row: models.InstalmentPlan, parts: Sequence[models.Instalment]
) -> SavedPlan:
    asked = _categories(session, row.id) if row.method == "items" else {}
    plan = InstalmentPlan(
        FiscalYear(row.fiscal_year_start),
        row.method,
        row.unit,
        row.mode,
        tuple(
            Part(
                each.due_nominal, each.roll_rule, each.due_on, each.percent, asked.get(each.no, ())
            )
            for each in parts
        ),
    )
    return SavedPlan(plan, row.settled_by, row.id, row.row_version)


def _categories(session: Session, plan_id: str) -> dict[int, tuple[str, ...]]:
    table, category = models.InstalmentItem, models.CostCategory
    found = (
        select(table.no, table.category_id)
        .join(category, category.id == table.category_id)
        .where(table.plan_id == plan_id)
        .order_by(table.no, category.position, category.id)
    )
    asked: dict[int, tuple[str, ...]] = {}
    for no, category_id in session.execute(found):
        asked[no] = (*asked.get(no, ()), category_id)
    return asked


def in_force(session: Session, consortium_id: str, year: FiscalYear) -> InForce | None:
    """Give the amounts of the run issued last for a year, None before the first (有効な算定)."""
    run, share, item = models.AllocationRun, models.ShareRow, models.CostItem
    member = models.Member
    latest = (
        select(run.id)
        .where(
            run.consortium_id == consortium_id,
            run.fiscal_year_start == year.start_year,
            stands(run),
        )
        .order_by(*newest_first(run))
        .limit(1)
        .scalar_subquery()
    )
    about = (run.id, run.stage, run.edition, share.code, member.name, item.category_id)
    rows = session.execute(
        select(*about, func.sum(share.amount))
        .join(share, share.run_id == run.id)
        .outerjoin(item, item.id == share.item_id)
        .outerjoin(
            member, and_(member.consortium_id == run.consortium_id, member.code == share.code)
        )
        .where(run.id == latest)
        .group_by(*about)
        .order_by(share.code)
    ).all()
    if not rows:
        return None
    amounts: dict[str, dict[str, Yen]] = {}
    names: dict[str, str] = {}
    for *_, code, name, category_id, amount in rows:
        amounts.setdefault(code, {})[category_id or ""] = Yen(int(amount))
        names[code] = name or code
    return InForce(rows[0].id, rows[0].stage, rows[0].edition, amounts, names)


# ---- changes -------------------------------------------------------------------------------------


def add_plan(unit: Unit, consortium_id: str, new: SavedPlan) -> None:
    """Save the first plan of a year (納付計画の登録)."""
    row = models.InstalmentPlan(
        id=new.id, consortium_id=consortium_id, fiscal_year_start=new.plan.year.start_year
    )
    _fill(row, new)
    unit.session.add(row)
    unit.session.flush()
    _write_parts(unit.session, consortium_id, row.id, new.plan)
    unit.record(
        consortium_id, "plan.create", "instalment_plan", row.id, f"{_title(new)}の登録",
        None, _in_words(new, _names(unit.session, consortium_id)),
    )  # fmt: skip


def save_plan(unit: Unit, consortium_id: str, old: SavedPlan, new: SavedPlan) -> None:
    """Replace the plan of a year (納付計画の変更); nothing is written when nothing differs.

    `old` is the plan as it stands, with the version that was seen.
    Raises: StaleError if somebody saved after that.
    """
    row = unit.session.get(models.InstalmentPlan, old.id, with_for_update=True)
    if row is None or row.row_version != old.row_version:
        raise stale()
    names = _names(unit.session, consortium_id)
    before, after = _in_words(old, names), _in_words(new, names)
    changed = [title for title in after if before[title] != after[title]]
    if not changed:
        unit.operational()
        return
    _fill(row, new)
    # Rises even where only the parts differ: somebody else may have them on the screen.
    row.row_version = old.row_version + 1
    for table in (models.InstalmentItem, models.Instalment):
        unit.session.execute(delete(table).where(table.plan_id == row.id))
    _write_parts(unit.session, consortium_id, row.id, new.plan)
    unit.record(
        consortium_id, "plan.change", "instalment_plan", row.id, f"{_title(new)}の変更",
        {title: before[title] for title in changed}, {title: after[title] for title in changed},
    )  # fmt: skip


def copy_plan(unit: Unit, consortium_id: str, from_year: FiscalYear, to_year: FiscalYear) -> bool:
    """Copy a year's plan to another, its due days moved anew (年度開始の写し).

    False, and nothing changes, where there is none to copy or the year has one already.
    """
    old = find_plan(unit.session, consortium_id, from_year)
    if old is None or find_plan(unit.session, consortium_id, to_year) is not None:
        return False
    plan = old.plan.moved(to_year, open_days(unit.session, consortium_id, None))
    add_plan(unit, consortium_id, SavedPlan(plan, old.way, models.new_id()))
    return True


def stale() -> StaleError:
    """Say that somebody else saved the plan meanwhile (競合)."""
    return StaleError(
        "納付計画を保存しようとしました。",
        "ほかの人が先に変更しました。",
        "今の内容を確かめて、もう一度保存してください。",
    )


def _fill(row: models.InstalmentPlan, new: SavedPlan) -> None:
    row.method, row.unit, row.mode = new.plan.method, new.plan.unit, new.plan.mode
    row.settled_by = new.way


def _write_parts(session: Session, consortium_id: str, plan_id: str, plan: InstalmentPlan) -> None:
    for no, part in enumerate(plan.parts, start=1):
        session.add(
            models.Instalment(
                plan_id=plan_id, no=no, consortium_id=consortium_id, percent=part.percent,
                due_nominal=part.due_nominal, roll_rule=part.roll_rule, due_on=part.due_on,
            )
        )  # fmt: skip
        for category_id in part.categories:
            session.add(
                models.InstalmentItem(
                    plan_id=plan_id, category_id=category_id, consortium_id=consortium_id, no=no
                )
            )
    session.flush()


def _names(session: Session, consortium_id: str) -> Mapping[str, str]:
    table = models.CostCategory
    found = select(table.id, table.name).where(table.consortium_id == consortium_id)
    return {row.id: row.name for row in session.execute(found)}


def _title(saved: SavedPlan) -> str:
    return f"{fiscal_year_label(saved.plan.year)}の納付計画"


def _in_words(saved: SavedPlan, names: Mapping[str, str]) -> dict[str, Any]:
    plan = saved.plan
    return {
        "分け方": plan.method,
        "端数処理の単位": plan.unit,
        "端数処理": plan.mode,
        "精算の方法": WAYS[saved.way],
        "各期": [
            {
                "納期限の本則日": part.due_nominal,
                "閉庁日のとき": part.roll_rule,
                "納期限": part.due_on,
                "割合": None if part.percent is None else str(part.percent),
                "経費区分": [names.get(each, each) for each in part.categories],
            }
            for part in plan.parts
        ],
    }
