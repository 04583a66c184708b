"""The metronome (配信の時計): APScheduler only ticks; what is due stands in our tables."""

import logging
import threading

from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask

from consortium.clock import CLOCK
from consortium.usecases.reporting import Worker
from consortium.usecases.schedules import process_name, tick

#: Twice a minute keeps the one-minute alarm of an overdue report (seconds).
INTERVAL = 30

log = logging.getLogger(__name__)


def worker_of(app: Flask) -> Worker:
    """Give the worker of this process: files in the instance folder, time from the app's clock."""
    clock = app.extensions[CLOCK]
    return Worker(process_name(), app.config["FILES_DIR"], clock.now)


def tick_safely(app: Flask) -> None:
    """Run one tick; an error is logged and the next tick tries again."""
    try:
        with app.app_context():
            tick(worker_of(app))
    except Exception:
        # The clock must go on ticking whatever one tick met.
        log.exception("tick failed")


def run(app: Flask) -> None:
    """Tick until the process is ended (`flask scheduler run`)."""
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


def run_in_background(app: Flask) -> threading.Thread:
    """Tick inside the web process; a second scheduler elsewhere does no harm (demo)."""
    thread = threading.Thread(target=run, args=[app], name="scheduler", daemon=True)
    thread.start()
    return thread
