"""Two runs beside each other (算定の比較): which ones, who pays what more, what changed before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from consortium.db.store import run_inputs, runs, settings
from consortium.db.store.runs import Run
from consortium.db.unit import reading
from consortium.domain.calendar.wareki import fiscal_year_code, fiscal_year_label
from consortium.domain.errors import NotFoundError
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.sharing.causes import Causes
from consortium.domain.sharing.changed_inputs import BasisChange, RuleChange
from consortium.domain.sharing.compare import Comparison, ItemChange, compare
from consortium.domain.sharing.facts import Series
from consortium.domain.sharing.sentences import number, series_note, yen
from consortium.reports.causes import CausesDocument
from consortium.reports.causes import render as render_causes
from consortium.reports.compared import ComparedRun
from consortium.reports.names import FileLabel, ascii_name, display_name
from consortium.usecases.downloads import Handed
from consortium.usecases.matrix import months_text
from consortium.usecases.statement_facts import causes_of
from consortium.usecases.viewer import Viewer

_NONE = "－"


@dataclass(frozen=True, slots=True)
class ComparingPage:
    """The runs to choose from, and two of them beside each other (算定の比較の画面)."""

    runs: list[Run]
    year_labels: Mapping[int, str]
    #: what was chosen; None until two different runs are
    old: Run | None = None
    new: Run | None = None
    compared: Comparison | None = None
    #: None also where one of them was made before inputs were kept
    causes: Causes | None = None
    #: those of the two that were (入力を残していない算定)
    too_old: tuple[Run, ...] = ()


class ChangedInput(NamedTuple):
    """One line of what changed (変わった前提): kind, matter, before and after."""

    kind: str
    matter: str
    old: str
    new: str


def show_comparison(viewer: Viewer, old_id: str | None, new_id: str | None) -> ComparingPage:
    """Give the runs, and the comparison where two different ones are chosen (算定の比較).

    Raises: NotFoundError for a run that is not the consortium's.
    """
    owner = viewer.consortium_id
    with reading() as session:
        found = runs.list_runs(session, owner)
        labels = settings.settings_of(session, owner).year_labels
        old, new = _chosen(found, old_id), _chosen(found, new_id)
        if old is None or new is None or old.id == new.id:
            return ComparingPage(found, labels, old, new)
        stored = run_inputs.read_stored(session, owner, old.id, new.id)
    compared = compare(*(each.result for each in stored))
    too_old = tuple(
        run for run, kept in zip((old, new), stored, strict=True) if kept.inputs is None
    )
    return ComparingPage(found, labels, old, new, compared, causes_of(*stored), too_old)


def _chosen(found: list[Run], run_id: str | None) -> Run | None:
    if run_id is None:
        return None
    for run in found:
        if run.id == run_id:
            return run
    raise NotFoundError(
        "二つの算定を比べようとしました。",
        "その算定が見つかりません。",
        "一覧から選び直してください。",
    )


def causes_workbook(
    viewer: Viewer, old_id: str | None, new_id: str | None, now: datetime
) -> Handed:
    """Make 要因分解.xlsx of two runs; nothing is stored (要因分解).

    Raises: NotFoundError for a run that is not the consortium's, for one chosen twice, and for one
    made before inputs were kept.
    """
    page = show_comparison(viewer, old_id, new_id)
    if page.old is None or page.new is None or page.causes is None:
        raise NotFoundError(
            "差額の要因分解を受け取ろうとしました。",
            "二つの別の算定が選ばれていないか、入力を残していない算定があります。",
            "「算定の比較」で選び直してください。",
        )
    with reading() as session:
        office = settings.settings_of(session, viewer.consortium_id)
    document = CausesDocument(
        office.is_sample,
        office.name,
        office.office_name,
        now,
        _compared(page, page.old),
        _compared(page, page.new),
        page.causes,
    )
    old, new = document.old, document.new
    since = f"{fiscal_year_code(old.year)}{STAGES[old.stage]}第{old.edition}版から"
    label = FileLabel("causes", new.year, "", since, new.edition, new.stage)
    return Handed(render_causes(document), display_name(label), ascii_name(label))


def _compared(page: ComparingPage, run: Run) -> ComparedRun:
    label = fiscal_year_label(run.year, page.year_labels)
    return ComparedRun(run.year, label, run.stage, run.edition)


def changed_inputs(compared: Comparison, year_labels: Mapping[int, str]) -> list[ChangedInput]:
    """Give in words what of the inputs is different, in the order of a statement (変わった前提)."""
    years = [fiscal_year_label(year, year_labels) for year in compared.years]
    lines = [
        ChangedInput("年度", "対象の年度", *years),
        ChangedInput("団体", "幹事市", *(name or _NONE for name in compared.leads)),
    ]
    lines = [line for line in lines if line.old != line.new]
    lines += [ChangedInput("団体", party.name, _NONE, "加わる") for party in compared.joined]
    lines += [ChangedInput("団体", party.name, "入っていた", "抜ける") for party in compared.left]
    for each in compared.presences:
        old_days, new_days = each.days or (None, None)
        old, new = _months_text(each.old, old_days), _months_text(each.new, new_days)
        lines.append(ChangedInput("参加した月", each.name, old, new))
    for item in compared.items:
        lines += _item_lines(item)
    for basis in compared.bases:
        lines += _basis_lines(basis)
    return lines + [_rule_line(rule) for rule in compared.rules]


def _item_lines(change: ItemChange) -> Iterator[ChangedInput]:
    item, name = change.item, change.item.name
    if change.old_no is not None and change.new_no is not None:
        for field in change.fields:
            yield ChangedInput("費目", f"{name}：{field.name}", field.old, field.new)
        return
    text = f"{yen(item.amount)}（{months_text(item)}）"
    old, new = (text, _NONE) if change.new_no is None else (_NONE, text)
    yield ChangedInput("費目", name, old, new)


def _basis_lines(change: BasisChange) -> Iterator[ChangedInput]:
    notes = [_NONE if series is None else _edition(series) for series in (change.old, change.new)]
    if notes[0] != notes[1]:
        yield ChangedInput("算定基礎", f"{change.label}：版", *notes)
    for value in change.values:
        texts = [_NONE if each is None else number(each) for each in (value.old, value.new)]
        yield ChangedInput("算定基礎", f"{change.label}：{value.name}", *texts)


def _edition(series: Series) -> str:
    """Write which edition was used, always with 見込 or 確定."""
    note = series_note(series)
    return note if "【見込】" in note else f"{note}【{series.certainty}】"


def _rule_line(change: RuleChange) -> ChangedInput:
    names = dict.fromkeys(category or "すべての経費区分" for _, category in change.subjects)
    aspects = f"（{'・'.join(change.aspects)}）" if change.aspects else ""
    texts = ["／".join(notes) or _NONE for notes in (change.old, change.new)]
    return ChangedInput("負担ルール", f"{'、'.join(names)}{aspects}", *texts)


def _months_text(months: tuple[int, ...], days: int | None = None) -> str:
    """Write months of a fiscal year, e.g. 6月〜3月（10か月）, and how many days where they count.

    >>> _months_text((4, 5, 12, 1)), _months_text((6,), 29), _months_text(())
    ('4月〜5月、12月〜1月（4か月）', '6月（1か月、29日）', 'なし')
    """
    if not months:
        return "なし"
    spans: list[list[int]] = []
    for month in months:
        if spans and month == spans[-1][-1] % 12 + 1:
            spans[-1].append(month)
        else:
            spans.append([month])
    texts = [f"{span[0]}月〜{span[-1]}月" if len(span) > 1 else f"{span[0]}月" for span in spans]
    counted = "" if days is None else f"、{days}日"
    return f"{'、'.join(texts)}（{len(months)}か月{counted}）"
