"""Shared services and who takes part in which since when (共同サービス・サービス利用)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise

from consortium.domain.calendar.period import Period
from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.timeline import Source


class Operator(StrEnum):
    """Who runs a shared service (運営主体); the label is what is stored and shown."""

    CONSORTIUM = "協議会"
    PREFECTURE = "県"
    STATE = "国"


@dataclass(frozen=True, slots=True)
class Service:
    """A system several municipalities use together (共同サービス)."""

    key: str
    name: str
    operator: Operator
    period: Period
    source: Source


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The use of one service by one municipality (サービス利用); cost follows it."""

    service_key: str
    code: MunicipalityCode
    period: Period
    source: Source


def refuse_overlaps(periods: Iterable[Period], what: str) -> None:
    """Make sure that no day is counted twice (期間の重複); `what` names the matter in the message.

    Raises: BadInputError naming the two periods.
    """
    # Sorted by beginning, a period that overlaps any earlier one also overlaps its neighbour, or
    # two before it overlap already.
    for earlier, later in pairwise(sorted(periods, key=lambda period: period.since)):
        if earlier.overlaps(later):
            raise BadInputError(
                f"{what}の期間を登録しようとしました。",
                f"{_in_words(earlier)}と{_in_words(later)}が重なっています。",
                "どちらかの始まりか終わりの日を直してください。",
                path="since",
            )


def _in_words(period: Period) -> str:
    # The officer counts the last day inside, we the first one outside.
    if period.until is None:
        return f"{wareki(period.since)}から（継続中）"
    return f"{wareki(period.since)}から{wareki(period.until - timedelta(days=1))}まで"
