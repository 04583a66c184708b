"""What is registered, as the rows of the registration workbook (一括登録の書き出し).

Rows stand in an order that follows from what they say, never from ids: the same consortium in
another database gives the same workbook.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from consortium.db.store import bases, calendars, costs, members, rules, settings
from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.registration.form import Content, Record, Value
from consortium.usecases.registration_money import agreement_rows, money_rows
from consortium.usecases.settings import label_2019

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Values = Mapping[str, Value]

#: Sheets on which a town may stand before it joins; no sheet says who that is (加入予定団体).
_BEFOREHAND: Final = ("bases", "own_values", "previous", "closed_days")


@dataclass(frozen=True, slots=True)
class Known:
    """What the rows refer to by name instead of id (登録済みのもの)."""

    #: member id → member
    towns: Mapping[str, members.Member]
    services: Mapping[str, members.Service]
    categories: Mapping[str, costs.Category]
    items: tuple[costs.CostItem, ...]
    stays: tuple[members.Membership, ...]

    @property
    def candidates(self) -> frozenset[Value]:
        """Give the codes of the towns without a stay, which stand on no sheet (加入予定団体)."""
        settled = {stay.member_id for stay in self.stays}
        return frozenset(town.code for town in self.towns.values() if town.id not in settled)

    def town(self, member_id: str | None) -> dict[str, Value]:
        """Give the two columns that name a member."""
        member = self.towns.get(member_id or "")
        return {"code": member.code if member else None, "town": member.name if member else None}

    def by_code(self, code: str | None) -> dict[str, Value]:
        """Give the same two columns for a code."""
        names = {str(each.code): each.name for each in self.towns.values()}
        return {"code": code, "town": names.get(code or "")}

    def place(self, category_id: str) -> dict[str, Value]:
        """Give the two columns that name a category."""
        category = self.categories[category_id]
        return {"service": self.services[category.service_id].key, "category": category.name}


def rows_of(session: "Session", consortium_id: str) -> Content:
    """Read everything that the registration workbook holds (登録内容の読出し)."""
    known = _known(session, consortium_id)
    sheets: dict[str, Iterable[Values]] = {
        "consortium": [_consortium(settings.settings_of(session, consortium_id))],
        "members": _members(known),
        "services": map(_service, known.services.values()),
        "enrolments": _enrolments(session, consortium_id, known),
        "categories": [_category(known, each) for each in known.categories],
        "bases": _basis_values(session, consortium_id, known),
        **_rules(session, consortium_id, known),
        **agreement_rows(session, consortium_id, known),
        **money_rows(session, consortium_id, known),
        "closed_days": _closed_days(session, consortium_id, known),
    }
    candidates = known.candidates
    for key in _BEFOREHAND:
        sheets[key] = [row for row in sheets[key] if row["code"] not in candidates]
    return {key: tuple(Record(0, values) for values in rows) for key, rows in sheets.items()}


def _known(session: "Session", owner: str) -> Known:
    counts = costs.stage_counts(session, owner)
    order = list(STAGES)
    items = tuple(
        item
        for start, stage in sorted(counts, key=lambda place: (place[0], order.index(place[1])))
        for item in costs.items(session, owner, FiscalYear(start), stage)
    )
    # A database orders text by its own rules; ours must be the same in every one.
    services = sorted(
        members.services(session, owner), key=lambda each: (each.period.since, each.key)
    )
    places = {each.id: place for place, each in enumerate(services)}
    categories = sorted(
        costs.categories(session, owner),
        key=lambda each: (places[each.service_id], each.position, each.name),
    )
    return Known(
        {each.id: each for each in members.members(session, owner)},
        {each.id: each for each in services},
        {each.id: each for each in categories},
        items,
        members.memberships(session, owner),
    )


def last_day(period: Period) -> date | None:
    """Give the last day of a period as officers write it; None while it is open."""
    return None if period.until is None else period.until - timedelta(days=1)


def _consortium(found: settings.Settings) -> Values:
    return {
        "key": found.key,
        "name": found.name,
        "office": found.office_name,
        "is_sample": found.is_sample,
        "shows_others": found.shows_other_members,
        "label_2019": label_2019(found),
        "usd_mode": found.usd_mode,
        "own_approval": found.allows_own_approval,
    }


def _members(known: Known) -> Iterator[Values]:
    for town in known.towns.values():
        for stay in (each for each in known.stays if each.member_id == town.id):
            yield {
                "code": town.code,
                "name": town.name,
                "kana": town.kana,
                "kind": town.kind,
                "is_lead": town.is_lead,
                "since": stay.period.since,
                "last": last_day(stay.period),
                "source": stay.source,
            }


def _service(found: members.Service) -> Values:
    return {
        "key": found.key,
        "name": found.name,
        "operator": found.operator,
        "since": found.period.since,
        "last": last_day(found.period),
        "source": found.source,
    }


def _enrolments(session: "Session", owner: str, known: Known) -> list[Values]:
    services = list(known.services)
    found = sorted(
        members.enrolments(session, owner),
        key=lambda use: (
            services.index(use.service_id), known.towns[use.member_id].code, use.period.since,
        ),
    )  # fmt: skip
    return [
        {
            "service": known.services[use.service_id].key,
            **known.town(use.member_id),
            "since": use.period.since,
            "last": last_day(use.period),
            "source": use.source,
        }
        for use in found
    ]


def _category(known: Known, category_id: str) -> Values:
    place = known.place(category_id)
    return {"service": place["service"], "name": place["category"]}


def _basis_values(session: "Session", owner: str, known: Known) -> Iterator[Values]:
    def age(edition: bases.Edition) -> tuple[str, date, date, str]:
        return (
            edition.series,
            edition.reference_date,
            edition.published_on or date.min,
            edition.name,
        )

    for edition in sorted(bases.editions(session, owner), key=age):
        for code, value in sorted(edition.values.items()):
            yield {
                "series": edition.series,
                "label": edition.label,
                "day": edition.reference_date,
                "period_from": edition.period_from,
                "edition": edition.name,
                "published": edition.published_on,
                "certainty": edition.certainty_of(code),
                "source": edition.source,
                **known.by_code(code),
                "value": value,
            }


# ---- rules ---------------------------------------------------------------------------------------


def _rules(session: "Session", owner: str, known: Known) -> dict[str, list[Values]]:
    parts: list[Values] = []
    own: list[Values] = []
    for rule in sorted(rules.rules(session, owner), key=lambda each: each.name):
        for version in rule.versions:
            head = _version(rule, version)
            parts += [head | _part(part) for part in version.components]
            own += [
                {
                    "rule": rule.name,
                    "since": version.since,
                    "label": part.label,
                    **known.by_code(code),
                    "value": value,
                }
                for part in version.components
                for code, value in sorted(part.own.items())
            ]
    return {"rules": parts, "own_values": own}


def _version(rule: rules.Rule, version: rules.RuleVersion) -> dict[str, Value]:
    rounding, source = version.rounding, version.source
    return {
        "rule": rule.name,
        "since": version.since,
        "service": rule.service_key,
        "category": rule.category,
        "document": source.document,
        "article": source.article,
        "decided": source.decided_on,
        "note": source.note,
        "unit": rounding.unit,
        "mode": rounding.mode,
        "level": rounding.level,
        "residual": rounding.residual,
        "digits": rounding.ratio_digits,
        "proration": version.proration,
        "leaving": version.leaving,
    }


def _part(part: rules.Component) -> dict[str, Value]:
    dating = part.dating
    month_day: Any = dating.month_day if dating else None
    return {
        "label": part.label,
        "basis": part.basis,
        "weight": part.weight,
        "series": part.series,
        "dating": dating.kind if dating else None,
        "month_day": f"{month_day[0]:02}-{month_day[1]:02}" if month_day else None,
        "first": dating.first if dating else None,
        "last": dating.last if dating else None,
        "edition": dating.edition or None if dating else None,
        "power": part.power,
        "own_source": part.own_source,
    }


# ---- calendar ------------------------------------------------------------------------------------


def _closed_days(session: "Session", owner: str, known: Known) -> list[Values]:
    """Give what somebody of the office entered; the holidays are filled in anew."""
    return [
        {
            "day": each.day,
            **known.by_code(each.code),
            "name": each.name,
            "is_closed": "closed" if each.is_closed else "open",
        }
        for each in calendars.days_by_hand(session, owner)
    ]
