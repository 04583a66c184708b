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


class _Japanese(click.Command):
    """Answers a call it does not understand with one Japanese line, exit code 2."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments as usual."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            click.echo(visible(_misunderstood(error)), err=True)
            ctx.exit(_BAD_INPUT)


def _misunderstood(error: click.UsageError) -> str:
    if isinstance(error, click.MissingParameter):
        return (
            "算定ケースのファイルがありません。flask share の後にファイルの名前を書いてください。"
        )
    if isinstance(error, click.NoSuchOption):
        return f"{error.option_name}: 知らない指定です。使える指定は --format と --output です。"
    if isinstance(error, click.BadOptionUsage):
        return f"{error.option_name}: 値がありません。指定の後に値を書いてください。"
    return "--format: この形式は使えません。text か json を書いてください。"


@click.command("share", cls=_Japanese)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--output", type=click.Path(path_type=Path), help="結果を書き込むファイル")
def share_command(files: tuple[Path, ...], form: str, output: Path | None) -> None:
    """算定ケース（YAML・JSON）を計算します。

    終了コードは、0＝正常、1＝expectと相違、2＝入力誤り。
    """
    try:
        outcomes = [_compute(path, alone=len(files) == 1) for path in files]
        if form == "json":
            lines = [json.dumps(as_json(each.result), ensure_ascii=False) for each in outcomes]
        else:
            lines = [line for each in outcomes for line in _text(each)]
        _write("\n".join(lines) + "\n", output)
    except DomainError as error:
        click.echo(visible(str(error)), err=True)
        sys.exit(_BAD_INPUT)
    differing = [each for each in outcomes if any(each.differences())]
    for each in differing:
        for line in _differences(each):
            click.echo(line, err=True)
    sys.exit(_DIFFERENT if differing else 0)


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


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
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
    yield from (f"※ {finding}" for finding in result.findings)
    yield ""
    yield "計算の内訳"
    for party in result.parties:
        yield f"■ {party.name}"
        for entry in result.items:
            yield from render_tree(explain(result, entry.item.no, party.code), depth=1)
    yield ""


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
