"""Stage templates and their versions (工程雛形); a version that is saved is never changed."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from consortium.db import models
from consortium.db.unit import Unit
from consortium.domain.errors import NotFoundError
from consortium.domain.onboarding.network import Link
from consortium.domain.onboarding.template import Template, TemplateTask, write_rows


@dataclass(frozen=True, slots=True)
class Version:
    """One saved version, without its stages (工程雛形の版)."""

    id: str
    key: str
    version: int
    name: str
    source: str
    saved_at: datetime
    saved_by: str
    #: no new plan is made from it (使わない版)
    is_retired: bool


def versions(session: Session, consortium_id: str) -> tuple[Version, ...]:
    """List every version, by template, the newest first (版の一覧)."""
    table = models.StageTemplate
    rows = session.scalars(
        select(table)
        .where(table.consortium_id == consortium_id)
        .order_by(table.key, table.version.desc())
    )
    return tuple(_version(row) for row in rows)


def version(session: Session, consortium_id: str, template_id: str) -> Version:
    """Give one version without its stages (版). Raises: NotFoundError."""
    return _version(_row(session, consortium_id, template_id))


def template(session: Session, consortium_id: str, template_id: str) -> Template:
    """Give one version with its stages and links (雛形の版). Raises: NotFoundError."""
    return _template(session, _row(session, consortium_id, template_id))


def newest(session: Session, consortium_id: str, key: str) -> Template | None:
    """Give the newest version that new plans may be made from; None without one (最新の版)."""
    table = models.StageTemplate
    row = session.scalar(
        select(table)
        .where(table.consortium_id == consortium_id, table.key == key, ~table.is_retired)
        .order_by(table.version.desc())
        .limit(1)
    )
    return None if row is None else _template(session, row)


def _template(session: Session, row: models.StageTemplate) -> Template:
    stages, links = models.TemplateTask, models.TemplateLink
    of_stages = select(stages).where(stages.template_id == row.id).order_by(stages.position)
    tasks = tuple(_task(each) for each in session.scalars(of_stages))
    place = {task.code: at for at, task in enumerate(tasks)}
    found = [
        Link(each.before, each.after, each.type, each.lag)
        for each in session.scalars(select(links).where(links.template_id == row.id))
    ]
    found.sort(key=lambda link: (place[link.after], place[link.before], link.type))
    return Template(row.key, row.version, row.name, row.source, tasks, tuple(found), row.id)


def _row(session: Session, consortium_id: str, template_id: str) -> models.StageTemplate:
    table = models.StageTemplate
    row = session.scalar(
        select(table).where(table.consortium_id == consortium_id, table.id == template_id)
    )
    if row is None:
        raise NotFoundError(
            "工程雛形を開こうとしました。", "見つかりません。",
            "工程雛形の一覧から選び直してください。",
        )  # fmt: skip
    return row


def _version(row: models.StageTemplate) -> Version:
    return Version(
        row.id, row.key, row.version, row.name, row.source, row.saved_at, row.saved_by,
        row.is_retired,
    )  # fmt: skip


def _task(row: models.TemplateTask) -> TemplateTask:
    return TemplateTask(
        row.code, row.name, row.phase, row.days, row.owner, row.evidence, row.window_kind,
        row.steps, row.wave, tuple(row.legal_forms.split()),
    )  # fmt: skip


# ---- changes -------------------------------------------------------------------------------------


def add_version(unit: Unit, consortium_id: str, new: Template) -> Template:
    """Save a new version with its stages and links, and give it with its id (版の登録)."""
    saved = replace(new, id=new.id or str(uuid4()))
    unit.session.add(
        models.StageTemplate(
            id=saved.id, consortium_id=consortium_id, key=new.key, version=new.version,
            name=new.name, source=new.source, saved_at=unit.now, saved_by=unit.actor.name,
            is_retired=False,
        )
    )  # fmt: skip
    unit.session.flush()
    unit.session.add_all(_task_rows(consortium_id, saved))
    unit.session.add_all(
        models.TemplateLink(
            id=str(uuid4()), consortium_id=consortium_id, template_id=saved.id,
            before=link.before, after=link.after, type=link.type, lag=link.lag,
        )
        for link in saved.links
    )  # fmt: skip
    unit.session.flush()
    unit.record(
        consortium_id, "stage_template.create", "stage_template", saved.id,
        f"工程雛形「{new.name}」第{new.version}版の登録",
        None, {"根拠": new.source, "工程": [list(row.values()) for row in write_rows(new)]},
    )  # fmt: skip
    return saved


def _task_rows(consortium_id: str, saved: Template) -> list[models.TemplateTask]:
    return [
        models.TemplateTask(
            id=str(uuid4()), consortium_id=consortium_id, template_id=saved.id, position=position,
            code=task.code, name=task.name, phase=task.phase, days=task.days, owner=task.owner,
            evidence=task.evidence, window_kind=task.window_kind, steps=task.steps,
            wave=task.wave, legal_forms=" ".join(task.legal_forms),
        )
        for position, task in enumerate(saved.tasks, start=1)
    ]  # fmt: skip


def set_retired(unit: Unit, consortium_id: str, template_id: str, *, is_retired: bool) -> None:
    """Take a version out of use, or into use again (版の使用); nothing where it is so already.

    Raises: NotFoundError.
    """
    row = _row(unit.session, consortium_id, template_id)
    if row.is_retired == is_retired:
        return
    row.is_retired = is_retired
    unit.session.flush()
    words = {False: "使う", True: "使わない"}
    unit.record(
        consortium_id, "stage_template.change", "stage_template", row.id,
        f"工程雛形「{row.name}」第{row.version}版の使用",
        {"使用": words[not is_retired]}, {"使用": words[is_retired]},
    )  # fmt: skip
