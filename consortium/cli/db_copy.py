"""`flask db-copy`: from SQLite to PostgreSQL (データベースの移し替え)."""

from pathlib import Path

import click
from flask import current_app

from config import Config
from consortium.cli.table import aligned
from consortium.clock import CLOCK
from consortium.usecases import moving

FAULTS = 1


@click.command("db-copy")
@click.option(
    "--from",
    "source",
    type=click.Path(dir_okay=False, path_type=Path),
    help="SQLite のファイル（既定は instance/consortium.sqlite3）",
)
@click.pass_context
def db_copy_command(ctx: click.Context, source: Path | None) -> None:
    """SQLite の全部の表を、CONSORTIUM_DATABASE_URL の空の PostgreSQL に移します。

    行数・金額・照合値を比べ、一つでも異なれば何も移しません。
    """
    config = current_app.config
    found = source or config["INSTANCE_DIR"] / Config.database_name
    moved = moving.move(found, config["FILES_DIR"], current_app.extensions[CLOCK].now())
    rows = [("表", "行数", "金額（円）", "照合値")]
    rows += [
        (each.name, f"{each.digest.rows:,}", f"{each.yen:,}", each.digest.sha256[:16])
        for each in moved.tables
        if each.digest.rows
    ]
    for line in aligned(rows, left=1):
        click.echo(line)
    count = sum(each.digest.rows for each in moved.tables)
    click.echo(f"{len(moved.tables)}表 {count:,}行を移し、行数・金額・照合値の一致を確かめました。")
    for fault in moved.faults:
        click.echo(f"（相違）{fault}")
    if moved.faults:
        ctx.exit(FAULTS)
