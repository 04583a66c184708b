"""基礎数値様式: the form of a round as a workbook, and what was written into one (様式の往復).

Reading saves nothing. What was read fills in the page of the hand-in, where somebody looks at it
beside the earlier figures and hands it in, with every check of `base_figures.hand_in`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from consortium.db.store import settings as settings_store
from consortium.db.store.members import Member
from consortium.db.unit import reading
from consortium.domain.calendar.wareki import fiscal_year_code, fiscal_year_label
from consortium.intake.figure_sheet import Expected, FilledForm, read_figures
from consortium.intake.prescan import MOST_BYTES
from consortium.reports.figure_form import FigureForm, FigureRow, render, unit_of
from consortium.reports.names import file_name
from consortium.usecases.base_figures import Asked, Figure, show_hand_in
from consortium.usecases.base_rounds import show_round
from consortium.usecases.downloads import Handed
from consortium.usecases.viewer import Viewer

#: The largest form that is read.
LARGEST: Final = MOST_BYTES


@dataclass(frozen=True, slots=True)
class ReadForm:
    """What a file says, before anything is handed in (様式の下見)."""

    figures: Mapping[str, Figure]
    #: 出典 and 備考 of the form, as the remark of the hand-in
    note: str = ""
    notices: tuple[str, ...] = ()
    #: with one of these there are no figures
    faults: tuple[str, ...] = ()


def edition_of(asked: Asked) -> str:
    """Name the edition that the figures go into (版)."""
    return f"{fiscal_year_label(asked.round.year, asked.year_labels)}の提出"


def form_of_round(viewer: Viewer, round_id: str) -> Handed:
    """Give the form with the rows of every town, for the lead city (全団体の様式).

    Raises: NotFoundError.
    """
    asked = show_round(viewer, round_id)
    return _form(viewer, asked, asked.towns)


def form_of_town(viewer: Viewer, round_id: str, code: str) -> Handed:
    """Give the form of one town; a town its own only (団体の様式).

    Raises: NotFoundError.
    """
    asked, town = show_hand_in(viewer, round_id, code)
    return _form(viewer, asked, [town])


def _form(viewer: Viewer, asked: Asked, towns: Sequence[Member]) -> Handed:
    with reading() as session:
        office = settings_store.settings_of(session, viewer.consortium_id)
    found, alone = asked.round, towns[0] if len(towns) == 1 else None
    form = FigureForm(
        office.office_name,
        fiscal_year_label(found.year, asked.year_labels),
        found.reference_on,
        found.due_on,
        edition_of(asked),
        found.opened_at,
        [row for town in towns for row in _rows(asked, town)],
        office.is_sample,
    )
    whose = [alone.code, alone.name] if alone else ["全団体"]
    name = "_".join([fiscal_year_code(found.year), "基礎数値様式", *whose])
    plain = "_".join(["base_figures", f"FY{found.year.start_year}", alone.code if alone else "all"])
    return Handed(render(form), file_name(name, ".xlsx"), f"{plain}.xlsx")


def _rows(asked: Asked, town: Member) -> list[FigureRow]:
    """Give a town's rows, with what it handed in already."""
    latest = asked.round.latest(town.code)
    rows = []
    for key, label in asked.round.series.items():
        figure = latest.figures.get(key) if latest else None
        value, certainty = (figure.value, figure.certainty) if figure else (None, "")
        rows.append(FigureRow(town.code, town.name, label, value, certainty))
    return rows


def read_form(viewer: Viewer, round_id: str, code: str, content: bytes) -> ReadForm:
    """Read a filled form for a town; nothing is saved (様式の読取り).

    Raises: NotFoundError, see `show_hand_in`; BadInputError at `file` for what is no such form.
    """
    asked, town = show_hand_in(viewer, round_id, code)
    labels = asked.round.series
    expected = Expected(
        fiscal_year_label(asked.round.year, asked.year_labels),
        town.code,
        town.name,
        asked.round.reference_on,
        edition_of(asked),
        {label: key for key, label in labels.items()},
        {key: unit_of(label) for key, label in labels.items()},
        {each.code: each.name for each in asked.towns if each.code != code},
        may_hold_others=not viewer.is_member,
    )
    found = read_figures(content, expected)
    if found.faults:
        return ReadForm({}, faults=found.faults)
    figures = {key: Figure(each.value, each.certainty) for key, each in found.figures.items()}
    notices = found.notices
    if found.left:
        notices += (f"ほかの団体の{found.left}行は読みませんでした。",)
    return ReadForm(figures, _note(asked, found), notices)


def _note(asked: Asked, found: FilledForm) -> str:
    """Join 出典 and 備考 of the rows: a hand-in has one remark (備考)."""
    said = []
    for key, label in asked.round.series.items():
        figure = found.figures[key]
        source = f"出典 {figure.source}" if figure.source else ""
        parts = [part for part in (source, figure.note) if part]
        if parts:
            said.append(f"{label}：{'、'.join(parts)}")
    return "／".join(said)
