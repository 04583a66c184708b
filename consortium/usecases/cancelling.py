"""Cancelling what was issued (発行の取消し): the entry stays, struck, with its reason.

A stage is cancelled as it was issued, all its statements and the 総括表 together; a notice, a
reminder or an archive by itself (docs/adr/0011).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from consortium.db.store import members, register_rows, registers, settings
from consortium.db.store.registers import Entry
from consortium.db.unit import reading, writing
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError, InvalidTransitionError, NotFoundError
from consortium.domain.fiscalyear.run import STAGES
from consortium.usecases import closings
from consortium.usecases.viewer import Viewer

_ASKED = "発行を取り消そうとしました。"


@dataclass(frozen=True, slots=True)
class CancelPage:
    """What is cancelled together, and why it cannot be, if so (発行の取消しの画面)."""

    #: the document that was chosen
    entry: Entry
    #: everything that becomes void with it, itself included, by number
    entries: list[Entry]
    #: why this person cannot cancel it now; empty where it can be
    blocked: str
    #: 団体コード → name
    names: Mapping[str, str]
    year_labels: Mapping[int, str]

    @property
    def title(self) -> str:
        """Name what is cancelled (取り消す文書)."""
        return _title(self.entry, self.year_labels)


def show_cancel(viewer: Viewer, statement_id: str) -> CancelPage:
    """Give what would become void (取消し前の確認).

    Raises: NotFoundError.
    """
    owner = viewer.consortium_id
    with reading() as session:
        entry, together = _together(registers.entries(session, owner), statement_id)
        issuers = register_rows.issuers(session, owner, [entry.run_id])
        office = settings.settings_of(session, owner)
        names = {str(town.code): town.name for town in members.members(session, owner)}
    allows_own, issuer = office.allows_own_approval, issuers.get(entry.number, "")
    refusal = _refusal(entry, issuer, viewer, allows_own=allows_own)
    blocked = "" if refusal is None else f"{refusal.found}{refusal.todo}"
    return CancelPage(entry, together, blocked, names, office.year_labels)


def cancellable(
    viewer: Viewer, entries: list[Entry], issuers: Mapping[int, str], *, allows_own: bool
) -> frozenset[str]:
    """Give the ids of the documents that nothing keeps this person from cancelling (取り消せる)."""
    return frozenset(
        entry.id
        for entry in entries
        if _refusal(entry, issuers.get(entry.number, ""), viewer, allows_own=allows_own) is None
    )


def cancel(viewer: Viewer, statement_id: str, reason: str, now: datetime) -> str:
    """Make a document void, with all that was issued in one with it; give its name (取消し).

    Sent twice by the same person it has one effect. Raises: NotFoundError; BadInputError without
    a reason; ClosedError; InvalidTransitionError for one who issued it, or for a document that is
    no longer current.
    """
    owner, reason = viewer.consortium_id, reason.strip()
    if not reason:
        raise BadInputError(_ASKED, "理由がありません。", "理由を書いてください。", path="reason")
    with writing(viewer.actor(), now, reason=reason) as unit:
        unit.take_turn(owner)
        entry, together = _together(registers.entries(unit.session, owner), statement_id)
        office = settings.settings_of(unit.session, owner)
        title = _title(entry, office.year_labels)
        if _is_done(entry, viewer, reason):
            unit.operational()
            return title
        closings.refuse_closed(unit, owner, entry.year, reason=reason)
        issuers = register_rows.issuers(unit.session, owner, [entry.run_id])
        allows_own, issuer = office.allows_own_approval, issuers.get(entry.number, "")
        refusal = _refusal(entry, issuer, viewer, allows_own=allows_own)
        if refusal is not None:
            raise refusal
        registers.cancel(unit, owner, title, together)
    return title


def _together(entries: list[Entry], statement_id: str) -> tuple[Entry, list[Entry]]:
    chosen = next((entry for entry in entries if entry.id == statement_id), None)
    if chosen is None:
        raise NotFoundError(_ASKED, "見つかりません。", "発行台帳から選び直してください。")
    if not chosen.is_yearly:
        return chosen, [chosen]
    same = [entry for entry in entries if entry.is_yearly and entry.run_id == chosen.run_id]
    return chosen, same


def _is_done(entry: Entry, viewer: Viewer, reason: str) -> bool:
    made = entry.cancelled
    return made is not None and made.by == viewer.name and made.reason == reason


def _refusal(
    entry: Entry, issuer: str, viewer: Viewer, *, allows_own: bool
) -> InvalidTransitionError | None:
    if entry.cancelled is not None:
        return InvalidTransitionError(
            _ASKED, "すでに取り消されています。", "発行台帳で理由を確かめてください。"
        )
    if not entry.is_current:
        return InvalidTransitionError(
            _ASKED, "後の版が発行され、すでに失効しています。", "現行の版を選んでください。"
        )
    if issuer == viewer.user_id and not allows_own:
        return InvalidTransitionError(
            _ASKED, "あなたが発行した文書です。", "別の承認者が取り消してください。"
        )
    return None


def _title(entry: Entry, year_labels: Mapping[int, str]) -> str:
    if entry.is_yearly:
        year = fiscal_year_label(entry.year, year_labels)
        return f"{year} {STAGES[entry.stage]} 第{entry.edition}版"
    return entry.document_number
