"""One row of each table of the standardisation, in groups that can be saved one after another."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from consortium.db import models

NOW = datetime(2026, 2, 10, 1, 0, tzinfo=UTC)
JANUARY = date(2026, 1, 1)


def standard_rows(own: Mapping[str, Any]) -> list[list[models.Base]]:
    """Give the rows of a consortium whose member is m-1 and whose service is s-1."""
    of_town = {**own, "member_id": "m-1", "business": "juki"}
    return [
        [
            models.PmoSnapshot(
                id="ps-1", **own, kind="進捗", month=JANUARY, edition=1, file_name="値.csv",
                sha256="a" * 64, source="総務省", imported_by="弘前 花子", imported_at=NOW,
            ),
            models.PmoEntry(
                id="pe-1", **of_town, month=JANUARY, states="D" * 40, entered_by="弘前 花子",
                entered_at=NOW,
            ),
            models.PmoAnswer(
                id="pn-1", **of_town, kind="gap", month=JANUARY, own=38, other=29,
                answer="別システム", answered_by="弘前 花子", answered_at=NOW,
            ),
            models.BusinessRollout(
                id="bo-1", **of_town, service_id="s-1", is_applicable=True, transition_reason=4
            ),
            models.PmoSetting(id="pt-1", **own, gap=5),
        ],
        [
            models.PmoRow(
                id="pr-1", **own, snapshot_id="ps-1", prefecture="青森県", name="弘前市",
                code="022021", published_rate=Fraction(1, 2), total=400, counts='{"juki":20}',
            )
        ],
    ]  # fmt: skip
