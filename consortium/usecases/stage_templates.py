"""Stage templates (工程雛形): the versions of a consortium, those shipped, and new versions.

A version is never changed: what is edited becomes the next one, and a plan keeps the version it
was made from. Where a consortium has none of a template yet, the one shipped is taken over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.resources import files
from typing import Final

from consortium.db.store import stage_templates as store
from consortium.db.store.stage_templates import Version
from consortium.db.unit import Unit, reading, writing
from consortium.domain.errors import (
    BadInputError,
    InvalidTransitionError,
    NotFoundError,
    StaleError,
)
from consortium.domain.onboarding.golive import GO_LIVE
from consortium.domain.onboarding.template import (
    COLUMNS,
    TITLES,
    Template,
    in_order,
    read_template,
    write_rows,
)
from consortium.intake.tables import read_table
from consortium.usecases.viewer import Viewer

__all__ = ["COLUMNS", "SHIPPED", "TITLES", "Version"]

_ASKED: Final = "工程雛形を保存しようとしました。"


@dataclass(frozen=True, slots=True)
class Shipped:
    """A template that comes with the product (同梱の雛形)."""

    name: str
    file: str
    source: str


SHIPPED: Final = {
    "join": Shipped(
        "加入工程（標準）",
        "onboarding_template.csv",
        "同梱の標準。1か月を20業務日とし、平成27年4月に本稼働した4市町村の導入（29か月）に合わせた目安。"
        "告示・届出と知事の許可の日数は目安。",
    ),
    "wave": Shipped(
        "業務別移行（波）",
        "wave_template.csv",
        "同梱の標準。データ移行から本稼働までを業務の組ごとに行う。組と組の間（20業務日）は目安。",
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One template with its versions, the newest first (工程雛形の一行)."""

    key: str
    name: str
    source: str
    versions: tuple[Version, ...]

    @property
    def in_use(self) -> Version | None:
        """Give the version new plans are made from; None while only the shipped one is there."""
        return next((each for each in self.versions if not each.is_retired), None)


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two versions in one stage (版の違い)."""

    code: str
    #: (column in words, before, after); empty texts where the stage is new or gone
    changes: tuple[tuple[str, str, str], ...]
    #: added, removed or changed
    kind: str


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """One version as shown (工程雛形の版の画面)."""

    version: Version
    template: Template
    rows: tuple[Mapping[str, str], ...]
    #: every version of the same template, the newest first
    versions: tuple[Version, ...]
    #: the version compared with, None where there is none before
    older: Version | None
    differences: tuple[Difference, ...]

    @property
    def is_newest(self) -> bool:
        """Say whether a new version goes on from it."""
        return self.version == self.versions[0]


@dataclass(frozen=True, slots=True)
class TemplateEntry:
    """What an officer enters for the next version (工程雛形の入力)."""

    #: id of the new version, as the form brought it: sent twice it adds one
    id: str
    name: str
    source: str
    #: lines by the words of COLUMNS
    rows: Sequence[Mapping[str, str]]


# ---- reading -------------------------------------------------------------------------------------


def shipped(key: str) -> Template:
    """Read a template that comes with the product (同梱の雛形). Raises: NotFoundError."""
    if key not in SHIPPED:
        raise NotFoundError(
            "工程雛形を開こうとしました。", f"「{key}」という雛形はありません。",
            "工程雛形の一覧から選び直してください。",
        )  # fmt: skip
    found = SHIPPED[key]
    content = (files("consortium") / "seed" / found.file).read_bytes()
    rows = [row.values for row in read_table(content, found.file, COLUMNS)]
    return read_template(rows, key, found.name, found.source)


def list_templates(viewer: Viewer) -> tuple[Line, ...]:
    """List the templates, those not taken over yet as well (工程雛形の一覧)."""
    with reading() as session:
        stored = store.versions(session, viewer.consortium_id)
    lines = []
    for key, about in SHIPPED.items():
        of_key = tuple(each for each in stored if each.key == key)
        newest = of_key[0] if of_key else about
        lines.append(Line(key, newest.name, newest.source, of_key))
    return tuple(lines)


def show_template(viewer: Viewer, template_id: str, older_id: str = "") -> TemplatePage:
    """Read one version and what it changed against `older_id`, else the version before it.

    Raises: NotFoundError, also for a version of another template to compare with.
    """
    owner = viewer.consortium_id
    with reading() as session:
        template = store.template(session, owner, template_id)
        versions = tuple(
            each for each in store.versions(session, owner) if each.key == template.key
        )
        earlier = [each for each in versions if each.version < template.version]
        older_id = older_id or (earlier[0].id if earlier else "")
        older = None
        differences: tuple[Difference, ...] = ()
        if older_id:
            older = next((each for each in versions if each.id == older_id), None)
            if older is None:
                raise NotFoundError(
                    "工程雛形の版を比べようとしました。", "比べる版が見つかりません。",
                    "版の一覧から選び直してください。",
                )  # fmt: skip
            differences = compare(store.template(session, owner, older_id), template)
    version = next(each for each in versions if each.id == template_id)
    return TemplatePage(version, template, write_rows(template), versions, older, differences)


def compare(old: Template, new: Template) -> tuple[Difference, ...]:
    """Say stage by stage what differs between two versions (版の違い)."""
    before = {row["code"]: row for row in write_rows(old)}
    after = {row["code"]: row for row in write_rows(new)}
    found = []
    for code in dict.fromkeys([*after, *before]):
        was, now = before.get(code, {}), after.get(code, {})
        changes = tuple(
            (TITLES[column], was.get(column, ""), now.get(column, ""))
            for column in COLUMNS[1:]
            if was.get(column, "") != now.get(column, "")
        )
        if changes:
            kind = "added" if not was else "removed" if not now else "changed"
            found.append(Difference(code, changes, kind))
    return tuple(found)


# ---- changing ------------------------------------------------------------------------------------


def ensured(unit: Unit, consortium_id: str, key: str) -> Template:
    """Give the version new plans are made from; the one shipped is saved where none is there.

    Raises: NotFoundError for a template that does not exist.
    """
    found = store.newest(unit.session, consortium_id, key)
    return found or store.add_version(unit, consortium_id, shipped(key))


def add_shipped(unit: Unit, consortium_id: str) -> None:
    """Save every template shipped that a consortium does not have yet (雛形の登録)."""
    stored = {each.key for each in store.versions(unit.session, consortium_id)}
    for key in SHIPPED:
        if key not in stored:
            store.add_version(unit, consortium_id, shipped(key))


def take_shipped(viewer: Viewer, now: datetime) -> None:
    """Take over the templates shipped that are not there yet (同梱の雛形の登録)."""
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(viewer.consortium_id)
        add_shipped(unit, viewer.consortium_id)


def save_version(viewer: Viewer, template_id: str, entry: TemplateEntry, now: datetime) -> Template:
    """Save what was edited as the next version of a template (新しい版).

    Raises: BadInputError at the row, e.g. `rows[3].predecessors`; StaleError where a newer version
    was saved meanwhile; NotFoundError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        versions = store.versions(unit.session, owner)
        if any(each.id == entry.id for each in versions):  # sent twice
            return store.template(unit.session, owner, entry.id)
        old = store.template(unit.session, owner, template_id)
        newest = next(each for each in versions if each.key == old.key)
        if newest.id != old.id:
            raise StaleError(
                _ASKED, f"第{newest.version}版が先に保存されました。",
                "新しい版を開いて、もう一度直してください。",
            )  # fmt: skip
        typed = read_template(entry.rows, old.key, entry.name, entry.source, old.version + 1)
        _check_anchor(typed)
        new = in_order(typed, [task.code for task in old.tasks])
        if (new.name, new.source) == (old.name, old.source) and not compare(old, new):
            raise BadInputError(
                _ASKED, "変わったところがありません。", "直すか、「やめる」で戻ってください。"
            )
        return store.add_version(unit, owner, replace(new, id=entry.id))


def set_retired(viewer: Viewer, template_id: str, now: datetime, *, is_retired: bool) -> Version:
    """Take a version out of use, or into use again (版の使用); one of a template stays in use.

    Raises: InvalidTransitionError for the last one in use; NotFoundError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        found = store.version(unit.session, owner, template_id)
        others = [
            each
            for each in store.versions(unit.session, owner)
            if each.key == found.key and each.id != found.id and not each.is_retired
        ]
        if is_retired and not others:
            raise InvalidTransitionError(
                f"工程雛形「{found.name}」第{found.version}版を使わないことにしようとしました。",
                "使う版がほかにありません。",
                "先に新しい版を作るか、ほかの版を使うことにしてください。",
            )
        store.set_retired(unit, owner, template_id, is_retired=is_retired)
        return store.version(unit.session, owner, template_id)


def _check_anchor(template: Template) -> None:
    for number, task in enumerate(template.tasks):
        if task.code == GO_LIVE:
            if task.days:
                found = f"{GO_LIVE}（本稼働）が{task.days}業務日です。"
                raise _refuse(number, "business_days", found, "節目なので0にしてください。")
            if task.legal_forms:
                found = f"{GO_LIVE}（本稼働）が、一部の法的な形にしかありません。"
                raise _refuse(number, "legal_forms", found, "どの形にもあるようにしてください。")
            return
    raise BadInputError(
        _ASKED,
        f"本稼働（{GO_LIVE}）がありません。",
        f"番号{GO_LIVE}、0業務日の工程を入れてください。",
    )


def _refuse(number: int, column: str, found: str, todo: str) -> BadInputError:
    return BadInputError(_ASKED, found, todo, path=f"rows[{number}].{column}")
