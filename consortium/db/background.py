"""Something done again and again beside long work (並行作業): keeping a lease alive,
giving signs of life.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import current_app

log = logging.getLogger(__name__)

#: Seconds between two renewals of a lease, a fifth of it, and between two signs of life.
INTERVAL = 60.0


@contextmanager
def repeating(act: Callable[[], None]) -> Iterator[None]:
    """Do something every minute, with a connection of its own, until the block is left.

    What it raises is noted only: whoever works in the block finds out by itself.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # a thread has no proxy
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(INTERVAL):
            try:
                with app.app_context():
                    act()
            except Exception as error:
                log.warning("in the background: %s", error)

    thread = threading.Thread(target=repeat, name="repeating", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
