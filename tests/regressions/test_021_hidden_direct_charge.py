"""A town read another town's direct charge, though the setting hides other towns' amounts."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db.store import settings
from consortium.db.unit import writing
from consortium.domain.errors import NotFoundError
from consortium.usecases import runs
from consortium.usecases.viewer import Viewer
from tests import factories
from tests.office import ITAYANAGI, open_office


@pytest.mark.parametrize("shows", [True, False])
def test_a_direct_charge_of_another_town_is_hidden_with_its_amounts(
    database: Flask, tmp_path: Path, clock: FrozenClock, shows: bool
) -> None:
    office = open_office(tmp_path / "files", clock)
    run = office.issued()
    with writing(factories.OFFICER, clock.now()) as unit:
        old = settings.settings_of(unit.session, office.consortium_id)
        settings.save_settings(unit, old, replace(old, shows_other_members=shows))
    town = Viewer("u-t", "板柳町 担当", "member_staff", office.consortium_id, ITAYANAGI)
    result = runs.show_run(office.staff, run.id).result
    charged = {entry.item.charge_to: entry.item.no for entry in result.items}
    assert {"023612", ITAYANAGI} < set(charged)  # 藤崎町 and 板柳町 bear their 移行費 alone
    assert runs.explain_cell(town, run.id, charged[ITAYANAGI], ITAYANAGI).code == ITAYANAGI
    if shows:
        assert runs.explain_cell(town, run.id, charged["023612"], ITAYANAGI).step.value == 0
    else:
        with pytest.raises(NotFoundError):
            runs.explain_cell(town, run.id, charged["023612"], ITAYANAGI)
