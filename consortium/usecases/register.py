"""The issue register (発行台帳)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from consortium.db.store import members, register_rows, registers, settings
from consortium.db.store.registers import Entry
from consortium.db.unit import Head, audit_head, reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import NotFoundError
from consortium.reports.document import check_code
from consortium.reports.dues import instalment_name
from consortium.reports.names import ARCHIVE, title_of_report
from consortium.reports.wording import STAGES
from consortium.usecases.cancelling import cancellable
from consortium.usecases.viewer import Viewer

__all__ = ["RegisterPage", "check_code", "document_name", "edition_name", "show_register"]


def document_name(entry: Entry) -> str:
    """Name a document as people do (帳票名): 確定通知書, 納入依頼（第1期）."""
    if entry.kind == "statement":
        return STAGES[entry.stage].document
    title = title_of_report(entry.kind)
    return f"{title}（{instalment_name(entry.instalment)}）" if entry.instalment else title


def edition_name(entry: Entry) -> str:
    """Say which edition a document is, and of which stage (段階と版): 変更 第1版.

    What has editions of its own names the stage only as what it rests on: 第2版（変更による）.
    """
    stage, edition = STAGES[entry.stage].label, f"第{entry.edition}版"
    if entry.is_yearly:
        return f"{stage} {edition}"
    return edition if entry.kind == ARCHIVE else f"{edition}（{stage}による）"


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """The documents issued for a fiscal year, and the head of the chain (発行台帳の画面)."""

    years: list[FiscalYear]
    #: None while nothing was issued at all
    year: FiscalYear | None
    entries: list[Entry]
    #: ids of those that the viewer, where the role cancels at all, may cancel (取り消せる文書)
    cancellable: frozenset[str]
    #: 団体コード → name
    names: Mapping[str, str]
    #: the office's own code: its own statement needs no receipt
    lead_code: str
    head: Head
    year_labels: Mapping[int, str]

    @property
    def issues(self) -> list[tuple[Entry, int]]:
        """Give what went out together: a document of each issue, and how many it had (一式)."""
        counts = Counter(each.report_id for each in self.entries if each.kind != ARCHIVE)
        first = {each.report_id: each for each in reversed(self.entries)}
        return [(first[report_id], count) for report_id, count in counts.items()]

    @property
    def has_others_to_cancel(self) -> bool:
        """Say whether a current document is left to another approver (発行した本人)."""
        return any(each.is_current and each.id not in self.cancellable for each in self.entries)


def show_register(viewer: Viewer, year: FiscalYear | None = None) -> RegisterPage:
    """Give the register of a fiscal year, of the newest one if none is named (発行台帳).

    Raises: NotFoundError for a year of which nothing was issued.
    """
    owner = viewer.consortium_id
    with reading() as session:
        years = registers.years_with_entries(session, owner)
        shown = year or (years[-1] if years else None)
        if year is not None and year not in years:
            raise NotFoundError(
                "発行台帳を開こうとしました。",
                "その年度に発行した帳票がありません。",
                "年度を選び直してください。",
            )
        towns = members.members(session, owner)
        office = settings.settings_of(session, owner)
        entries = registers.entries(session, owner, year=shown) if shown else []
        issuers = register_rows.issuers(session, owner, {entry.run_id for entry in entries})
        return RegisterPage(
            years,
            shown,
            entries,
            cancellable(viewer, entries, issuers, allows_own=office.allows_own_approval),
            {town.code: town.name for town in towns},
            next((town.code for town in towns if town.is_lead), ""),
            audit_head(session, owner),
            office.year_labels,
        )
