"""工程の記録: the seven kinds of records of a plan, as sections of its page and one by one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.domain.errors import (
    BadInputError,
    DuplicateError,
    InvalidTransitionError,
    StaleError,
)
from consortium.domain.onboarding.network import Finding
from consortium.domain.onboarding.record_effects import consequence
from consortium.domain.onboarding.records import (
    KINDS,
    Decision,
    Evidence,
    Record,
    RecordKind,
    kind_of,
)
from consortium.usecases import plan_records
from consortium.usecases.plan_records import RecordForm, RecordsPage
from consortium.usecases.plans import PlanPage
from consortium.usecases.viewer import Viewer
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.fields import seen_number
from consortium.web.forms import show_refusal
from consortium.web.plan_changes import address
from consortium.web.plan_record_forms import blank, form_of
from consortium.web.records import (
    Page,
    RemoveForm,
    conflict_page,
    form_page,
    is_removed,
    remove_page,
)
from consortium.web.rights import may

pages = Blueprint("plan_records", __name__, url_prefix="/plans/<uuid:plan_id>/records")

_KIND: Final = "<any(" + ",".join(KINDS) + "):kind>"
#: What each section is for, said while it is empty (記録のないとき).
_EMPTY: Final = {
    "decisions": "総会・議会・首長の議決を登録すると、議決で終わる工程を完了にできます。",
    "budgets": "契約の前に、執行できる予算措置が要ります。",
    "contracts": "年度をまたぐ契約には、期間を含む債務負担か長期継続の予算措置が要ります。",
    "migrations": "本移行の前に三回のリハーサルをします。",
    "evidence": "成果物のある工程は、登録すると完了にできます。",
    "judgements": "本稼働の前に、可・条件付可・否を登録します。",
    "issues": "気づいたことを登録し、期限と担当を決めます。",
}
#: What the name of a record says already, so that no column repeats it.
_IN_NAME: Final = {
    "decisions": ("kind", "decided_on", "bill"),
    "budgets": ("fiscal_year_start", "last_fiscal_year_start", "kind"),
    "contracts": ("kind", "title"),
    "migrations": ("wave", "round"),
    "evidence": ("title",),
    "judgements": ("decided_on",),
    "issues": (),
}
#: A page shows the last day, where the day after it is kept.
_LABELS: Final = {"until": "終期"}
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One record as its section shows it (記録の一行)."""

    record: Record
    #: (name of the field, what it is called, its value) of what was entered
    words: tuple[tuple[str, str, str], ...]
    url: str
    remove_url: str
    #: where to look at what it does to the dates, empty for nothing (遅延の影響)
    preview_url: str
    #: where the viewer confirms a paper, empty for nothing (確認待ち)
    confirm_url: str


@dataclass(frozen=True, slots=True)
class Section:
    """The records of one kind on the plan's page (記録の節)."""

    kind: RecordKind
    rows: tuple[Row, ...]
    #: fields that stand in a column of their own: something was entered, the name does not say it
    columns: tuple[tuple[str, str], ...]
    add_url: str
    empty: str


@dataclass(frozen=True, slots=True)
class Part:
    """All sections, and what the records leave open (工程の記録)."""

    sections: tuple[Section, ...]
    findings: tuple[Finding, ...]


def part_of(viewer: Viewer, page: PlanPage) -> Part:
    """Give the sections of a plan's page (工程の記録); none to who may not read them."""
    found = plan_records.read_records(viewer, page.plan, context.today())
    if found is None:
        return Part((), ())
    # What happened around a join that was counted back is not known: only its term is.
    shown = ("term",) if page.plan.is_reference else None
    return Part(
        tuple(_section(kind, found) for kind in KINDS.values()),
        tuple(each for each in found.findings if shown is None or each.kind in shown),
    )


def _section(kind: RecordKind, page: RecordsPage) -> Section:
    may_add = kind.key in page.writable
    add_url = url_for("plan_records.add", plan_id=page.plan.id, kind=kind.key) if may_add else ""
    rows = tuple(_row(each, page) for each in page.records.of(kind))
    columns = {
        name: label
        for row in rows
        for name, label, word in row.words
        if word and name not in _IN_NAME[kind.key]
    }
    in_order = tuple((name, columns[name]) for name in kind.labels if name in columns)
    return Section(kind, rows, in_order, add_url, _EMPTY[kind.key])


def _row(record: Record, page: RecordsPage) -> Row:
    plan, change = page.plan, None if _is_overtaken(record, page) else consequence(record)
    is_open = isinstance(record, Evidence) and record.confirmed_at is None

    def way(endpoint: str, **parts: Any) -> str:
        return url_for(f"plan_records.{endpoint}", plan_id=plan.id, record_id=record.id, **parts)

    is_mine = page.may_change(record)
    key = kind_of(record).key
    is_shown = plan.is_open and may("plan_changes.show")
    return Row(
        record,
        words_of(record, page),
        way("edit", kind=key) if is_mine else "",
        way("remove", kind=key) if is_mine else "",
        address(plan.id, change) if change is not None and is_shown else "",
        way("confirm") if is_open and page.may_confirm and may("plan_records.confirm") else "",
    )


def _is_overtaken(record: Record, page: RecordsPage) -> bool:
    """Say whether a later decision on the same task stands (後の議決がある)."""
    if not isinstance(record, Decision):
        return False
    return page.records.latest(record.kind, record.task_code) != record


def words_of(record: Record, page: RecordsPage) -> tuple[tuple[str, str, str], ...]:
    """Say the fields of a record: name, what it is called, its value (記録の内容)."""
    return tuple(
        (name, _LABELS.get(name, label), _word(name, getattr(record, name), page))
        for name, label in kind_of(record).labels.items()
    )


def _word(name: str, value: Any, page: RecordsPage) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, date):
        return wareki(value - _ONE_DAY if name == "until" else value)
    if name in ("decision_id", "parent_id"):
        found = page.records.find(value)
        return found.name if found else ""
    if name in ("fiscal_year_start", "last_fiscal_year_start"):
        return fiscal_year_label(FiscalYear(value))
    if name == "task_code":
        task = page.plan.task(value)
        return f"{value} {task.name}" if task else str(value)
    if isinstance(value, int):
        return f"{value:,}円" if name == "limit_amount" else f"{value:,}"
    return {"member_id": page.towns, "code": page.names}.get(name, {}).get(value, str(value))


# ---- one record ----------------------------------------------------------------------------------


@pages.route(f"/{_KIND}/new", methods=["GET", "POST"])
@guarded
def add(plan_id: str, kind: str) -> ResponseReturnValue:
    viewer, today = context.viewer(), context.today()
    offered = plan_records.show_form(viewer, plan_id, kind, today)
    form = form_of(offered)
    page = _page(offered, f"{offered.kind.name}の登録", form.ROWS, "登録する")
    if form.validate_on_submit():
        try:
            made = form.onto(blank(kind, form.record_id.data))
            saved = plan_records.add_record(viewer, plan_id, made, context.now(), today)
        except (BadInputError, DuplicateError, InvalidTransitionError) as error:
            show_refusal(form, error)
        else:
            return _saved(saved, offered, "登録しました")
    form.renew()
    return form_page(form, page)


@pages.route(f"/{_KIND}/<uuid:record_id>", methods=["GET", "POST"])
@guarded
def edit(plan_id: str, kind: str, record_id: str) -> ResponseReturnValue:
    viewer, today = context.viewer(), context.today()
    offered = plan_records.show_form(viewer, plan_id, kind, today, record_id)
    form, old = form_of(offered), _record(offered)
    page = _page(offered, f"{old.name}の編集", form.ROWS, "保存する")
    if form.validate_on_submit():
        typed = form.onto(replace(old, row_version=form.row_version.data))
        try:
            saved = plan_records.change_record(viewer, plan_id, typed, context.now(), today)
        except StaleError:
            form.see(old.row_version)
            return conflict_page(form, page, _facts(old, offered), _facts(typed, offered))
        except (BadInputError, DuplicateError, InvalidTransitionError) as error:
            show_refusal(form, error)
        else:
            return _saved(saved, offered, "保存しました")
    return form_page(form, page)


@pages.route(f"/{_KIND}/<uuid:record_id>/remove", methods=["GET", "POST"])
@guarded
def remove(plan_id: str, kind: str, record_id: str) -> ResponseReturnValue:
    viewer, today = context.viewer(), context.today()
    offered = plan_records.show_form(viewer, plan_id, kind, today, record_id)
    old = _record(offered)
    form = RemoveForm(data={"row_version": old.row_version})

    def act() -> None:
        seen = replace(old, row_version=form.row_version.data)
        plan_records.remove_record(viewer, plan_id, seen, context.now(), today)

    if is_removed(form, act):
        flash(f"{offered.kind.name}「{old.name}」を削除しました。", "success")
        return redirect(_back(offered)[1])
    page = Page(f"{offered.kind.name}の削除", "次の記録を削除します。", _back(offered))
    note = "工程の日付は変わりません。"
    return remove_page(form, page, _facts(old, offered), note=note)


@pages.post("/evidence/<uuid:record_id>/confirm")
@guarded
def confirm(plan_id: str, record_id: str) -> ResponseReturnValue:
    version = seen_number(request.form.get("row_version"))
    found = plan_records.confirm_paper(context.viewer(), plan_id, record_id, version, context.now())
    flash(f"成果物「{found.name}」を確認しました。", "success")
    return redirect(url_for("plans.show", plan_id=plan_id, _anchor="evidence"))


def _record(offered: RecordForm) -> Record:
    if offered.record is None:
        raise LookupError(offered.kind.key)  # show_form has refused a record that is not there
    return offered.record


def _page(offered: RecordForm, title: str, rows: Iterable[tuple[str, ...]], submit: str) -> Page:
    lead = f"{offered.page.plan.title}の記録です。"
    return Page(title, lead, _back(offered), tuple(rows), submit)


def _back(offered: RecordForm) -> tuple[str, str]:
    plan = offered.page.plan
    return plan.title, url_for("plans.show", plan_id=plan.id, _anchor=offered.kind.key)


def _facts(record: Record, offered: RecordForm) -> dict[str, str]:
    return {label: word or "なし" for _, label, word in words_of(record, offered.page)}


def _saved(saved: Record, offered: RecordForm, done: str) -> ResponseReturnValue:
    """Go back to the plan, or on to what the record does to its dates (遅延の影響)."""
    plan, change = offered.page.plan, consequence(saved)
    flash(f"{offered.kind.name}「{saved.name}」を{done}。", "success")
    if change is not None and plan.is_open:
        flash("日程への影響を確かめて、理由を書いて確定してください。", "info")
        if isinstance(saved, Decision) and saved.result == "否決":
            flash("加入をやめるときは、工程の画面で中止か取下げを選んでください。", "info")
        return redirect(address(plan.id, change))
    return redirect(_back(offered)[1])
