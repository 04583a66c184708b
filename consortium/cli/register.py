"""`flask register …`: check the register, write it out for an auditor (発行台帳)."""

from pathlib import Path

import click
from flask import current_app

from consortium import scheduler
from consortium.cli.portal import portal
from consortium.domain.errors import BadInputError
from consortium.usecases import reconciling, register_check

FAULTS = 1


@click.group("register")
def register_command() -> None:
    """発行台帳を検証し、書き出します。"""


@register_command.command("verify")
@click.option("--against", multiple=True, help="文書に印字された台帳（番号:照合値、16桁以上）")
@click.option("--consortium", help="協議会の略称（複数あるとき）")
@click.pass_context
def verify(ctx: click.Context, against: tuple[str, ...], consortium: str | None) -> None:
    """操作記録の連鎖、台帳の各行、算定結果、保存ファイルを確かめます。相違があれば終了コード1。"""
    heads = [register_check.read_head(text) for text in against]
    owners = register_check.owners(consortium)
    if heads:
        register_check.only(owners, "印字された台帳の照合値と比べようとしました。")
    faults = 0
    for owner in owners:
        checked = register_check.verify(owner, current_app.config["FILES_DIR"], heads)
        for fault in checked.faults:
            click.echo(fault)
        faults += len(checked.faults)
        click.echo(("相違があります。" if checked.faults else "相違ありません。") + checked.summary)
    if faults:
        ctx.exit(FAULTS)


@register_command.command("export")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--consortium", help="協議会の略称（複数あるとき）")
def export(target: Path, consortium: str | None) -> None:
    """台帳と操作記録を1つのファイルに書き出し、検証プログラムを並べて置きます。"""
    owners = register_check.owners(consortium)
    owner = register_check.only(owners, "発行台帳を書き出そうとしました。")
    beside = target.with_name(register_check.VERIFIER)
    try:
        target.write_bytes(register_check.export_of(owner))
        beside.write_bytes(register_check.verifier())
    except OSError as error:
        raise BadInputError(
            "発行台帳を書き出そうとしました。",
            f"「{target}」に書き込めません（{error.strerror}）。",
            "書き込める場所を指定してください。",
            path="FILE",
        ) from error
    click.echo(f"{target} に書き出しました。検証: python3 {beside} {target}")


@register_command.command("reconcile")
@click.option(
    "--highest",
    required=True,
    type=click.IntRange(min=0),
    help="各団体の手元にある最も大きい文書番号（一つもなければ0）",
)
@click.option(
    "--files",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="復元の前の帳票の場所、各団体から集めた写しなど",
)
@click.option("--consortium", help="協議会の略称（複数あるとき）")
def reconcile(highest: int, files: tuple[Path, ...], consortium: str | None) -> None:
    """復元したあとに、外に出た文書と台帳を照合し、同じ番号を二度使わないようにします。"""
    owners = register_check.owners(consortium)
    owner = register_check.only(owners, "台帳を照合しようとしました。")
    app = portal()
    found = reconciling.reconcile(owner, scheduler.worker_of(app), files, highest)
    for line in found.lines:
        click.echo(line)
    click.echo(
        f"調べたファイル {found.read}件、引き取った文書 {found.taken}件、"
        f"台帳にない文書 {found.lost}件。次の文書番号は第{found.next_number}号です。"
    )
