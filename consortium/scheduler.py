"""The metronome (配信の時計): APScheduler only ticks; what is due stands in our tables."""

import logging
import threading

from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask

from consortium.clock import CLOCK
from consortium.usecases.reporting import Worker
from consortium.usecases.ticking import process_name, tick

#: Twice a minute keeps the one-minute alarm of an overdue report (seconds).
INTERVAL = 30

#: So long a tick on its way may go on when the process is told to end (seconds).
GRACE = 3

log = logging.getLogger(__name__)
_ticking = threading.Lock()


def worker_of(app: Flask) -> Worker:
    """Give the worker of this process: files in the instance folder, time from the app's clock."""
    clock = app.extensions[CLOCK]
    config = app.config
    mailer, instance = config["MAILER"], config["INSTANCE_DIR"]
    return Worker(process_name(), config["FILES_DIR"], clock.now, mailer, instance)


def tick_safely(app: Flask) -> None:
    """Run one tick; an error is logged and the next tick tries again."""
    try:
        with _ticking, app.app_context():
            tick(worker_of(app))
    except Exception:
        # The clock must go on ticking whatever one tick met.
        log.exception("tick failed")


def run(app: Flask) -> None:
    """Tick as long as the process lives."""
    scheduler = BlockingScheduler(timezone="Asia/Tokyo")
    scheduler.add_job(
        tick_safely,
        "interval",
        args=[app],
        seconds=INTERVAL,
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    tick_safely(app)
    scheduler.start()


def run_until(app: Flask, stop: threading.Event) -> None:
    """Tick until told to stop (`flask scheduler run`).

    A tick on its way has a moment to end; what it leaves half made, the next process takes up.
    """
    run_in_background(app)
    while not stop.wait(1):  # under Windows a wait without end hears no signal
        pass
    _ticking.acquire(timeout=GRACE)


def run_in_background(app: Flask) -> threading.Thread:
    """Tick inside the web process; a second scheduler elsewhere does no harm (demo)."""
    thread = threading.Thread(target=run, args=[app], name="scheduler", daemon=True)
    thread.start()
    return thread
