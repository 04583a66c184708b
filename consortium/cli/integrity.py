"""`flask integrity verify`, and the same check when the portal starts (整合性の検証)."""

import logging

import click
from flask import Flask, current_app

from consortium.clock import CLOCK
from consortium.db.errors import BusyError, is_unmade
from consortium.domain.calendar.period import FiscalYear
from consortium.usecases import integrity
from consortium.web.doubt import UNSAVED

FAULTS = 1
_MODE = "数字と帳票を表示せずに起動します。"
log = logging.getLogger(__name__)


@click.group("integrity")
def integrity_command() -> None:
    """保存した記録が、保存した時のままかを確かめます。"""


@integrity_command.command("verify")
@click.pass_context
def verify(ctx: click.Context) -> None:
    """全協議会の記録とファイルを検証し、結果を残します。相違があれば終了コード1。"""
    now = current_app.extensions[CLOCK].now()
    found = integrity.check_all(current_app.config["FILES_DIR"], now, "asked")
    for each in found:
        for fault in each.faults:
            click.echo(fault)
        result = "相違があります。" if each.fault_count else "相違ありません。"
        click.echo(f"{result}{each.summary}（{each.took_ms / 1000:.1f}秒）")
    if not found:
        click.echo("協議会が登録されていません。")
    if any(each.fault_count for each in found):
        ctx.exit(FAULTS)


def check_at_start(app: Flask) -> None:
    """Check the records before anybody sees them; differences are told, the portal starts (起動時).

    It then shows no figures. On a server with checksums of its own, files of earlier years are
    left to the nightly check.
    """
    clock = app.extensions[CLOCK]
    is_sqlite = app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
    since = None if is_sqlite else FiscalYear(FiscalYear.containing(clock.today()).start_year - 1)
    try:
        found = integrity.check_all(app.config["FILES_DIR"], clock.now(), "start", since)
    except Exception as error:
        if isinstance(error, BusyError) or is_unmade(error):
            raise
        # Not even the result could be kept: then this process remembers it.
        log.exception("integrity: the database cannot be checked")
        app.extensions[UNSAVED] = True
        click.echo(f"データベースを検証できません。{_MODE}", err=True)
        return
    faults = [fault for each in found for fault in each.faults]
    for fault in faults[:10]:
        click.echo(fault, err=True)
    if faults:
        click.echo(
            f"保存した時と異なる記録が{len(faults)}件あります。{_MODE}"
            "「稼働状況」の画面か flask integrity verify で確かめてください。",
            err=True,
        )
