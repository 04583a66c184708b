"""What the column types let in and give back (列の型)."""

from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from consortium.db import models
from consortium.db.unit import reading
from tests.db import rows

TOKYO = timezone(timedelta(hours=9))


def test_a_time_in_japan_comes_back_aware_and_in_utc(database: Flask) -> None:
    rows.save_consortium()
    six_in_japan = datetime(2027, 1, 4, 6, 0, tzinfo=TOKYO)
    with rows.write() as unit:
        unit.operational()
        unit.session.add(models.LoginAttempt(bucket="x", window_start=six_in_japan))
    with reading() as session:
        stored = session.scalars(select(models.LoginAttempt.window_start)).one()
    assert stored == datetime(2027, 1, 3, 21, 0, tzinfo=UTC)
    assert stored.tzinfo is UTC


def test_a_time_keeps_its_microseconds(database: Flask) -> None:
    rows.save_consortium()
    instant = datetime(2027, 1, 4, 6, 0, 0, 123_457, tzinfo=UTC)
    with rows.write() as unit:
        unit.operational()
        unit.session.add(models.LoginAttempt(bucket="x", window_start=instant))
    with reading() as session:
        assert session.scalars(select(models.LoginAttempt.window_start)).one() == instant


def test_a_time_without_zone_is_refused(database: Flask) -> None:
    naive = datetime(2027, 1, 4, 6, 0)  # noqa: DTZ001 -- what must be refused
    with pytest.raises(StatementError, match="time zone"), rows.write() as unit:
        unit.session.add(models.LoginAttempt(bucket="x", window_start=naive))


@pytest.mark.parametrize("amount", [5.0, True, "5", Fraction(5)])
def test_yen_are_whole_numbers_and_nothing_else(database: Flask, amount: object) -> None:
    rows.save_one_of_each()
    with pytest.raises(StatementError, match="yen must be int"), rows.write() as unit:
        unit.session.add(rows.cost_item(id="i-2", amount_incl_tax=amount))


def test_yen_hold_more_than_32_bits_and_refunds(database: Flask) -> None:
    rows.save_one_of_each()
    with rows.write() as unit:
        unit.session.add(rows.cost_item(id="i-2", amount_incl_tax=-100_000_000_000))
        rows.note(unit)
    with reading() as session:
        item = session.get_one(models.CostItem, "i-2")
        assert item.amount_incl_tax == -100_000_000_000


def test_a_fraction_is_kept_exactly_and_always_as_numerator_and_denominator(
    database: Flask,
) -> None:
    rows.save_consortium()
    with rows.write() as unit:
        unit.session.add(rows.basis_value(id="third", value=Fraction(2, 6)))
        unit.session.add(rows.basis_value(id="whole", edition="速報", value=Fraction(177_411)))
        rows.note(unit)
    with reading() as session:
        assert session.get_one(models.BasisValue, "third").value == Fraction(1, 3)
        stored = session.execute(text("SELECT id, value FROM basis_value ORDER BY id")).all()
        assert [tuple(row) for row in stored] == [("third", "1/3"), ("whole", "177411/1")]


@pytest.mark.parametrize("value", [0.5, 5, "1/3"])
def test_a_basis_value_must_be_a_fraction(database: Flask, value: object) -> None:
    rows.save_consortium()
    with pytest.raises(StatementError, match="must be Fraction"), rows.write() as unit:
        unit.session.add(rows.basis_value(value=value))


def test_a_fraction_changed_by_hand_is_noticed(database: Flask, database_url: str) -> None:
    rows.save_one_of_each()
    rows.by_hand(database_url, "UPDATE basis_value SET value = '0.5'")
    with reading() as session, pytest.raises(ValueError, match="not a stored fraction"):
        session.get_one(models.BasisValue, "b-1")


@pytest.mark.parametrize(
    ("value", "stored"),
    [("149.53", "149.53"), ("1000", "1000"), ("-0.05", "-0.05"), ("0", "0"), ("1e-30", None)],
)
def test_a_decimal_is_kept_as_people_write_it(
    database: Flask, value: str, stored: str | None
) -> None:
    rows.save_one_of_each()
    with rows.write() as unit:
        unit.session.get_one(models.CostItemUsd, "iu-1").amount = Fraction(value)
        rows.note(unit)
    with reading() as session:
        assert session.get_one(models.CostItemUsd, "iu-1").amount == Fraction(value)
        kept = session.scalar(text("SELECT amount FROM cost_item_usd"))
    assert kept == (stored or f"0.{'0' * 29}1")


@pytest.mark.parametrize(
    ("value", "why"),
    [(0.5, "must be Fraction"), ("149.53", "must be Fraction"), (Fraction(1, 3), "no decimal")],
)
def test_a_decimal_is_an_exact_number_with_an_end(database: Flask, value: object, why: str) -> None:
    rows.save_one_of_each()
    with pytest.raises(StatementError, match=why), rows.write() as unit:
        unit.session.add(
            models.ExchangeRate(
                id="x-2", consortium_id="c-1", month=date(2021, 5, 1), rate=value, source="TTM"
            )
        )


@pytest.mark.parametrize("by_hand", ["1/2", "1e3", "１", "1,000", "", "NaN"])
def test_a_decimal_changed_by_hand_is_noticed(
    database: Flask, database_url: str, by_hand: str
) -> None:
    rows.save_one_of_each()
    rows.by_hand(database_url, f"UPDATE exchange_rate SET rate = '{by_hand}'")
    with reading() as session, pytest.raises(ValueError, match="not a stored decimal"):
        session.get_one(models.ExchangeRate, "x-1")


@pytest.mark.parametrize("code", [22021, "22021", "０２２０２１"])
def test_a_municipality_code_is_six_digits_of_text(database: Flask, code: object) -> None:
    rows.save_consortium()
    with pytest.raises(StatementError, match="six-digit"), rows.write() as unit:
        unit.session.add(rows.member(code=code))


def test_a_municipality_code_keeps_its_leading_zero(database: Flask) -> None:
    rows.save_one_of_each()
    with reading() as session:
        assert session.get_one(models.Member, "m-1").code == "022021"
