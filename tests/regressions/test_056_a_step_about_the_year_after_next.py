"""056: the calendar of the next year led to the costs of the year after it, which answered 404."""

import re

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from tests.pages import token
from tests.people import People
from tests.web.portal import open_portal

pytestmark = pytest.mark.usefixtures("plain_files")


def test_every_link_of_next_years_calendar_opens(
    app: Flask, cast: People, clock: FrozenClock
) -> None:
    lead = open_portal(app, cast, clock).cast.client("lead_staff")
    lead.post("/year-start/2027", data={"csrf_token": token(lead.get("/year-start/2027"))})
    page = lead.get("/year-plan/2027").text.partition("<main")[2]
    found = {path.replace("&amp;", "&") for path in re.findall(r'href="(/[^"#]+)"', page)}
    assert "/costs/2027/final" in found
    assert len(found) > 20
    for path in sorted(found):
        assert lead.get(path).status_code in (200, 302), path
