"""`flask share`: compute case files (算定ケース) without database, key or configuration."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from consortium.cli.table import aligned
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError, DomainError
from consortium.domain.sharing.explanation import explain
from consortium.domain.sharing.sentences import render_tree, yen
from consortium.intake.keys import visible
from consortium.usecases.cases import Outcome, as_json, compute

_DIFFERENT, _BAD_INPUT = 1, 2


@click.command("share")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="ケースのファイル..."
)
@click.option("--format", "form", type=click.Choice(["text", "json", "xlsx"]), default="text")
@click.option("--output", type=click.Path(path_type=Path), help="結果を書き込むファイル")
def share_command(files: tuple[Path, ...], form: str, output: Path | None) -> None:
    """算定ケース（YAML・JSON）を計算します。

    終了コードは、0＝正常、1＝expectと相違、2＝入力誤り。
    """
    try:
        if form == "xlsx":
            _refuse_workbook(files, output)
        outcomes = [_compute(path, alone=len(files) == 1) for path in files]
        _write(_content(outcomes, form), output)
    except DomainError as error:
        click.echo(visible(str(error)), err=True)
        sys.exit(_BAD_INPUT)
    differing = [each for each in outcomes if any(each.differences())]
    for each in differing:
        for line in _differences(each):
            click.echo(line, err=True)
    sys.exit(_DIFFERENT if differing else 0)


def _refuse_workbook(files: tuple[Path, ...], output: Path | None) -> None:
    """Refuse what cannot become one workbook in one file."""
    if output is None:
        raise BadInputError(
            "ブック（xlsx）を作ろうとしました。",
            "書き込むファイルが指定されていません。画面には出せません。",
            "--output 結果.xlsx のように、ファイルの名前を書いてください。",
            path="--output",
        )
    if len(files) > 1:
        raise BadInputError(
            "ブック（xlsx）を作ろうとしました。",
            f"算定ケースのファイルが {len(files)} つあります。",
            "ブックは一度に一つです。ファイルごとに分けて実行してください。",
            path="--format",
        )


def _content(outcomes: list[Outcome], form: str) -> str | bytes:
    """Give the answer in the form asked for."""
    if form == "xlsx":
        # Loaded only now: the other forms need none of it.
        from consortium.reports.case_book import render_case

        (outcome,) = outcomes
        return render_case(outcome.result, outcome.case.name, outcome.case.instalments)
    if form == "json":
        lines = [_json_line(each) for each in outcomes]
    else:
        lines = [line for each in outcomes for line in _text(each)]
    return "\n".join(lines) + "\n"


def _json_line(outcome: Outcome) -> str:
    answer = as_json(outcome.result, outcome.case.instalments)
    return json.dumps(answer, ensure_ascii=False)


def _compute(path: Path, *, alone: bool) -> Outcome:
    """Compute one file; with several files a refusal names the file, too."""
    try:
        content = path.read_bytes()
    except OSError:
        raise BadInputError(
            f"算定ケース「{path}」を開こうとしました。",
            "ファイルがないか、読めません。",
            "ファイルの場所と名前を確認してください。",
        ) from None
    try:
        return compute(content)
    except DomainError as error:
        if alone:
            raise
        raise BadInputError(f"{path}: ", str(error), "") from None


def _write(content: str | bytes, output: Path | None) -> None:
    if output is None:
        click.echo(content, nl=False)
        return
    try:
        if isinstance(content, bytes):
            output.write_bytes(content)
        else:
            output.write_text(content, encoding="utf-8")
    except OSError:
        raise BadInputError(
            f"結果を「{output}」に書き込もうとしました。",
            "書き込めません。",
            "フォルダーがあるか、書き込みが許されているかを確認してください。",
            path="--output",
        ) from None


def _text(outcome: Outcome) -> Iterator[str]:
    """Write a case as a table: members, items and totals; then why."""
    case, result = outcome
    if case.name:
        yield case.name
    yield f"{fiscal_year_label(result.fiscal_year)}　（単位：円）"
    rows = [["団体コード", "団体", *(entry.item.name for entry in result.items), "負担額"]]
    for position, party in enumerate(result.parties):
        cells = [_plain(row[position]) for row in result.matrix]
        rows.append([party.code, party.name, *cells, _plain(result.amounts[position])])
    sums = [_plain(sum(row)) for row in result.matrix]
    rows.append(["", "合計", *sums, _plain(sum(result.amounts))])
    yield from aligned(rows, left=2)
    if result.unallocated:
        yield f"端数差額　{yen(result.unallocated)}（合計 {yen(result.total)}）"
    yield from _reference(outcome)
    yield from _instalments(outcome)
    yield from (f"※ {finding.text}" for finding in result.findings)
    yield ""
    yield "計算の内訳"
    for party in result.parties:
        yield f"■ {party.name}"
        for entry in result.items:
            yield from render_tree(explain(result, entry.item.no, party.code), depth=1)
    yield ""


def _reference(outcome: Outcome) -> Iterator[str]:
    """Write what stays beside the amounts: 交付税措置 and 実質負担 (参考)."""
    result = outcome.result
    if not result.beside:
        return
    yield ""
    yield "実質負担（参考）"
    rows = [["団体コード", "団体", *(each.name for each in result.beside), "実質負担"]]
    for position, (party, amount) in enumerate(zip(result.parties, result.amounts, strict=True)):
        relief = [each.amounts[position] for each in result.beside]
        cells = [_plain(yen) for yen in (*relief, amount - sum(relief))]
        rows.append([party.code, party.name, *cells])
    yield from aligned(rows, left=2)


def _instalments(outcome: Outcome) -> Iterator[str]:
    """Write how the amounts are cut into instalments (期別納付)."""
    plan, result = outcome.case.instalments, outcome.result
    if plan is None:
        return
    yield ""
    yield "期別納付"
    names = [f"第{number}期" for number in range(1, len(plan.percents) + 2)]
    rows = [["団体コード", "団体", *names]]
    for party, amount in zip(result.parties, result.amounts, strict=True):
        rows.append([party.code, party.name, *(_plain(part) for part in plan.cut(amount))])
    yield from aligned(rows, left=2)


def _differences(outcome: Outcome) -> Iterator[str]:
    """Write the table of differences from `expect`."""
    yield f"「{outcome.case.name or '算定ケース'}」の結果が expect と違います。（単位：円）"
    rows = [["団体コード", "団体", "expect", "計算結果", "差"]]
    for each in outcome.differences():
        difference = each.computed - each.expected
        amounts = [_plain(n) for n in (each.expected, each.computed, difference)]
        rows.append([each.code, each.name, *amounts])
    yield from aligned(rows, left=2)


def _plain(amount: int) -> str:
    return yen(amount).removesuffix("円")
