"""Cases of the simulator that officers keep (算定ケースの保存): own ones and shared ones."""

from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from consortium.db.store import cases as store
from consortium.db.store.cases import SavedCase as SavedCase
from consortium.db.unit import Unit, reading, writing
from consortium.domain.canonical import sha256_hex
from consortium.domain.errors import BadInputError, InvalidTransitionError
from consortium.usecases.cases import compute
from consortium.usecases.viewer import Viewer

#: Longer texts are not kept; a case of sixty towns has some ten thousand characters.
MOST_CHARACTERS = 200_000


def sees(viewer: Viewer) -> str | None:
    """Give whose private cases a viewer sees: one's own; the auditor sees all (None)."""
    return None if viewer.role == "auditor" else viewer.user_id


def may_change(viewer: Viewer, case: SavedCase) -> bool:
    """Say whether a viewer may rename and delete a case: who saved it, and the lead_admin."""
    return viewer.role != "auditor" and (
        case.owner_id == viewer.user_id or viewer.role == "lead_admin"
    )


def keep_case(  # noqa: PLR0913 -- what is kept, under which name, for whom, by whom and when
    viewer: Viewer, text: str, name: str, *, is_shared: bool, now: datetime, case_id: str = ""
) -> SavedCase:
    """Keep a case file under a name (算定ケースの保存).

    A form sent again with its `case_id` (二度押し) gives what was saved the first time.
    Raises: BadInputError naming the key for a text that is no case.
    """
    _refuse_long(text)
    year = compute(text.encode()).case.fiscal_year
    new = SavedCase(
        case_id or str(uuid4()), name, viewer.user_id, viewer.name, year,
        text, sha256_hex(text), is_shared, now, now,
    )  # fmt: skip
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(viewer.consortium_id)
        if saved := store.find_case(unit.session, viewer.consortium_id, new.id):
            _refuse_another(saved, new)
            return saved
        store.add_case(unit, viewer.consortium_id, new)
    return new


def _refuse_long(text: str) -> None:
    if len(text) > MOST_CHARACTERS:
        raise BadInputError(
            "算定ケースを保存しようとしました。",
            f"{len(text):,}文字です。",
            f"保存できるのは{MOST_CHARACTERS:,}文字までです。ファイルのまま保管してください。",
            path="name",
        )


def _refuse_another(saved: SavedCase, new: SavedCase) -> None:
    if (saved.owner_id, saved.name, saved.text) != (new.owner_id, new.name, new.text):
        raise BadInputError(
            "算定ケースを保存しようとしました。",
            f"この入力画面からは「{saved.name}」がもう保存されています。",
            "画面を開き直して、もう一度保存してください。",
            path="name",
        )


def show_case(viewer: Viewer, case_id: str) -> SavedCase:
    """Read a saved case (保存した算定ケース).

    Raises: NotFoundError, for another officer's private case as well.
    """
    with reading() as session:
        return store.saved_case(session, viewer.consortium_id, sees(viewer), case_id)


def change_case(  # noqa: PLR0913 -- what becomes of which case as seen, by whom and when
    viewer: Viewer, case_id: str, seen_version: int, name: str, *, is_shared: bool, now: datetime
) -> SavedCase:
    """Rename a case or change who sees it (名前・共有の変更).

    Raises: StaleError, NotFoundError, InvalidTransitionError for somebody else's case.
    """
    with writing(viewer.actor(), now) as unit:
        old = _own(unit, viewer, case_id)
        new = replace(old, name=name, is_shared=is_shared, updated_at=now)
        store.save_case(unit, viewer.consortium_id, replace(old, row_version=seen_version), new)
    return new


def remove_case(
    viewer: Viewer, case_id: str, seen_version: int, reason: str, now: datetime
) -> SavedCase:
    """Delete a case; the chain keeps why (算定ケースの削除).

    Raises: BadInputError without a reason, StaleError, NotFoundError, InvalidTransitionError.
    """
    if not reason.strip():
        raise BadInputError(
            "算定ケースを削除しようとしました。",
            "理由が書かれていません。",
            "理由を入力してください。",
            path="reason",
        )
    with writing(viewer.actor(), now, reason=reason) as unit:
        old = _own(unit, viewer, case_id)
        store.remove_case(unit, viewer.consortium_id, replace(old, row_version=seen_version))
    return old


def _own(unit: Unit, viewer: Viewer, case_id: str) -> SavedCase:
    case = store.saved_case(unit.session, viewer.consortium_id, sees(viewer), case_id)
    if not may_change(viewer, case):
        raise InvalidTransitionError(
            f"算定ケース「{case.name}」を変更しようとしました。",
            f"{case.owner_name}さんが保存したものです。",
            "本人か管理者に依頼するか、自分の名前で保存し直してください。",
        )
    return case
