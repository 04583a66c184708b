"""Registering a whole consortium from one workbook, and writing the same out (一括登録)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from consortium.db.store import members
from consortium.db.store import settings as settings_store
from consortium.db.unit import Actor, Unit, reading, together
from consortium.domain.canonical import sha256_hex
from consortium.domain.errors import BadInputError, InvalidTransitionError, StaleError
from consortium.domain.registration.form import Content, Record
from consortium.domain.registration.tables import TABLES
from consortium.intake.registration import Upload, read_registration
from consortium.intake.sheet_table import Finding, Findings
from consortium.reports import registration as report
from consortium.reports.names import file_name
from consortium.usecases import accounts, settings
from consortium.usecases.closings import today_of
from consortium.usecases.consortia import NewConsortium, create_consortium
from consortium.usecases.registration_compare import Comparison, compare
from consortium.usecases.registration_costs import register_costs
from consortium.usecases.registration_desk import Desk
from consortium.usecases.registration_people import register_people
from consortium.usecases.registration_rows import rows_of
from consortium.usecases.viewer import Viewer

REASON: Final = "一括登録"
TITLE: Final = report.TITLE
LARGEST_FILE: Final = 5 * 1024 * 1024

_NOTHING: Final[Content] = {key: () for key in TABLES}


class _UndoneError(Exception):
    """Something was refused: nothing of the workbook is saved."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a registration did, or would do (一括登録の結果)."""

    findings: Findings
    comparison: Comparison
    #: mark of the file, so that nothing else is registered than was looked at
    seen: str
    #: name of the consortium, as the workbook says
    name: str = ""
    is_saved: bool = False
    #: of the first user, shown once
    password: str = ""

    @property
    def faults(self) -> tuple[Finding, ...]:
        """Give everything that is wrong (誤り)."""
        return tuple(self.findings.faults)

    @property
    def is_right(self) -> bool:
        """Say whether the workbook can be registered (登録できるか)."""
        return not self.findings.has_faults


def create(new: NewConsortium, admin: accounts.NewAccount, now: datetime) -> str:
    """Create a consortium without towns and its first user; give the password (協議会の登録).

    Raises: BadInputError, DuplicateError for a login that is taken.
    """
    with together(accounts.COMMAND, now, "協議会の登録"):
        create_consortium(new, now)
        return accounts.create_account(admin, now)


# ---- a new consortium ----------------------------------------------------------------------------


def register(
    data: bytes,
    admin: accounts.NewAccount | None,
    now: datetime,
    actor: Actor = accounts.COMMAND,
    *,
    is_trial: bool = False,
) -> Outcome:
    """Register a consortium that is not there yet, with its first user (協議会の一括登録).

    All or nothing; a trial (下見) saves nothing. Raises: BadInputError for a file that is no
    workbook, DuplicateError for a login that is taken.
    """
    upload = read_registration(data)
    password = ""
    with _undone(upload), together(actor, now, REASON, is_trial=is_trial) as unit:
        desk = _opened(upload, unit, now, actor)
        if desk is not None:
            _fill(desk)
        if upload.findings.has_faults:
            raise _UndoneError
        if admin is not None:
            key = str(upload.content["consortium"][0]["key"])
            password = accounts.create_account(replace(admin, consortium_key=key), now, actor)
    is_saved = not (is_trial or upload.findings.has_faults)
    return _outcome(data, upload, _NOTHING, is_saved=is_saved, password=password)


def _opened(upload: Upload, unit: Unit, now: datetime, actor: Actor) -> Desk | None:
    """Create the consortium that the workbook names; None where it cannot be created."""
    row = _only_row(upload)
    if row is None:
        return None
    new = NewConsortium(row.text("key"), _settings_entry(row), bool(row["is_sample"]))
    try:
        viewer = create_consortium(new, now, actor)
    except BadInputError as error:
        column = {"office_name": "office"}.get(error.path, error.path)
        upload.fault("consortium", row.number, column, error.found, error.todo)
        return None
    return Desk(upload, viewer, now, today_of(now), unit)


def _only_row(upload: Upload) -> Record | None:
    rows = upload.content.get("consortium", ())
    if len(rows) != 1:
        if "consortium" not in upload.faulty:
            found = f"協議会の行が{len(rows)}行あります。"
            upload.fault("consortium", 0, "", found, "1行だけ書いてください。")
        return None
    return rows[0]


def _settings_entry(row: Record) -> settings.Entry:
    return settings.Entry(
        row.text("name"),
        row.text("office"),
        bool(row["shows_others"]),
        row.text("label_2019"),
        row.text("usd_mode"),
        bool(row["own_approval"]),
    )


def _fill(desk: Desk) -> None:
    """Register every sheet; what is wrong stands in the findings then."""
    register_people(desk)
    register_costs(desk)


@contextmanager
def _undone(upload: Upload) -> Iterator[None]:
    try:
        yield
    except _UndoneError:
        upload.content.setdefault("consortium", ())


def _outcome(
    data: bytes, upload: Upload, registered: Content, *, is_saved: bool = False, password: str = ""
) -> Outcome:
    content = {key: upload.content.get(key, ()) for key in TABLES}
    names = [row.text("name") for row in content["consortium"]]
    return Outcome(
        upload.findings,
        compare(registered, content),
        sha256_hex(data),
        names[0] if names else "",
        is_saved,
        password,
    )


# ---- a consortium that was created empty ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegistrationPage:
    """What the page 一括登録 offers (一括登録の画面)."""

    #: no town yet: a workbook may be registered; otherwise it can only be checked
    is_empty: bool
    towns: int


def show_page(viewer: Viewer) -> RegistrationPage:
    """Say what the page can do (一括登録の画面)."""
    with reading() as session:
        towns = len(members.members(session, viewer.consortium_id))
    return RegistrationPage(towns == 0, towns)


def look(viewer: Viewer, data: bytes, now: datetime) -> Outcome:
    """Say what a workbook would register, or how it differs from what is there (下見・照合)."""
    upload = read_registration(data)
    with reading() as session:
        registered = rows_of(session, viewer.consortium_id)
        is_empty = not members.members(session, viewer.consortium_id)
    if is_empty:
        _fill_existing(viewer, upload, now, is_trial=True)
    return _outcome(data, upload, registered)


def take_in(viewer: Viewer, data: bytes, seen: str, now: datetime) -> Outcome:
    """Register a workbook that was looked at (一括登録の実行).

    Raises: InvalidTransitionError once there is a town, StaleError for another file than the one
    looked at.
    """
    if sha256_hex(data) != seen:
        raise StaleError(
            "一括登録を行おうとしました。",
            "下見したファイルと違います。",
            "もう一度選んでください。",
        )
    upload = read_registration(data)
    is_saved = _fill_existing(viewer, upload, now, is_trial=False)
    return _outcome(data, upload, _NOTHING, is_saved=is_saved)


def _fill_existing(viewer: Viewer, upload: Upload, now: datetime, *, is_trial: bool) -> bool:
    owner = viewer.consortium_id
    with _undone(upload), together(viewer.actor(), now, REASON, is_trial=is_trial) as unit:
        unit.take_turn(owner)
        if members.members(unit.session, owner):
            raise InvalidTransitionError(
                "一括登録を行おうとしました。",
                "この協議会には、もう構成団体が登録されています。",
                "変更は、それぞれの画面で行ってください。",
            )
        desk = Desk(upload, viewer, now, today_of(now), unit)
        _take_settings(desk)
        _fill(desk)
        if upload.findings.has_faults:
            raise _UndoneError
    return not upload.findings.has_faults and not is_trial


def _take_settings(desk: Desk) -> None:
    row = _only_row(desk.upload)
    if row is None:
        return
    with desk.at("consortium", row, {"office_name": "office"}):
        old = settings.show_settings(desk.viewer)
        for key, present in (("key", old.key), ("is_sample", old.is_sample)):
            if row[key] != present:
                shown = present if key == "key" else ("はい" if present else "いいえ")
                found = f"この協議会は「{shown}」として作られています。"
                todo = f"「{shown}」にするか、管理コマンドで別の協議会を登録してください。"
                raise BadInputError("協議会の行を読みました。", found, todo, path=key)
        settings.change_settings(desk.viewer, old.row_version, _settings_entry(row), desk.now)


# ---- writing out ---------------------------------------------------------------------------------


def export(consortium_id: str) -> tuple[str, bytes]:
    """Give the workbook of what is registered, with its file name (登録内容の書き出し)."""
    with reading() as session:
        content = rows_of(session, consortium_id)
        found = settings_store.settings_of(session, consortium_id)
    name = file_name(f"{TITLE}_{found.name}", ".xlsx")
    return name, report.render(content, found.office_name)


def template() -> tuple[str, bytes]:
    """Give the empty form with the page that explains it (様式)."""
    return f"{TITLE}_様式.xlsx", report.render({})
