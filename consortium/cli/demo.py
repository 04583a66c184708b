"""`flask demo`: the sample portal, from an empty folder to a page in the browser (見本の起動)."""

import gc
import logging
import shutil
import socket
import sys
import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import click
from flask import Flask
from flask_migrate import upgrade

from consortium import scheduler
from consortium.cli.integrity import check_at_start
from consortium.cli.portal import portal
from consortium.cli.serve import listen
from consortium.cli.table import aligned
from consortium.clock import CLOCK
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError
from consortium.domain.sharing.sentences import yen
from consortium.usecases import sample, sample_story
from consortium.usecases.reporting import Worker

FIRST_PORT, LAST_PORT = 8000, 8099
COPIES = "見本"
RESET = "python3 manage.py flask --demo account reset-password 利用者ID"


@click.command("demo")
@click.option("--once", is_flag=True, help="起動せず、作成と集計だけを行う")
@click.option("--reset", is_flag=True, help="見本のデータを消して、初めから作り直す")
@click.option("--port", type=click.IntRange(1, 65535), help="ポート番号（既定は8000からの空き）")
@click.option("--no-scheduler", is_flag=True, help="配信の時計を動かさない")
def demo_command(once: bool, reset: bool, port: int | None, no_scheduler: bool) -> None:
    """見本の協議会を用意し、ポータルを起動します。"""
    app = portal()
    if not app.config["IS_SAMPLE"]:
        raise BadInputError(
            "見本を起動しようとしました。",
            "本番の設定で実行されています。",
            "「python3 manage.py demo」で起動してください。",
        )
    if reset:
        _remove(app)
    worker = scheduler.worker_of(app)
    passwords = _prepare(app, worker)
    folder = app.config["FILES_DIR"].parent / COPIES
    sample.copy_latest(worker, folder)
    check_at_start(app)
    _print_summary(app.extensions[CLOCK].today())
    _print_logins(passwords)
    click.echo(f"ファイル: {folder}（最新年度の帳票。すべての帳票はポータルから受け取れます）")
    if not once:
        _serve(app, port, ticks=not no_scheduler)


def _remove(app: Flask) -> None:
    """Remove the sample's database and files; those of an installation have other names."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    database = Path(url.removeprefix("sqlite:///"))
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    files: Path = app.config["FILES_DIR"]
    for folder in (files, files.parent / COPIES):
        shutil.rmtree(folder, ignore_errors=True)
    click.echo("見本のデータを消しました。")


def _prepare(app: Flask, worker: Worker) -> list[tuple[str, str, str]]:
    """Migrate, register, issue; everything that is there already is left as it is."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    begun = time.monotonic()
    # Workbooks are many small objects: the search for rubbish among them takes a fifth of the time.
    gc.disable()
    upgrade()
    made = sample.register(app.extensions[CLOCK].now())
    if made:
        _progress(begun, "見本の協議会（7市町村）を登録しました。明細書を発行します。")
    sample_story.run(worker, lambda text: _progress(begun, text))
    gc.enable()
    return [(account.login, account.name, password) for account, password in made]


def _progress(begun: float, text: str) -> None:
    click.echo(f"  [{time.monotonic() - begun:5.1f}秒] {text}", err=True)


def _print_summary(today: date) -> None:
    """Print what was issued and paid for each year, and that the shares add up."""
    heads = (
        "年度",
        "段階",
        "負担団体",
        "総額（円）",
        "負担額の合計（円）",
        "検算",
        "明細書",
        "年度途中",
    )
    click.echo("【見本】費用と負担割合は見本です。構成団体・加入日・人口は公表資料によります。")
    rows = [heads]
    for line in sample.summary():
        agrees = "一致" if line.total == line.shares else "不一致"
        rows.append(
            (
                fiscal_year_label(line.year),
                line.stage,
                str(line.members),
                yen(line.total).removesuffix("円"),
                yen(line.shares).removesuffix("円"),
                agrees,
                str(line.statements),
                "、".join(f"{name} {count}/12" for name, count in line.partly) or "－",
            )
        )
    for text in aligned(rows, left=2):
        click.echo(text)
    for each in sample_story.money(today):
        late = f"、期限超過 {yen(each.overdue)}" if each.overdue else ""
        settled = "" if each.settled is None else f"、精算額 {yen(each.settled)}"
        click.echo(
            f"{fiscal_year_label(each.year)}：納入依頼 {each.notices}通 {yen(each.asked)}、"
            f"納付済 {yen(each.paid)}{late}{settled}"
        )


def _print_logins(made: list[tuple[str, str, str]]) -> None:
    if made:
        click.echo("ログイン（パスワードの表示は今回だけです）")
        for login, name, password in made:
            click.echo(f"  {name}　利用者ID: {login}　パスワード: {password}")
    else:
        names = "、".join(account.login for account in sample.LOGINS)
        click.echo(f"ログイン: {names}（パスワードの再発行: {RESET}）")


def _serve(app: Flask, port: int | None, *, ticks: bool) -> None:
    """Serve on this computer only, until Ctrl+C."""
    chosen = port or _free_port()
    server = listen(app, "127.0.0.1", chosen)
    if ticks:
        scheduler.run_in_background(app)
    click.echo(f"ポータル: http://127.0.0.1:{chosen}/　（終了は Ctrl+C）")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        server.run()  # it ends by itself on Ctrl+C; a second one must not show a traceback
    click.echo("終了しました。")


def _free_port() -> int:
    """Give the first free port from 8000."""
    for port in range(FIRST_PORT, LAST_PORT + 1):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise BadInputError(
        "ポータルを起動しようとしました。",
        f"{FIRST_PORT}から{LAST_PORT}までのポートがすべて使われています。",
        "--port で空いている番号を指定してください。",
        path="--port",
    )
