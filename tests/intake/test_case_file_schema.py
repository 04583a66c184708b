"""docs/case-file.schema.json says the same as the reader of case files (算定ケースの形)."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from consortium.domain.errors import DomainError
from consortium.domain.funding import TREATMENTS
from consortium.domain.invoicing import TAX_PER
from consortium.domain.sharing.dating import DATINGS
from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.sharing.rule import LEAVINGS
from consortium.domain.yen import LEVELS, MODES, RESIDUALS, UNITS
from consortium.intake.case_rules import RESERVED
from consortium.intake.casefile import read_case
from consortium.intake.plain_yaml import parse
from tests.intake.test_case_file_document import allowed

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "case-file.schema.json").read_text(encoding="utf-8"))
DEFS = SCHEMA["$defs"]
CHECK = Draft202012Validator(SCHEMA)
CASES = sorted((ROOT / "tests" / "domain" / "cases").glob("*.yaml"))
FENCED = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
BASES, COMPONENT = ("bases", "population"), ("rules", 0, "components", 1)

#: Every key of every table of docs/case-file.md once.
WHOLE = """\
name: すべてのキー
fiscal_year: 2025
as_of: 令和7年4月1日
members:
  - {code: "022021", name: 弘前市, since: "2015-04-01", lead: true}
  - {code: "023817", name: 板柳町, since: "2021-06-01", until: "2026-04-01"}
bases:
  population:
    label: 国勢調査人口
    editions:
      - {reference_date: "2020-10-01", edition: 速報, published_on: "2021-06-25", certainty: 見込,
         source: 総務省, values: {"022021": 3, "023817": "1.5"}}
  usage:
    {label: 利用件数, reference_date: "2024-12-31", period_from: "2024-01-01", edition: 確定,
     published_on: "2025-02-01", certainty: 確定, source: 台帳, values: {"022021": 3, "023817": 1}}
rules:
  - since: "2015-04-01"
    source: 協定書(例)
    category: 運用
    components:
      - {basis: equal, weight: 20, label: 平等割}
      - {basis: population, weight: "80.5", power: "0.585", dating: latest}
      - {basis: 固定, weight: 1, values: {"022021": 2, "023817": 1}}
      - {basis: 所在地, weight: 1, host: "022021"}
      - {basis: usage, weight: 1, overrides: {"023817": 2}, override_source: 覚書,
         dating: {cumulated: {from: "2024-01-01", to: "2024-12-31"}}}
    rounding: {unit: 1000, mode: floor, level: item, residual: largest_remainder, ratio_digits: 3}
    proration: daily
    leaving: year
  - since: "2015-04-01"
    components: [{basis: population, percent: "0.3", dating: {previous_fiscal_year: "09-30"}}]
  - since: "2016-04-01"
    components: [{basis: population, weight: 1, dating: {frozen: "2020-10-01", edition: 速報}}]
rounding: {unit: 1}
proration: none
leaving: month
items:
  - {name: 運用費, category: 運用, amount: -5, tax_rate: 10, from: "2025-04", to: "2026-03"}
  - {name: 保守費, net: 1000, tax_rate: "10", invoice: A, charge_to: "023817"}
  - {name: 回線費, usd: {"2025-04": "1000.00"}, tax_rate: 8}
  - {name: 印刷費, amount: 20000,
     usage: {unit_price: 12, quantities: {"022021": 1000}, mode: ceil}}
  - {name: 割合}
invoices:
  A: {tax_per: invoice, mode: half_up}
exchange_rates:
  mode: ceil
  rates:
    "2025-04": "149.53"
    "2025-05": {rate: 150, source: 日本銀行, quoted_on: "2025-05-30"}
grants:
  - {name: 県補助金, item: 運用費, amount: 1, treatment: PRE_SPLIT}
  - {member: "023817", amount: 1, treatment: PER_MEMBER}
  - {rate: "0.3", treatment: INFO_ONLY}
terms:
  - {name: 第1期, since: "2015-04-01", until: "2022-04-01"}
build_costs:
  - {name: 構築費, amount: 1, term: 第1期, category: 運用, joining: true, leaving: true}
dampening:
  {previous: {"022021": 1}, up: 5, down: "2.5", tolerance: 3, order: ["023817"], source: 第9条}
instalments: {percents: [25, "25.5"], unit: 1000, mode: ceil}
expect: {"022021": 0, "023817": -1}
"""


def faults(plain: object) -> list[str]:
    """Give what the schema refuses in plain values."""
    return [f"{error.json_path}: {error.message}" for error in CHECK.iter_errors(plain)]


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Give every part of the schema that lists the keys of a table."""
    if isinstance(schema, dict):
        if schema.get("additionalProperties") is False:
            yield schema
        for below in schema.values():
            yield from objects(below)
    elif isinstance(schema, list):
        for below in schema:
            yield from objects(below)


def whole() -> Any:
    """Give the case with every key as plain values."""
    return parse(WHOLE.encode())


def examples() -> Iterator[tuple[str, str]]:
    """Give each example of the documents, a part of rules.md with what they have in common."""
    for name in ("case-file.md", "rules.md"):
        found = FENCED.findall((ROOT / "docs" / name).read_text(encoding="utf-8"))
        for number, text in enumerate(found):
            if "items:" in text:
                yield f"{name} {number}", text if "members:" in text else found[0] + text


# ---- what is allowed -----------------------------------------------------------------------------


def test_the_schema_is_one_of_the_draft_it_names() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_keys_of_the_schema_are_those_the_reader_allows() -> None:
    keys = [set(each["properties"]) for each in objects(SCHEMA)]
    assert sorted(map(sorted, keys)) == sorted(map(sorted, allowed()))


def test_the_words_of_the_schema_are_those_of_the_registries() -> None:
    rounding = DEFS["rounding"]["properties"]
    words = {
        "mode": (DEFS["mode"], MODES),
        "unit": (DEFS["unit"], UNITS),
        "level": (rounding["level"], LEVELS),
        "residual": (rounding["residual"], RESIDUALS),
        "proration": (DEFS["proration"], PRORATIONS),
        "leaving": (DEFS["leaving"], LEAVINGS),
        "treatment": (DEFS["grant"]["properties"]["treatment"], TREATMENTS),
        "tax_per": (DEFS["invoice"]["properties"]["tax_per"], TAX_PER),
    }
    for name, (part, registry) in words.items():
        assert part["enum"] == list(registry), name
    reserved = SCHEMA["properties"]["bases"]["propertyNames"]["not"]["enum"]
    assert sorted(reserved) == sorted(RESERVED)
    word, table = DEFS["dating"]["oneOf"]
    assert {*word["enum"], *table["properties"]} - {"edition"} == set(DATINGS)


def test_the_same_keys_are_required_as_by_the_documents() -> None:
    assert SCHEMA["required"] == ["fiscal_year", "members", "rules", "items"]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_case_file_has_the_form(path: Path) -> None:
    assert faults(parse(path.read_bytes())) == []


@pytest.mark.parametrize(("name", "text"), list(examples()), ids=lambda value: str(value)[:20])
def test_every_example_of_the_documents_has_the_form(name: str, text: str) -> None:
    assert faults(parse(text.encode())) == [], name


def test_a_case_with_every_key_is_read_and_has_the_form() -> None:
    assert len(read_case(WHOLE.encode()).items) == len(whole()["items"])
    assert faults(whole()) == []
    used: set[str] = set()

    def note(value: Any) -> None:
        if isinstance(value, dict):
            used.update(value)
            for below in value.values():
                note(below)
        elif isinstance(value, list):
            for below in value:
                note(below)

    note(whole())
    assert {key for each in objects(SCHEMA) for key in each["properties"]} <= used


def test_every_key_is_explained_in_japanese() -> None:
    for each in objects(SCHEMA):
        for key, part in each["properties"].items():
            target = DEFS[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
            text = part.get("description") or target.get("description", "")
            assert re.search("[ぁ-んァ-ヶ一-龠]", text), key


# ---- what is refused -----------------------------------------------------------------------------


def put(*path: Any, value: Any) -> Callable[[Any], None]:
    """Set what stands under a path."""

    def change(plain: Any) -> None:
        for key in path[:-1]:
            plain = plain[key]
        plain[path[-1]] = value

    return change


def without(*path: Any) -> Callable[[Any], None]:
    """Remove what stands under a path."""

    def change(plain: Any) -> None:
        for key in path[:-1]:
            plain = plain[key]
        del plain[path[-1]]

    return change


MUTATIONS: dict[str, Callable[[Any], None]] = {
    "an unknown key": put("itmes", value=[]),
    "no items": put("items", value=[]),
    "no year": without("fiscal_year"),
    "a year as text": put("fiscal_year", value="2025"),
    "a year too early": put("fiscal_year", value=1988),
    "a code of five digits": put("members", 0, "code", value="02202"),
    "a code as a number": put("members", 0, "code", value=22021),
    "a code with letters": put("expect", value={"0220a1": 1}),
    "a name that is empty": put("members", 0, "name", value=" "),
    "lead in words": put("members", 0, "lead", value="はい"),
    "a day without digits": put("members", 0, "since", value="きのう"),
    "yen with decimals": put("items", 0, "amount", value=1.5),
    "yen as text": put("items", 0, "amount", value="1000"),
    "yen too large": put("items", 0, "amount", value=10**15),
    "true for yen": put("items", 0, "amount", value=True),
    "a month of thirteen": put("items", 0, "from", value="2025-13"),
    "an amount twice": put("items", 0, "net", value=1),
    "net without a rate": without("items", 1, "tax_rate"),
    "an invoice of 税込": put("items", 0, "invoice", value="A"),
    "more tax than all within 税込": put("items", 0, "tax_rate", value="100.5"),
    "an invoice without a rate": put("items", 3, "invoice", value="A"),
    "usage charged to one": put("items", 3, "charge_to", value="022021"),
    "usage without a price": without("items", 3, "usage", "unit_price"),
    "a negative quantity": put("items", 3, "usage", "quantities", "022021", value=-1),
    "dollars of no month": put("items", 2, "usd", value={}),
    "dollars in a year": put("items", 2, "usd", value={"2025": 1}),
    "a reserved basis": put("bases", "grant", value={"values": {}}),
    "values beside editions": put(*BASES, "values", value={}),
    "no values": without("bases", "usage", "values"),
    "a negative value": put("bases", "usage", "values", "022021", value="-1"),
    "an edition without a date": without(*BASES, "editions", 0, "reference_date"),
    "a certainty of its own": put("bases", "usage", "certainty", value="未定"),
    "a rule without components": put("rules", 0, "components", value=[]),
    "a weight of zero": put(*COMPONENT, "weight", value=0),
    "a weight of 0.0": put(*COMPONENT, "weight", value="0.0"),
    "a weight as a decimal": put(*COMPONENT, "weight", value=9.5),
    "no weight": without(*COMPONENT, "weight"),
    "a percentage beside a weight": put(*COMPONENT, "percent", value=1),
    "a power of equal parts": put("rules", 0, "components", 0, "power", value=1),
    "a host with values": put("rules", 0, "components", 3, "values", value={"022021": 1}),
    "a dating of fixed parts": put("rules", 0, "components", 2, "dating", value="latest"),
    "a reason without values": without("rules", 0, "components", 4, "overrides"),
    "an unknown dating": put(*COMPONENT, "dating", value="newest"),
    "two datings": put(
        *COMPONENT, "dating", value={"frozen": "2020-10-01", "previous_fiscal_year": "09-30"}
    ),
    "an edition without frozen": put(
        *COMPONENT, "dating", value={"previous_fiscal_year": "09-30", "edition": "速報"}
    ),
    "a day that no year has": put(*COMPONENT, "dating", value={"previous_fiscal_year": "13-01"}),
    "a unit of ten": put("rounding", "unit", value=10),
    "an unknown mode": put("rounding", "mode", value="round"),
    "no digits": put("rounding", "ratio_digits", value=0),
    "an unknown proration": put("proration", value="weekly"),
    "a leaving in words": put("leaving", value="年度末"),
    "a grant without a treatment": without("grants", 0, "treatment"),
    "a grant that lowers nothing": without("grants", 0, "item"),
    "a grant to nobody": without("grants", 1, "member"),
    "a grant below zero": put("grants", 1, "amount", value=-1),
    "a grant twice": put("grants", 2, "amount", value=1),
    "a rate of a real grant": put("grants", 1, value={
        "member": "023817", "rate": "0.3", "treatment": "PER_MEMBER",
    }),
    "a term without an end": without("terms", 0, "until"),
    "a build cost of nothing": put("build_costs", 0, "amount", value=0),
    "a dampening without bounds": put("dampening", value={"previous": {}}),
    "a tax of more than all": put("items", 1, "tax_rate", value="100.5"),
    "a reduction of more than all": put("dampening", "down", value=101),
    "an order twice": put("dampening", "order", value=["023817", "023817"]),
    "an unknown order": put("dampening", "order", value="by_size"),
    "a rate of zero": put("exchange_rates", "rates", "2025-04", value=0),
    "a rate without its number": without("exchange_rates", "rates", "2025-05", "rate"),
    "rates of no month": put("exchange_rates", "rates", "四月", value=1),
    "tax per month": put("invoices", "A", "tax_per", value="month"),
    "instalments without parts": put("instalments", "percents", value=[]),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_case_that_the_reader_refuses_has_not_the_form(name: str) -> None:
    plain = copy.deepcopy(whole())
    MUTATIONS[name](plain)
    with pytest.raises(DomainError):
        read_case(json.dumps(plain, ensure_ascii=False).encode())
    assert faults(plain) != []


def tables() -> Iterator[tuple[Any, ...]]:
    """Give the path of every table of the case with every key."""

    def walk(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        if isinstance(value, dict):
            if not {"022021", "2025-04", "population", "A"} & set(value) and "023817" not in value:
                yield path
            for key, below in value.items():
                yield from walk(below, (*path, key))
        elif isinstance(value, list):
            for number, below in enumerate(value):
                yield from walk(below, (*path, number))

    yield from walk(whole(), ())


@pytest.mark.parametrize("path", list(tables()), ids=lambda path: ".".join(map(str, path)) or "top")
def test_an_unknown_key_is_refused_in_every_table(path: tuple[Any, ...]) -> None:
    plain = copy.deepcopy(whole())
    put(*path, "知らないキー", value=1)(plain)
    assert faults(plain) != []
