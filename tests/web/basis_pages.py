"""The form of an edition of basis values, as a browser fills it (算定基礎の版の画面)."""

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.pages import submit
from tests.people import TOWNS

NEW = "/bases/population/new"
SERIES = "/bases/new"
#: 令和2年国勢調査 人口等基本集計; the sample has the 速報.
FINAL = {
    "022021": "168,466", "022101": "30,567", "023434": "1,265", "023612": "14,573",
    "023621": "8,665", "023671": "7,326", "023817": "12,700",
}  # fmt: skip
PASTED = "\n".join(f"{code}\t{TOWNS[code]}\t{value}" for code, value in FINAL.items())


def good(**changes: object) -> dict[str, object]:
    """Fill the form of a new edition."""
    plain = {
        "name": "令和2年国勢調査(確定)",
        "reference_date": "R2.10.1",
        "period_from": "",
        "published_on": "令和3年11月30日",
        "certainty": "確定",
        "source": "総務省統計局 人口等基本集計",
        **{f"value-{code}": value for code, value in FINAL.items()},
    }
    return {**plain, **changes}


def check(lead: FlaskClient, path: str = NEW, **fields: object) -> TestResponse:
    """Press 表に入れて差を見る."""
    page = submit(lead, path, {"check": "1", **fields})
    page.request.environ["wsgi.input"].close()  # a file on disk, if what was sent is large
    return page


def cells(page: TestResponse, name: str) -> list[str]:
    """Give what stands in the grid beside a member: old value, difference, percentage."""
    row = re.search(rf"<tr><th[^>]*>{name}<.*?</tr>", page.text, re.DOTALL)
    assert row, page.text
    plain = [
        re.sub(r"<(label|input).*?>|<[^>]+>", " ", cell)
        for cell in re.findall(r"<td.*?</td>", row[0], re.DOTALL)
    ]
    return [" ".join(cell.split()).removeprefix(f"{name}の値").strip() for cell in plain]
