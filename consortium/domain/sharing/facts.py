"""What a sharing rests on: who is in force when, and the values of each basis (算定の前提)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.errors import NotInForceError


@dataclass(frozen=True, slots=True)
class Party:
    """A member as a sharing sees it (構成団体); `is_lead` marks the lead city (幹事市)."""

    code: str
    name: str
    is_lead: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """One edition of the values of a basis (算定基礎), e.g. 国勢調査人口 as at 2015-10-01."""

    key: str
    label: str
    values: Mapping[str, Fraction]
    reference_date: date | None = None
    edition: str = ""
    certainty: str = "確定"
    source: str = ""
    #: 公表日; where it is unknown, the edition counts as published on its reference date
    published_on: date | None = None
    #: first day of the period of a total (期間の計); None for a value as at a day
    period_from: date | None = None

    def value(self, party: Party) -> Fraction:
        """Give the member's value.

        Raises: NotInForceError naming member, basis and reference date if it is missing.
        """
        try:
            return self.values[party.code]
        except KeyError:
            on = f"（{self.reference_date}時点）" if self.reference_date else ""
            raise NotInForceError(
                f"{self.label}{on}により按分しようとしました。",
                f"{party.name}（{party.code}）の値が登録されていません。",
                f"算定基礎「{self.key}」に{party.name}の値を登録してください。",
            ) from None


def stay(period: Period, leaving: str) -> Period:
    """Give the period in which a member pays: with `year`, leaving costs the whole fiscal year."""
    if leaving != "year" or period.until is None:
        return period
    last_day = period.until - timedelta(days=1)
    return Period(period.since, FiscalYear.containing(last_day).period.until)


@dataclass(frozen=True, slots=True)
class Facts:
    """Members in code order, their periods per service, and the series in use (算定の前提)."""

    parties: tuple[Party, ...]
    #: service key → member code → periods of サービス利用
    participation: Mapping[str, Mapping[str, tuple[Period, ...]]]
    series: Mapping[str, Series]

    def positions_in(self, service: str, month: Month, leaving: str = "month") -> tuple[int, ...]:
        """Give the positions of the members in force on any day of the month.

        Raises: NotInForceError if nobody is.
        """
        return self._present(service, month.period, leaving, str(month))

    def positions_on(self, service: str, day: date, leaving: str = "month") -> tuple[int, ...]:
        """Give the positions of the members in force on a day (日割).

        Raises: NotInForceError if nobody is.
        """
        whole = Period(day, day + timedelta(days=1))
        return self._present(service, whole, leaving, str(day))

    def _present(self, service: str, span: Period, leaving: str, shown: str) -> tuple[int, ...]:
        periods = self.participation.get(service, {})
        positions = []
        for position, party in enumerate(self.parties):
            for period in periods.get(party.code, ()):
                if (period if leaving == "month" else stay(period, leaving)).overlaps(span):
                    positions.append(position)
                    break
        if not positions:
            raise NotInForceError(
                f"{shown} の費用を按分しようとしました。",
                "その期間に参加している団体がありません。",
                "費目の期間か、団体の加入日を確認してください。",
            )
        return tuple(positions)

    @property
    def lead(self) -> int | None:
        """Position of the lead city (幹事市), None if it is not listed."""
        return next((i for i, party in enumerate(self.parties) if party.is_lead), None)
