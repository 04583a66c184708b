"""Registering settings, towns, services, bases and rules of a workbook (一括登録：団体・ルール)."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from fractions import Fraction
from typing import Any
from uuid import uuid4

from consortium.db.store import calendars as calendars_store
from consortium.db.store import members as members_store
from consortium.db.store.bases import Edition
from consortium.db.store.rules import Component, RuleVersion
from consortium.domain.calendar.period import Period
from consortium.domain.errors import BadInputError
from consortium.domain.registration.form import Record
from consortium.domain.registration.tables import RULES
from consortium.domain.sharing.dating import Dating
from consortium.domain.timeline import Source
from consortium.domain.yen import Rounding
from consortium.usecases import basis_editions, calendars, members, rule_versions, services
from consortium.usecases.cost_categories import add_category
from consortium.usecases.registration_desk import Desk

_ONE_DAY = timedelta(days=1)


def register_people(desk: Desk) -> None:
    """Register everything that costs refer to (団体・サービス・算定基礎・ルール)."""
    _members(desk)
    _check_names(desk)
    _services(desk)
    _categories(desk)
    _bases(desk)
    _rules(desk)
    _closed_days(desk)


def period_of(row: Record) -> Period:
    """Give the days from the first to the last, both as officers write them (期間)."""
    last: Any = row["last"]
    since: Any = row["since"]
    if last is not None and last < since:
        raise BadInputError(
            "期間を読みました。", "終わりの日が始まりの日より前です。", "日付を確かめてください。",
            path="last",
        )  # fmt: skip
    return Period(since, None if last is None else last + _ONE_DAY)


# ---- towns and services --------------------------------------------------------------------------


def _members(desk: Desk) -> None:
    for row in desk.rows("members"):
        with desk.at("members", row):
            _member(desk, row)
    if (
        not any(row["is_lead"] for row in desk.rows("members"))
        and "members" not in desk.upload.faulty
    ):
        desk.upload.fault(
            "members",
            0,
            "",
            "幹事市がありません。",
            "一つの団体の「幹事市」を「はい」にしてください。",
        )


def _member(desk: Desk, row: Record) -> None:
    period, code = period_of(row), row["code"]
    before = desk.known.get("members", {}).get(code)
    if before is not None and _about(row) != (
        before.name,
        before.kana,
        before.kind,
        before.is_lead,
    ):
        raise BadInputError(
            "市町村の行を読みました。",
            "同じ団体コードの上の行と、団体名・よみ・区分・幹事市のどれかが違います。",
            "同じ団体の行には同じものを書いてください。",
            path="name",
        )
    entry: Any = {"code": code, **{key: row[key] for key in ("name", "kana", "kind", "source")}}
    members.join_member(
        desk.viewer,
        members.Joining(
            **entry, since=period.since, until=period.until, is_lead=bool(row["is_lead"])
        ),
        desk.now,
    )
    found = members_store.members(desk.unit.session, desk.viewer.consortium_id)
    desk.keep("members", code, next(each for each in found if each.code == code))


def _about(row: Record) -> tuple[object, ...]:
    return row["name"], row["kana"], row["kind"], row["is_lead"]


def _check_names(desk: Desk) -> None:
    """Compare the names beside the codes: another one means that a line has slipped."""
    towns = desk.known.get("members", {})
    for sheet, rows in desk.upload.content.items():
        for row in rows:
            name = row.values.get("town")
            town = towns.get(row.values.get("code"))
            if name is not None and town is not None and town.name != name:
                found = f"「{name}」とありますが、{town.code}は「{town.name}」です。"
                todo = "団体コードか団体名を直してください。"
                desk.upload.fault(sheet, row.number, "town", found, todo, is_lost=False)


def _services(desk: Desk) -> None:
    for row in desk.rows("services"):
        with desk.at("services", row):
            entry = services.ServiceEntry(
                row.text("key"), row.text("name"), row.text("operator"), period_of(row),
                row.text("source"),
            )  # fmt: skip
            desk.keep("services", row["key"], services.add_service(desk.viewer, entry, desk.now))
    for row in desk.rows("enrolments"):
        with desk.at("enrolments", row):
            desk.find("services", row["service"], "service")
            desk.find("members", row["code"], "code")
            services.enrol(
                desk.viewer, row.text("code"), row.text("service"), period_of(row),
                row.text("source"), desk.now,
            )  # fmt: skip


def _categories(desk: Desk) -> None:
    for row in desk.rows("categories"):
        with desk.at("categories", row):
            service = desk.find("services", row["service"], "service")
            new = add_category(desk.viewer, service.id, row.text("name"), desk.now)
            desk.keep("categories", (row["service"], row["name"]), new)


# ---- bases ---------------------------------------------------------------------------------------

_OF_EDITION = ("label", "period_from", "published", "source")


def grouped(rows: Sequence[Record], *keys: str) -> Iterator[list[Record]]:
    """Put together the rows that agree in some columns, in the order of their first ones."""
    found: dict[tuple[object, ...], list[Record]] = {}
    for row in rows:
        found.setdefault(tuple(row[key] for key in keys), []).append(row)
    yield from found.values()


def _bases(desk: Desk) -> None:
    if "bases" in desk.upload.faulty:  # an edition without one of its rows would be another one
        return
    for rows in grouped(desk.rows("bases"), "series", "day", "edition"):
        fields = {
            "": "value", "reference_date": "day", "published_on": "published", "name": "edition",
            "key": "series",
        }  # fmt: skip
        with desk.at("bases", rows[0], fields):
            if _agree(desk, "bases", rows, _OF_EDITION):
                basis_editions.register_edition(desk.viewer, _edition(desk, rows), desk.now)
                desk.keep("bases", rows[0]["series"], True)


def _agree(desk: Desk, sheet: str, rows: Sequence[Record], columns: Sequence[str]) -> bool:
    """Refuse rows of one record that say different things; an empty cell says nothing."""
    is_right = True
    for row in rows[1:]:
        for key in columns:
            if row[key] not in (None, rows[0][key]):
                found = f"同じ版の最初の行（{rows[0].number}行目）と違います。"
                todo = "同じ版の行には同じものを書いてください。"
                desk.upload.fault(sheet, row.number, key, found, todo)
                is_right = False
    return is_right


def _edition(desk: Desk, rows: Sequence[Record]) -> Edition:
    first: Any = rows[0]
    values: dict[Any, Any] = {}
    for row in rows:
        desk.find("members", row["code"], "code")
        if row["code"] in values:
            raise BadInputError(
                "算定基礎の行を読みました。", f"{row['code']}の値が、同じ版に二つあります。",
                "一つにしてください。", path="code",
            )  # fmt: skip
        values[row["code"]] = Fraction(row["value"])  # type: ignore[arg-type]  # a needed number
    expected = frozenset(row.text("code") for row in rows if row["certainty"] == "見込")
    return Edition(
        "",
        first["series"],
        first["label"],
        first["day"],
        first["period_from"],
        first["edition"],
        first["published"],
        "見込" if expected else "確定",
        first["source"],
        values,
        expected if len(expected) < len(rows) else frozenset(),
    )


# ---- rules ---------------------------------------------------------------------------------------

_OF_VERSION = (
    "service", "category", "document", "article", "decided", "note", "unit", "mode", "level",
    "residual", "digits", "proration", "leaving",
)  # fmt: skip
_RULE_FIELDS = {
    "subject": "category", "name": "rule", "leaving": "leaving", "proration": "proration",
    "rounding.ratio_digits": "digits", "components": "basis", "ratio_digits": "digits",
}  # fmt: skip


#: How the refusal of a component names its row and its column.
_PART = re.compile(r"components\[(\d+)\]\.?(\w*)")


def _rules(desk: Desk) -> None:
    if desk.upload.faulty & {"rules", "own_values"}:
        return
    own: dict[tuple[object, ...], dict[Any, Fraction]] = {}
    for row in desk.rows("own_values"):
        value: Any = row["value"]
        with desk.at("own_values", row):
            desk.find("members", row["code"], "code")
        own.setdefault((row["rule"], row["since"], row["label"]), {})[row["code"]] = Fraction(value)
    for rows in grouped(desk.rows("rules"), "rule"):
        first = rows[0]
        for of_version in grouped(rows, "since"):
            with desk.at("rules", of_version[0], _RULE_FIELDS):
                if _agree(desk, "rules", of_version, _OF_VERSION):
                    _register_version(desk, first, of_version, own)
    used = {(row["rule"], row["since"], row["label"]) for row in desk.rows("rules")}
    for row in desk.rows("own_values"):
        if (
            row["rule"],
            row["since"],
            row["label"],
        ) not in used and "rules" not in desk.upload.faulty:
            found = "このルール・施行日・構成割の行が、シート「負担ルール」にありません。"
            desk.upload.fault(
                "own_values", row.number, "label", found, "書き方をそろえてください。"
            )


def _register_version(
    desk: Desk,
    first: Record,
    rows: Sequence[Record],
    own: dict[tuple[object, ...], dict[Any, Fraction]],
) -> None:
    with _at_part(desk, rows):
        version = _version(rows, own)
        for place, row in enumerate(rows):
            if row["series"] is not None:
                desk.find("bases", row["series"], f"components[{place}].series")
            for code in version.components[place].own:
                desk.find("members", code, f"components[{place}].label")
        known = desk.known.get("rules", {}).get(first["rule"])
        if known is None:
            service = desk.find("services", first["service"], "service")
            subject = service.id if first["category"] is None else desk.category(first).id
            rule = rule_versions.create_rule(
                desk.viewer, first.text("rule"), subject, version, desk.now
            )
            desk.keep("rules", first["rule"], rule)
        else:
            rule_versions.add_version(desk.viewer, known.id, version, desk.now)


@contextmanager
def _at_part(desk: Desk, rows: Sequence[Record]) -> Iterator[None]:
    """Note what is wrong with one component at its own row."""
    try:
        yield
    except BadInputError as error:
        part = _PART.match(error.path)
        row = rows[int(part[1])] if part else rows[0]
        fields = _RULE_FIELDS | {error.path: part[2]} if part else _RULE_FIELDS
        with desk.at("rules", row, fields):
            raise


def _version(
    rows: Sequence[Record], own: dict[tuple[object, ...], dict[Any, Fraction]]
) -> RuleVersion:
    head: Any = rows[0]
    return RuleVersion(
        str(uuid4()),
        head["since"],
        Source(head.text("document"), head.text("article"), head["decided"], head.text("note")),
        Rounding(head["unit"], head["mode"], head["level"], head["residual"], head["digits"]),
        head["proration"],
        tuple(
            _component(place, row, own.get((row["rule"], row["since"], row["label"]), {}))
            for place, row in enumerate(rows)
        ),
        head["leaving"],
    )


def _component(place: int, row: Any, own: dict[Any, Fraction]) -> Component:
    return Component(
        place + 1, row["basis"], row["label"], row["weight"], row["series"], _dating(place, row),
        row["power"], own, row.text("own_source"),
    )  # fmt: skip


def _dating(place: int, row: Any) -> Dating | None:
    month_day = row["month_day"]
    if row["dating"] is None:
        return None
    try:
        return Dating(
            row["dating"],
            (int(month_day[:2]), int(month_day[3:])) if month_day else None,
            row["first"],
            row["last"],
            row.text("edition"),
        )
    except BadInputError as error:
        column = RULES.column(error.path.replace("kind", "dating"))
        found = error.found.replace(error.path, f"「{column.heading}」")
        path = f"components[{place}].{column.key}"
        raise BadInputError(error.asked, found, error.todo, path=path) from None


# ---- closed days ---------------------------------------------------------------------------------


def _closed_days(desk: Desk) -> None:
    owner = desk.viewer.consortium_id
    for row in desk.rows("closed_days"):
        with desk.at("closed_days", row):
            day: Any = row["day"]
            if row["code"] is not None:
                desk.find("members", row["code"], "code")
            calendars.import_holidays(desk.viewer, day.year, desk.now, desk.today)
            is_closed = row["is_closed"] == "closed"
            stored = calendars_store.closed_days(desk.unit.session, owner, day.year)
            there = [each for each in stored if (each.code, each.day) == (row["code"], day)]
            if there:
                change = calendars.DayChange(row.text("name"), is_closed)
                old = there[0]
                calendars.change_day(desk.viewer, old.id, old.row_version, change, desk.now)
            else:
                code: Any = row["code"]
                entry = calendars.DayEntry(day, row.text("name"), is_closed, code)
                calendars.add_day(desk.viewer, entry, desk.now)
