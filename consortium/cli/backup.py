"""`flask backup …`: save the installation, check what was saved, put it back (バックアップ)."""

from pathlib import Path

import click
from flask import current_app

from consortium.cli.table import aligned
from consortium.clock import CLOCK
from consortium.db import databases
from consortium.db.backup_file import TOKYO, Manifest
from consortium.domain.errors import BadInputError
from consortium.usecases import backups, restoring
from consortium.usecases.restoring import Asked

FAULTS = 1
_APART = "秘密鍵（secret_key）と settings.toml は、バックアップに入りません。別に保管してください。"


@click.group("backup")
def backup_command() -> None:
    """データベースと帳票ファイルを保存し、確かめ、元に戻します。"""


@backup_command.command("create")
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), help="保存する場所")
@click.pass_context
def create(ctx: click.Context, to: Path | None) -> None:
    """バックアップを作成し、読み戻して確かめます。保存日数を過ぎたものは消します。"""
    place = databases.backup_place()
    try:
        made = backups.create(
            place._replace(folder=to or place.folder),
            current_app.config["FILES_DIR"],
            current_app.extensions[CLOCK].now(),
        )
    except OSError as error:
        raise BadInputError(
            "バックアップを作成しようとしました。",
            f"「{to or place.folder}」に書き込めません（{error.strerror}）。",
            "空きのある、書き込める場所を --to で指定してください。",
            path="--to",
        ) from error
    click.echo(f"{made.path} を作成し、読み戻して確かめました。{_content(made.manifest)}")
    click.echo(f"ファイル全体の照合値 {backups.sha256_of(made.path)}")
    click.echo(_APART)
    for name in made.removed:
        click.echo(f"{name} は、保存日数（{place.keep_days}日）を過ぎたので消しました。")
    _tell(
        ctx, [f"ファイル「{place}」がないか、変わっています。" for place in made.manifest.lacking]
    )


@backup_command.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def verify(ctx: click.Context, file: Path) -> None:
    """バックアップの全部の部品と、その中のデータベースを確かめます。相違があれば終了コード1。"""
    path = _named(file)
    manifest, faults = backups.verify(path)
    click.echo(f"{path} は、目録と一致しています。{_content(manifest)}")
    click.echo(f"ファイル全体の照合値 {backups.sha256_of(path)}")
    _tell(ctx, faults)


@backup_command.command("list")
@click.pass_context
def show_list(ctx: click.Context) -> None:
    """バックアップを古い順に並べ、それぞれが読めるかを示します。"""
    folder = databases.backup_place().folder
    found = backups.listed(folder)
    if not found:
        click.echo(f"「{folder}」にバックアップはありません。")
        return
    rows = [("名前", "状態", "データベース", "台帳の先頭", "MB")]
    for each in found:
        rows.append((each.path.name, *_state(each), f"{each.size / 1_000_000:.1f}"))
    for line in aligned(rows, left=4):
        click.echo(line)
    if any(each.manifest is None for each in found):
        ctx.exit(FAULTS)


@backup_command.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="今の状態を残したうえで入れ替える")
@click.option("--upgrade", is_flag=True, help="古い版の表を、今の版に移行する")
@click.option("--accept-faults", is_flag=True, help="台帳の検証に相違があっても戻す")
def restore(file: Path, replace: bool, upgrade: bool, accept_faults: bool) -> None:
    """バックアップの状態に戻します。確かめが済むまで、今の状態は変わりません。"""
    config = current_app.config
    asked = Asked(
        _named(file), config["FILES_DIR"], config["IS_SAMPLE"], replace, upgrade, accept_faults
    )
    done = restoring.restore(asked, current_app.extensions[CLOCK].now())
    click.echo(f"{asked.path.name} の状態に戻しました。{_content(done.manifest)}")
    for place in done.kept:
        click.echo(f"前の状態は {place} に残してあります。確かめてから消してください。")
    for fault in done.faults:
        click.echo(f"（相違）{fault}")
    click.echo(
        "発行を始める前に、各団体の手元にある最も大きい文書番号を調べ、"
        "flask register reconcile --highest 番号 を行ってください。"
    )
    click.echo(_APART)


def _named(file: Path) -> Path:
    """Give the file meant: a path, or the name of one in the folder of backups."""
    inside = databases.backup_place().folder / file
    return inside if not file.exists() and file.name == str(file) else file


def _content(manifest: Manifest) -> str:
    heads = "、".join(f"{each.name} {each.seq}:{each.hash}" for each in manifest.facts.owners)
    rows = sum(each.rows for each in manifest.facts.tables.values())
    made = f"{manifest.made_at.astimezone(TOKYO):%Y-%m-%d %H:%M}"
    return (
        f"作成 {made}、{manifest.kind} {manifest.version}、表の版 {manifest.facts.revision}、"
        f"{len(manifest.facts.tables)}表 {rows:,}行、ファイル {len(manifest.saved)}件。"
        f"台帳の先頭 {heads or 'なし'}"
    )


def _state(each: backups.Listed) -> tuple[str, str, str]:
    if each.manifest is None:
        return "読めません", each.fault, ""
    heads = "、".join(f"{one.seq}:{one.hash[:16]}" for one in each.manifest.facts.owners)
    return "正常", each.manifest.kind, heads


def _tell(ctx: click.Context, faults: list[str]) -> None:
    for fault in faults:
        click.echo(f"（相違）{fault}")
    if faults:
        ctx.exit(FAULTS)
