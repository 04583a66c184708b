"""The sample consortium (見本の登録): real members, dates and populations; costs and rule are 見本.

The data stands in consortium/seed/*.csv, each line with its source. Everything is saved in one
unit, so a consortium that is there was seeded whole, and what officers changed since stays theirs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import groupby
from uuid import uuid4

from consortium.db.store import bases, costs, members, rules, settings
from consortium.db.unit import Actor, Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.services import Operator
from consortium.domain.sharing.bases import BASES
from consortium.domain.sharing.dating import Dating
from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.timeline import Source
from consortium.domain.yen import LEVELS, MODES, RESIDUALS, Rounding
from consortium.intake.tables import Row, read_table
from consortium.usecases import calendars, stage_templates, year_start

KEY = "hirosaki"
CONSORTIUM = "弘前地区電算共同化推進協議会"
OFFICE = "弘前市"

COLUMNS = {
    "members": "code,name,kana,kind,lead,joined_on,joined_precision,source",
    "bases": "basis,label,reference_date,edition,published_on,code,value,certainty,source",
    "services": "key,name,operator,since,until,taken_by,source",
    "cost_categories": "service,position,name,source",
    "rules": (
        "rule,service,category,since,source_document,source_article,decided_on,unit,mode,level,"
        "residual,proration,position,basis,series,reference_date,edition,label,weight,source"
    ),
    "cost_items": (
        "fiscal_year,stage,service,category,name,amount_incl_tax,tax_rate,first_month,"
        "last_month,charged_to,note,source"
    ),
}


@dataclass(frozen=True, slots=True)
class _Tables:
    """Every line of the seed files (見本の表)."""

    members: tuple[Row, ...]
    bases: tuple[Row, ...]
    services: tuple[Row, ...]
    cost_categories: tuple[Row, ...]
    rules: tuple[Row, ...]
    cost_items: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What later lines refer to by code or key (登録済みのもの)."""

    towns: dict[str, members.Member]
    services: dict[str, members.Service]
    categories: dict[tuple[str, str], costs.Category]

    def service(self, row: Row) -> members.Service:
        return self.services[row.one_of("service", self.services)]

    def category(self, row: Row) -> costs.Category:
        service = self.service(row).key
        names = [name for key, name in self.categories if key == service]
        return self.categories[service, row.one_of("category", names)]


def seed(
    now: datetime,
    actor: Actor,
    folder: Traversable | None = None,
    *,
    schedule_from: datetime | None = None,
) -> None:
    """Register the sample consortium unless it is there (見本の登録).

    `folder` holds the CSV files; those shipped with the product are the default. The monthly
    report is scheduled from `schedule_from`, which is `now` unless the history begins earlier.

    Raises: BadInputError naming file, line and column; nothing is saved then.
    """
    with reading() as session:
        if settings.find_consortium_id(session, KEY) is not None:
            return
    tables = _read(folder or files("consortium") / "seed")
    with writing(actor, now, reason="見本の登録") as unit:
        consortium_id = _add_consortium(unit)
        known = _Known({}, {}, {})
        stays = _add_members(unit, consortium_id, tables.members, known)
        _add_services(unit, consortium_id, tables.services, known, stays)
        _add_bases(unit, consortium_id, tables.bases)
        _add_categories(unit, consortium_id, tables.cost_categories, known)
        _add_rules(unit, consortium_id, tables.rules, known)
        _add_items(unit, consortium_id, tables.cost_items, known)
        settings.add_monthly_schedule(unit, consortium_id, "monthly_cost", schedule_from or now)
        stage_templates.add_shipped(unit, consortium_id)
        _add_calendar(unit, consortium_id, tables.cost_items, (schedule_from or now).date())


def _add_calendar(unit: Unit, consortium_id: str, items: Sequence[Row], today: date) -> None:
    """Fill the closed days about the latest year of the costs, and its calendar (暦)."""
    starts = {row.whole("fiscal_year") for row in items}
    if not starts:
        return
    for year in range(max(starts) - 1, max(starts) + 2):
        calendars.fill_year(unit, consortium_id, year, today)
    year_start.copy_calendar(unit, consortium_id, FiscalYear(max(starts)))


def _read(folder: Traversable) -> _Tables:
    def table(name: str) -> tuple[Row, ...]:
        content = (folder / f"{name}.csv").read_bytes()
        return read_table(content, f"{name}.csv", COLUMNS[name].split(","))

    return _Tables(**{name: table(name) for name in COLUMNS})


def _add_consortium(unit: Unit) -> str:
    new = settings.Settings(
        str(uuid4()), KEY, CONSORTIUM, OFFICE,
        is_sample=True, shows_other_members=True, year_labels={},
    )  # fmt: skip
    settings.add_consortium(unit, new)
    return new.id


def _add_members(
    unit: Unit, consortium_id: str, rows: Sequence[Row], known: _Known
) -> list[tuple[members.Member, members.Membership]]:
    stays = []
    for row in rows:
        member = members.Member(
            str(uuid4()),
            row.code("code"),
            row.text("name"),
            row.text("kana"),
            row.one_of("kind", ("市", "町", "村")),
            row.one_of("lead", ("0", "1")) == "1",
        )
        # Of most towns the source names the month only.
        is_exact = row.one_of("joined_precision", ("day", "month")) == "day"
        source = row.text("source") + ("" if is_exact else "。日は資料になく、月の初日とした")
        period = Period(row.day("joined_on"))
        stay = members.Membership(str(uuid4()), member.id, period, source)
        members.add_member(unit, consortium_id, member)
        members.add_membership(unit, consortium_id, member, stay)
        known.towns[member.code] = member
        stays.append((member, stay))
    return stays


def _add_services(
    unit: Unit,
    consortium_id: str,
    rows: Sequence[Row],
    known: _Known,
    stays: Sequence[tuple[members.Member, members.Membership]],
) -> None:
    for row in rows:
        service = members.Service(
            str(uuid4()),
            row.text("key"),
            row.text("name"),
            row.one_of("operator", [operator.value for operator in Operator]),
            Period(row.day("since"), row.optional_day("until")),
            row.text("source"),
        )
        members.add_service(unit, consortium_id, service)
        known.services[service.key] = service
        # Who takes part in the prefecture's services is not published: no rows, not a guess.
        if row.one_of("taken_by", ("構成団体", "資料なし")) == "構成団体":
            for member, stay in stays:
                new = members.Enrolment(
                    str(uuid4()), member.id, service.id, stay.period, stay.source
                )
                members.add_enrolment(unit, consortium_id, member, service, new)


def _add_bases(unit: Unit, consortium_id: str, rows: Sequence[Row]) -> None:
    def heading(row: Row) -> list[str]:
        columns = COLUMNS["bases"].split(",")
        return [row.values[name] for name in columns if name not in ("code", "value")]

    for _, lines in groupby(sorted(rows, key=heading), key=heading):
        bases.add_edition(unit, consortium_id, _edition(list(lines)))


def _edition(lines: Sequence[Row]) -> bases.Edition:
    row = lines[0]
    return bases.Edition(
        id="",
        series=row.text("basis"),
        label=row.text("label"),
        reference_date=row.day("reference_date"),
        period_from=None,
        name=row.text("edition"),
        published_on=row.optional_day("published_on"),
        certainty=row.one_of("certainty", ("見込", "確定")),
        source=row.text("source"),
        values={line.code("code"): line.fraction("value") for line in lines},
    )


def _add_categories(unit: Unit, consortium_id: str, rows: Sequence[Row], known: _Known) -> None:
    for row in rows:
        row.text("source")
        service = known.service(row)
        new = costs.Category(
            str(uuid4()),
            service.id,
            service.name,
            service.period.since,
            row.text("name"),
            row.whole("position"),
        )
        costs.add_category(unit, consortium_id, new)
        known.categories[service.key, new.name] = new


def _add_rules(unit: Unit, consortium_id: str, rows: Sequence[Row], known: _Known) -> None:
    for name, lines in groupby(rows, key=lambda row: row.text("rule")):
        of_rule = list(lines)
        first = of_rule[0]
        category = known.category(first).id if first.optional("category") else None
        new = rules.Rule(
            str(uuid4()), name, known.service(first).id, category, tuple(_versions(of_rule))
        )
        rules.add_rule(unit, consortium_id, new)


def _versions(rows: Sequence[Row]) -> Iterator[rules.RuleVersion]:
    for since, lines in groupby(rows, key=lambda row: row.day("since")):
        of_version = list(lines)
        first = of_version[0]
        with first.at("residual"):
            rounding = Rounding(
                first.whole("unit"),
                first.one_of("mode", MODES),
                first.one_of("level", LEVELS),
                first.one_of("residual", RESIDUALS),
            )
        yield rules.RuleVersion(
            str(uuid4()),
            since,
            Source(
                first.text("source_document"),
                first.optional("source_article"),
                first.optional_day("decided_on"),
                first.text("source"),
            ),
            rounding,
            first.one_of("proration", PRORATIONS),
            tuple(_component(row) for row in of_version),
        )


def _component(row: Row) -> rules.Component:
    basis = row.one_of("basis", BASES)
    position, label, weight = row.whole("position"), row.text("label"), row.decimal("weight")
    if not BASES[basis].reads_series:
        return rules.Component(position, basis, label, weight)
    dating = Dating("frozen", first=row.day("reference_date"), edition=row.text("edition"))
    return rules.Component(position, basis, label, weight, row.text("series"), dating)


def _add_items(unit: Unit, consortium_id: str, rows: Sequence[Row], known: _Known) -> None:
    for (start, stage), lines in groupby(rows, key=_year_and_stage):
        year = FiscalYear(start)
        items = [_item(row, year, stage, known) for row in lines]
        title = f"{fiscal_year_label(year)} {STAGES[stage]}の費目の登録（見本）"
        costs.add_items(unit, consortium_id, items, title)


def _year_and_stage(row: Row) -> tuple[int, str]:
    return row.whole("fiscal_year"), row.one_of("stage", STAGES)


def _item(row: Row, year: FiscalYear, stage: str, known: _Known) -> costs.CostItem:
    first, last = row.month("first_month"), row.month("last_month")
    if not year.months()[0] <= first <= last <= year.months()[-1]:
        raise row.refuse("last_month", "期間が年度の外です。", "年度の中の月にしてください。")
    code = row.optional_code("charged_to")
    return costs.CostItem(
        str(uuid4()),
        year,
        stage,
        known.service(row).id,
        known.category(row).id,
        row.text("name"),
        row.yen("amount_incl_tax"),
        first,
        last,
        None if code is None else _member(row, code, known).id,
        row.optional("note"),
        row.text("source").startswith("見本"),
        tax_rate=row.fraction("tax_rate") if row.optional("tax_rate") else None,
    )


def _member(row: Row, code: MunicipalityCode, known: _Known) -> members.Member:
    if code not in known.towns:
        raise BadInputError(
            "表を読みました。", f"「{code}」は構成団体ではありません。",
            "members.csv にある団体コードを書いてください。", path=f"{row.place} charged_to",
        )  # fmt: skip
    return known.towns[code]
