"""The result as one plain document, and back (算定結果の正規文書)."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given

from consortium.domain.calendar.period import Period
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.sharing.document import FORMAT, read, write
from consortium.domain.sharing.result import Result
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
from tests.domain.properties.agreements import Matter, matters, shared_or_skipped

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(__file__).with_name("cases")


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
@given(matters())
def test_a_document_read_back_is_the_result(matter: Matter) -> None:
    result = shared_or_skipped(matter)
    text = canonical(write(result))
    again = read(json.loads(text))
    assert again == result
    assert canonical(write(again)) == text


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
    assert document["format"] == FORMAT == 1
    assert document["fiscal_year"] == 2021
    assert document["total"] == 1_000_001 - 7 + 55
    assert document["amounts"] == dict(
        zip([HIROSAKI, HIRAKAWA, FUJISAKI], result.amounts, strict=True)
    )


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
