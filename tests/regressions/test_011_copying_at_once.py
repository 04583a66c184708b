"""Two officers who copied last year's costs at the same moment doubled them (費目の写し)."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest
from flask import Flask

from consortium.db.engine import db
from consortium.db.store import costs
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import InvalidTransitionError
from consortium.usecases.cost_items import copy_from_stage
from tests.factories import NOW, items_of, seed_sample

FY2026, FY2027 = FiscalYear(2026), FiscalYear(2027)


def test_of_two_copies_at_once_one_is_refused(
    database: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = seed_sample()
    barrier = threading.Barrier(2)
    outcomes: list[Any] = []
    read = costs.items

    def slowly(*place: Any) -> Sequence[Any]:
        found = read(*place)
        time.sleep(0.3)  # long enough for the other to read the same empty list
        return found

    monkeypatch.setattr(costs, "items", slowly)

    def once() -> None:
        with database.app_context():
            barrier.wait(10)
            try:
                copied = copy_from_stage(officer, FY2027, "planned", FY2026, "planned", NOW)
                outcomes.append(copied.items)
            except InvalidTransitionError as error:
                outcomes.append(error.found)
            db.session.remove()

    threads = [threading.Thread(target=once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(map(str, outcomes)) == ["6", "この年度・段階には、もう費目があります。"]
    assert len(items_of(officer, 2027, "planned")) == 6
