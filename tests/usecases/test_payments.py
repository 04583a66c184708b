"""Recording and voiding payments, and what is overdue (収納・期限超過)."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.unit import reading
from consortium.domain.errors import BadInputError, NotFoundError
from consortium.domain.yen import Yen
from consortium.usecases import payments
from consortium.usecases.overdue import overdue
from consortium.usecases.payments import Entry
from tests.collecting import YEAR, cancel_notice, line_of, pay, send_notices
from tests.db.rows import by_hand
from tests.factories import add_foreign_consortium, everything
from tests.office import FUJISAKI, ITAYANAGI, Office, chain_faults, count, issued_office

pytestmark = pytest.mark.usefixtures("plain_files")

MAY, TODAY = date(2026, 5, 20), date(2026, 12, 1)


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return issued_office(tmp_path / "files", clock, 2026, "planned")


@pytest.fixture
def sent(office: Office) -> dict[str, str]:
    """Notify the first instalment."""
    return send_notices(office, 1)


def refused(office: Office, path: str, **changes: object) -> str:
    """Give the refusal of a payment, with nothing changed."""
    before = everything()
    entry = replace(Entry("", MAY, Yen(1_000)), **changes)  # type: ignore[arg-type]
    with pytest.raises(BadInputError) as refusal:
        payments.record_payment(
            office.staff, YEAR, ITAYANAGI, entry, office.clock.now(), str(uuid4())
        )
    assert refusal.value.path == path
    assert everything() == before
    return str(refusal.value)


def test_a_payment_in_full_leaves_nothing_open(office: Office, sent: dict[str, str]) -> None:
    due = line_of(office, ITAYANAGI, 1).amount
    saved = pay(office, ITAYANAGI, due, MAY, sent[ITAYANAGI], reference_number="会-1", note="振込")
    line = line_of(office, ITAYANAGI, 1)
    assert (line.paid, line.open) == (due, 0)
    assert (saved.statement_id, saved.instalment, saved.kind) == (sent[ITAYANAGI], 1, "received")
    assert chain_faults(office) == []


@pytest.mark.parametrize("difference", [-1_000, 1_000])
def test_partial_and_over_payment_are_kept_as_they_are(
    office: Office, sent: dict[str, str], difference: int
) -> None:
    due = line_of(office, ITAYANAGI, 1).amount
    pay(office, ITAYANAGI, due + difference, MAY, sent[ITAYANAGI])
    line = line_of(office, ITAYANAGI, 1)
    assert line.paid == due + difference
    assert line.open == max(0, -difference)
    assert line_of(office, ITAYANAGI, 2).paid == 0


def test_money_that_names_no_instalment_goes_to_the_earliest_open(
    office: Office, sent: dict[str, str]
) -> None:
    due = line_of(office, ITAYANAGI, 1).amount
    pay(office, ITAYANAGI, due - 500, MAY, sent[ITAYANAGI])
    pay(office, ITAYANAGI, 700, MAY)
    assert [line_of(office, ITAYANAGI, no).paid for no in (1, 2)] == [due, 200]


def test_an_instalment_not_notified_can_be_paid(office: Office) -> None:
    saved = pay(office, ITAYANAGI, 1_000, MAY, "I2")
    assert (saved.statement_id, saved.instalment) == (None, 2)
    assert line_of(office, ITAYANAGI, 2).paid == 1_000


def test_a_payment_for_a_cancelled_notice_is_refused(office: Office, sent: dict[str, str]) -> None:
    cancel_notice(office, sent[ITAYANAGI])
    assert "取り消されています" in refused(office, "target", target=sent[ITAYANAGI])
    again = send_notices(office, 1)
    assert pay(office, ITAYANAGI, 1_000, MAY, again[ITAYANAGI]).instalment == 1
    refused(office, "target", target=sent[ITAYANAGI], amount=Yen(5))


def test_another_towns_notice_is_refused(office: Office, sent: dict[str, str]) -> None:
    assert "この団体・年度のものではありません" in refused(office, "target", target=sent[FUJISAKI])
    refused(office, "target", target="I9")
    refused(office, "target", target="x")


def test_what_cannot_be_is_refused(office: Office) -> None:
    assert "金額が0円" in refused(office, "amount", amount=Yen(0))
    refused(office, "amount", amount=Yen(-5))
    refused(office, "amount", amount=Yen(10**12))
    assert "まだ来ていない" in refused(office, "paid_on", paid_on=date(2026, 12, 2))
    assert "年度の始まる" in refused(office, "paid_on", paid_on=date(2016, 5, 20))
    assert pay(office, ITAYANAGI, 1, TODAY).amount == 1


def test_an_unknown_town_is_refused(office: Office) -> None:
    before = everything()
    for code in ("022012", "999999"):
        with pytest.raises(NotFoundError):
            pay(office, code, 1_000, MAY)
    assert everything() == before


def test_sending_the_form_twice_records_one(office: Office) -> None:
    form, entry = str(uuid4()), Entry("I1", MAY, Yen(1_000), "会-1")
    now = office.clock.now()
    first = payments.record_payment(office.staff, YEAR, ITAYANAGI, entry, now, form)
    assert payments.record_payment(office.staff, YEAR, ITAYANAGI, entry, now, form) == first
    assert count(models.Payment) == 1
    other = replace(entry, amount=Yen(2_000))
    with pytest.raises(BadInputError) as refusal:
        payments.record_payment(office.staff, YEAR, ITAYANAGI, other, now, form)
    assert refusal.value.path == "record_id"
    for target in ("", "I2"):  # the same money for something else
        with pytest.raises(BadInputError):
            payments.record_payment(
                office.staff, YEAR, ITAYANAGI, replace(entry, target=target), now, form
            )
    assert count(models.Payment) == 1


def test_the_same_money_is_not_recorded_twice(office: Office) -> None:
    pay(office, ITAYANAGI, 1_000, MAY, "I1", reference_number="会-1")
    assert "会-1" in refused(office, "reference_number", reference_number="会-1", amount=Yen(2))
    assert "同じ期・収納日・金額" in refused(office, "amount", target="I1")
    # Two payments that only look alike are told apart by their numbers.
    pay(office, ITAYANAGI, 1_000, MAY, "I1", reference_number="会-2")
    assert line_of(office, ITAYANAGI, 1).paid == 2_000


def test_a_voided_payment_counts_no_more_and_stays_visible(office: Office) -> None:
    saved = pay(office, ITAYANAGI, 1_000, MAY, "I1", reference_number="会-1")
    now = office.clock.now()
    with pytest.raises(BadInputError) as refusal:
        payments.void_payment(office.staff, saved.id, "  ", now)
    assert refusal.value.path == "reason"
    payments.void_payment(office.staff, saved.id, "団体の取違え", now)
    before = everything()
    payments.void_payment(office.staff, saved.id, "もう一度", now)
    assert everything() == before
    page = payments.show_town(office.staff, YEAR, ITAYANAGI)
    (shown,) = page.payments
    assert shown.voided is not None
    assert (shown.voided.reason, shown.voided.by) == ("団体の取違え", office.staff.name)
    assert page.ledger.paid(ITAYANAGI) == line_of(office, ITAYANAGI, 1).paid == 0
    # Its number is free again: the right one is recorded with it.
    pay(office, FUJISAKI, 1_000, MAY, "I1", reference_number="会-1")
    assert chain_faults(office) == []


def test_another_consortium_sees_no_payment(office: Office) -> None:
    saved = pay(office, ITAYANAGI, 1_000, MAY)
    other = add_foreign_consortium()
    with pytest.raises(NotFoundError):
        payments.show_payment(other, saved.id)
    with pytest.raises(NotFoundError):
        payments.void_payment(other, saved.id, "誤り", office.clock.now())


def test_a_town_sees_its_own_payments_only(office: Office) -> None:
    town = replace(office.staff, role="member_staff", code=ITAYANAGI)
    assert payments.show_town(town, YEAR, ITAYANAGI).lines
    with pytest.raises(NotFoundError):
        payments.show_town(town, YEAR, FUJISAKI)


def test_the_database_refuses_to_change_a_payment(office: Office, database_url: str) -> None:
    saved = pay(office, ITAYANAGI, 1_000, MAY)
    for statement in (
        "UPDATE payment SET amount = 2000",
        "DELETE FROM payment",
    ):
        with pytest.raises(IntegrityError, match="final"):
            by_hand(database_url, statement)
    assert payments.show_payment(office.staff, saved.id)[0].amount == 1_000


# ---- overdue -------------------------------------------------------------------------------------


def late(office: Office, today: date = TODAY) -> list[tuple[str, int, int, int]]:
    with reading() as session:
        found = overdue(session, office.consortium_id, YEAR, today)
    return [(each.code, each.no, each.open, each.days) for each in found]


def test_nothing_is_overdue_on_its_due_day(office: Office, sent: dict[str, str]) -> None:
    assert late(office, MAY) == []
    assert {days for *_, days in late(office, date(2026, 5, 21))} == {1}


def test_days_are_counted_in_the_calendar(office: Office, sent: dict[str, str]) -> None:
    # 20 May to 1 Dec: 11 + 30 + 31 + 31 + 30 + 31 + 30 + 1 days.
    assert {days for *_, days in late(office)} == {195}
    assert len(late(office)) == 7


def test_only_what_was_notified_and_is_open_is_overdue(
    office: Office, sent: dict[str, str]
) -> None:
    due = line_of(office, ITAYANAGI, 1).amount
    pay(office, ITAYANAGI, due - 300, MAY, sent[ITAYANAGI])
    left = {code: rest for code, _, rest, _ in late(office)}
    assert left[ITAYANAGI] == 300
    pay(office, ITAYANAGI, 300, TODAY)
    assert ITAYANAGI not in {code for code, *_ in late(office)}
    cancel_notice(office, sent[FUJISAKI])
    assert FUJISAKI not in {code for code, *_ in late(office)}


def test_the_page_and_the_list_say_the_same(office: Office, sent: dict[str, str]) -> None:
    pay(office, ITAYANAGI, 1_000, MAY, sent[ITAYANAGI])
    page = payments.show_year(office.staff, YEAR, TODAY)
    with reading() as session:
        found = overdue(session, office.consortium_id, YEAR, TODAY)
    assert {(each.code, each.no): each for each in found} == dict(page.overdue)


def test_money_without_an_instalment_pays_a_cancelled_one_first_everywhere(
    office: Office, sent: dict[str, str]
) -> None:
    second = send_notices(office, 2)
    cancel_notice(office, sent[ITAYANAGI])
    due = line_of(office, ITAYANAGI, 2).amount
    # The first instalment is still owed, and asked for again some day: it takes the money.
    pay(office, ITAYANAGI, line_of(office, ITAYANAGI, 1).amount, MAY)
    assert line_of(office, ITAYANAGI, 2).paid == 0
    assert (ITAYANAGI, 2, due, 103) in late(office)  # 20 Aug to 1 Dec: 11 + 30 + 31 + 30 + 1
    pay(office, ITAYANAGI, due, MAY, second[ITAYANAGI])
    assert ITAYANAGI not in {code for code, *_ in late(office)}


def test_the_matrix_adds_up(office: Office, sent: dict[str, str]) -> None:
    pay(office, ITAYANAGI, 1_000, MAY, sent[ITAYANAGI])
    page = payments.show_year(office.staff, YEAR, TODAY)
    columns = [page.column(no) for no in (1, 2, 3, 4)]
    assert sum(due for due, _, _ in columns) == page.charged
    assert sum(paid for _, paid, _ in columns) == page.paid == 1_000
    assert sum(left for *_, left in columns) == page.rest == page.charged - 1_000
