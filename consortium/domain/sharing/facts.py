"""What a sharing rests on: who is in force when, and the values of each basis (算定の前提)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from consortium.domain.calendar.period import Month, Period
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


@dataclass(frozen=True, slots=True)
class Facts:
    """Members in code order, their periods per service, and the series in use (算定の前提)."""

    parties: tuple[Party, ...]
    #: service key → member code → periods of サービス利用
    participation: Mapping[str, Mapping[str, tuple[Period, ...]]]
    series: Mapping[str, Series]

    def positions_in(self, service: str, month: Month) -> tuple[int, ...]:
        """Give the positions of the members in force on any day of the month.

        Raises: NotInForceError if nobody is.
        """
        periods = self.participation.get(service, {})
        whole = month.period
        positions = []
        for position, party in enumerate(self.parties):
            for period in periods.get(party.code, ()):
                if period.overlaps(whole):
                    positions.append(position)
                    break
        if not positions:
            raise NotInForceError(
                f"{month} の費用を按分しようとしました。",
                "その月に参加している団体がありません。",
                "費目の期間か、団体の加入日を確認してください。",
            )
        return tuple(positions)

    @property
    def lead(self) -> int | None:
        """Position of the lead city (幹事市), None if it is not listed."""
        return next((i for i, party in enumerate(self.parties) if party.is_lead), None)
