"""`flask audit …`: check the chain of what was done (操作記録)."""

from pathlib import Path

import click

from consortium.db.unit import Head
from consortium.domain.errors import BadInputError
from consortium.usecases import audit_check, register_check

FAULTS = 1


@click.group("audit")
def audit_command() -> None:
    """操作記録を検証します。"""


@audit_command.command("verify")
@click.option(
    "--against", multiple=True, help="発行したブック（.xlsx）か、印字された台帳（番号:照合値）"
)
@click.option("--consortium", help="協議会の略称（複数あるとき）")
@click.pass_context
def verify(ctx: click.Context, against: tuple[str, ...], consortium: str | None) -> None:
    """操作記録の連鎖をすべて計算し直し、印字された台帳と比べます。相違があれば終了コード1。"""
    heads = [head for text in against for head in _heads(text)]
    owners = register_check.owners(consortium)
    if heads:
        register_check.only(owners, "印字された台帳の照合値と比べようとしました。")
    has_faults = False
    for owner in owners:
        checked = audit_check.verify(owner, heads)
        for fault in checked.faults:
            click.echo(fault)
        has_faults = has_faults or bool(checked.faults)
        click.echo(("相違があります。" if checked.faults else "相違ありません。") + checked.summary)
    if has_faults:
        ctx.exit(FAULTS)


def _heads(text: str) -> list[Head]:
    """Read the heads that a workbook prints, or one that was typed."""
    path = Path(text)
    if path.suffix.lower() != ".xlsx":
        return [register_check.read_head(text)]
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInputError(
            f"「{text}」に印字された台帳を読み取ろうとしました。",
            "ファイルを開けません。",
            "ファイルの場所と名前を確かめてください。",
            path="--against",
        ) from error
    return audit_check.heads_in(content)
