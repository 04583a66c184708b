"""`flask scheduler …`: the clock that makes scheduled reports (配信の時計)."""

import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import click
from flask import current_app

from consortium import scheduler
from consortium.cli.portal import portal
from consortium.clock import CLOCK, TOKYO
from consortium.db import restore_mark
from consortium.domain.errors import BadInputError
from consortium.usecases.ticking import tick


@click.group("scheduler")
def scheduler_command() -> None:
    """配信予定の帳票を作成します。"""


@scheduler_command.command("run")
def run() -> None:
    """30秒ごとに、期限の来た帳票を作成し続けます（終了は Ctrl+C）。"""
    restore_mark.refuse_marked(current_app.config["FILES_DIR"], "配信の時計を動かそうとしました。")
    stop = threading.Event()
    # An exception in the midst of a tick could come up anywhere: the signal only says so. A service
    # manager sends SIGTERM.
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stop.set())
    click.echo(f"配信を始めました（{scheduler.INTERVAL}秒ごと）。終了は Ctrl+C です。")
    app = portal()
    scheduler.run_until(app, stop)
    click.echo("配信を終えました。")


@scheduler_command.command("tick")
@click.option("--now", "at", help="この時刻とみなす（例 2027-01-04T06:00+09:00。見本と試験だけ）")
def tick_once(at: str | None) -> None:
    """一度だけ、期限の来た帳票を作成します（cron・タスクスケジューラ用）。"""
    app = portal()
    worker = scheduler.worker_of(app)
    if at is not None:
        worker = replace(worker, now=_standing_at(at))
    click.echo(f"{tick(worker, is_trial=at is not None)}件の帳票を作成しました。")


def _standing_at(text: str) -> Callable[[], datetime]:
    """Read the time; one after the real clock is for the sample and tests only."""
    asked = f"時刻「{text}」の配信を行おうとしました。"
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadInputError(
            asked,
            "時刻として読めません。",
            "2027-01-04T06:00+09:00 の形で書いてください。",
            path="--now",
        ) from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=TOKYO)
    config = current_app.config
    allowed = config["IS_SAMPLE"] or config["TESTING"]
    if at > current_app.extensions[CLOCK].now() and not allowed:
        raise BadInputError(
            asked,
            "今より後の時刻です。",
            "先の時刻は、見本（flask --demo）か試験でだけ使えます。",
            path="--now",
        )
    return lambda: at
