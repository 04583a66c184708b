"""One text for one content (正規形)."""

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest

from consortium.domain.canonical import canonical, sha256_hex

GA = "か\u3099"  # two characters that are one: が


def test_keys_are_sorted_and_nothing_is_spaced() -> None:
    assert canonical({"b": [1, True, None], "a": {"d": "x", "c": ()}}) == (
        '{"a":{"c":[],"d":"x"},"b":[1,true,null]}'
    )


def test_fractions_are_written_in_lowest_terms() -> None:
    assert canonical([Fraction(2, 4), Fraction(3)]) == '["1/2","3/1"]'


def test_days_and_instants_are_written_as_iso() -> None:
    instant = datetime(2021, 6, 1, 10, 0, tzinfo=UTC)
    assert canonical([date(2021, 6, 1), instant]) == '["2021-06-01","2021-06-01T10:00:00+00:00"]'


def test_texts_are_composed_also_as_keys() -> None:
    assert canonical({GA: GA}) == '{"が":"が"}'


def test_keys_that_become_the_same_are_refused() -> None:
    mappings: list[dict[Any, int]] = [{GA: 1, "が": 2}, {1: 1, "1": 2}]
    for mapping in mappings:
        with pytest.raises(TypeError, match="same canonical form"):
            canonical(mapping)


def test_japanese_stays_readable() -> None:
    assert canonical("弘前市") == '"弘前市"'


@pytest.mark.parametrize("value", [1.0, float("nan"), b"x", {1, 2}, object(), [0.5], {"a": 0.5}])
def test_floats_and_unknown_types_are_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no canonical form"):
        canonical(value)


def test_the_hash_of_a_text_is_that_of_its_utf8_bytes() -> None:
    # The standard's own example for "abc" (FIPS 180-2, appendix B.1).
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_hex("abc") == sha256_hex(b"abc") == expected
    assert sha256_hex("弘前市") == sha256_hex("弘前市".encode())
