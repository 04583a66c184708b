"""The result as one plain document, and back (算定結果の正規文書)."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given

from consortium.domain.calendar.period import Period
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.sharing.document import FORMAT, read, read_cost, write, write_cost
from consortium.domain.sharing.explanation import explain
from consortium.domain.sharing.result import DIRECT, Charge, Finding, Result
from consortium.domain.sharing.sentences import render_tree
from consortium.usecases.cases import compute
from tests.depth import examples
from tests.domain.agreement import (
    EQUAL,
    FUJISAKI,
    HIRAKAWA,
    HIROSAKI,
    by_table,
    make_facts,
    make_item,
    make_rule,
    shared,
)
from tests.domain.properties.agreements import Matter, matters
from tests.domain.properties.engine import shared_or_skipped

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(__file__).with_name("cases")

#: Every key of a document (format 2), of a basis, of a stretch of time and of a rule in it.
TOP = {
    "format", "fiscal_year", "parties", "series", "pots", "items", "amounts", "total",
    "unallocated", "findings", "beside",
}  # fmt: skip
SERIES = {
    "key", "label", "values", "reference_date", "edition", "certainty", "source", "published_on",
    "period_from",
}  # fmt: skip
WINDOW = {"first", "last", "part", "rule", "positions", "weights", "days"}
RULE = {"since", "source", "components", "rounding", "proration", "leaving"}


def test_a_cost_says_its_tax_rate_only_where_it_is_known() -> None:
    """Documents frozen before there were rates keep their bytes, and are read."""
    plain = write_cost(make_item(100))
    assert "tax_rate" not in plain
    assert read_cost(plain).tax_rate is None
    taxed = write_cost(make_item(100, tax_rate=Fraction(8, 100)))
    assert taxed == {**plain, "tax_rate": "2/25"}
    assert read_cost(taxed).tax_rate == Fraction(8, 100)


def rich() -> Result:
    """Share with everything a document can hold."""
    facts = make_facts(
        units={HIROSAKI: 3, HIRAKAWA: 0, FUJISAKI: 2},
        stays={FUJISAKI: [Period(date(2021, 6, 1))]},
    )
    edition = replace(facts.series["units"], edition="速報", certainty="見込", source="調査票")
    rule = make_rule(EQUAL, by_table("9.5"), level="item", residual="lead", mode="half_up")
    items = [
        make_item(1_000_001, key="a"),
        make_item(-7, no=2),
        make_item(55, no=3, charge_to=HIRAKAWA),
    ]
    return shared(items, rule, replace(facts, series={"units": edition}))


def values(plain: object) -> Iterator[object]:
    """Give every value of a plain document, however deep."""
    if isinstance(plain, dict):
        for key, value in plain.items():
            assert isinstance(key, str)
            yield from values(value)
    elif isinstance(plain, list):
        for value in plain:
            yield from values(value)
    else:
        yield plain


@pytest.mark.property
@examples(1_000)
@given(matters(wide=True))
def test_a_document_read_back_is_the_result(matter: Matter) -> None:
    result = shared_or_skipped(matter)
    text = canonical(write(result))
    again = read(json.loads(text))
    assert again == result
    assert canonical(write(again)) == text


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_document_of_every_kind_of_agreement_read_back_is_the_result(path: Path) -> None:
    result = compute(path.read_bytes()).result
    plain = json.loads(canonical(write(result)))
    assert read(plain) == result
    assert plain["unallocated"] == result.unallocated
    assert set(plain) == TOP
    assert {key for series in plain["series"] for key in series} <= SERIES
    windows = [window for pot in plain["pots"] for window in pot["windows"]]
    assert {key for window in windows for key in window} <= WINDOW
    assert {key for window in windows for key in window["rule"]} <= RULE


def test_days_of_a_basis_survive() -> None:
    units = rich().series[0]
    dated = replace(units, published_on=date(2021, 6, 25), period_from=date(2020, 1, 1))
    again = read(json.loads(canonical(write(replace(rich(), series=(dated,))))))
    assert again.series == (dated,)


def test_everything_that_a_result_holds_survives() -> None:
    result = rich()
    again = read(json.loads(canonical(write(result))))
    assert again == result
    assert again.findings == result.findings != ()
    assert list(again.lines()) == list(result.lines())


def test_a_document_holds_texts_and_whole_numbers_only() -> None:
    found = {type(value) for value in values(write(rich()))}
    assert found == {str, int, bool, type(None)}
    assert json.loads(canonical(write(rich()))) == write(rich())


def test_a_document_names_its_format_and_repeats_the_sums() -> None:
    result = rich()
    document = write(result)
    assert document["format"] == FORMAT == 2
    assert document["fiscal_year"] == 2021
    assert document["total"] == 1_000_001 - 7 + 55
    assert document["amounts"] == dict(
        zip([HIROSAKI, HIRAKAWA, FUJISAKI], result.amounts, strict=True)
    )


#: As the first version wrote it (format 1): 101 yen equally, a yen nobody took, 55 yen directly.
FIRST_FORMAT = """
{"format": 1, "fiscal_year": 2021,
 "parties": [["022021", "弘前市", true], ["022101", "平川市", false]],
 "series": [{"key": "units", "label": "端末台数", "values": {"022021": "3/1"},
             "reference_date": "2021-01-01", "edition": "速報", "certainty": "見込",
             "source": "調査票"}],
 "pots": [{"windows": [{"first": "2021-04", "last": "2022-03", "part": "1/1",
                        "rule": {"since": "2015-04-01",
                                 "source": ["協定書(例)", "第5条", "2014-12-01", ""],
                                 "components": [["equal", "equal", "均等割", "1/1", null]],
                                 "rounding": {"unit": 1, "mode": "floor", "level": "item",
                                              "residual": "unallocated"},
                                 "proration": "monthly"},
                        "positions": [0, 1], "weights": [["1/1", "1/1"]]}],
           "components": [["equal", "均等割（1/1）", "1/1", [[1, 1], 2, [0, 1], 0]]],
           "cut": [[1], 1, [0], 0], "whole": [[1, 1], 2, [0, 1], 0],
           "cells": [[[1], 1, [0], 0], null]}],
 "items": [{"no": 1, "name": "運用費", "category": "運用", "amount": 101, "first": "2021-04",
            "last": "2022-03", "service": "", "charge_to": null, "key": "a", "pot": 0,
            "records": [[[50, 50], [50, 50], [1, 1], [], 0, null, 1]],
            "cuts": [[50, 50]], "moved": []},
           {"no": 2, "name": "移行費", "category": "", "amount": 55, "first": "2021-06",
            "last": "2021-06", "service": "", "charge_to": "022101", "key": "", "pot": null,
            "records": [], "cuts": [[0, 55]], "moved": []}],
 "amounts": {"022021": 50, "022101": 105}, "total": 156, "unallocated": 1,
 "findings": ["端数差額 1円は、どの団体にも割り当てていません。"]}
"""


def test_a_document_of_the_first_format_is_still_read() -> None:
    result = read(json.loads(FIRST_FORMAT))
    assert result.matrix == ((50, 50), (0, 55))
    assert (result.amounts, result.total, result.unallocated) == ((50, 105), 156, 1)
    assert result.findings == (Finding("端数差額 1円は、どの団体にも割り当てていません。"),)
    assert [(line.component, line.code, line.amount) for line in result.lines()] == [
        ("equal", HIROSAKI, 50),
        ("equal", HIRAKAWA, 50),
        ("direct", HIRAKAWA, 55),
    ]
    (shared_item, charged) = result.items
    assert shared_item.item.key == "a"
    assert shared_item.portions[0].records[0].unallocated == 1
    assert (charged.portions, charged.charges) == ((), (Charge(DIRECT, (0, 55)),))
    assert explain(result, 2, HIRAKAWA).value == 55
    assert "正確な額は約50.5000円" in "".join(render_tree(explain(result, 1, HIROSAKI)))
    (series,) = result.series
    assert (series.certainty, series.reference_date) == ("見込", date(2021, 1, 1))
    rule = result.pots[0].windows[0].rule
    assert rule.source.decided_on == date(2014, 12, 1)
    assert (rule.require().leaving, rule.require().rounding.ratio_digits) == ("month", None)
    # Written again it has the present shape and says the same.
    again = write(result)
    assert again["format"] == FORMAT
    assert read(json.loads(canonical(again))) == result


HASHED = """
import hashlib, pathlib, sys
from consortium.domain.canonical import canonical
from consortium.domain.sharing.document import write
from consortium.usecases.cases import compute
total = hashlib.sha256()
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.yaml")):
    total.update(canonical(write(compute(path.read_bytes()).result)).encode())
print(total.hexdigest())
"""


def test_the_text_is_the_same_in_every_process_time_zone_and_hash_seed() -> None:
    here = hashlib.sha256()
    for path in sorted(CASES.glob("*.yaml")):
        here.update(canonical(write(compute(path.read_bytes()).result)).encode())
    for seed, zone in (("0", "UTC"), ("1", "Asia/Tokyo"), ("4711", "America/New_York")):
        environ = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", HASHED, str(CASES)],
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == here.hexdigest()


def test_another_figure_gives_another_hash() -> None:
    texts = {canonical(write(shared(amount, make_rule(EQUAL)))) for amount in (100, 101)}
    assert len({sha256_hex(text) for text in texts}) == 2
