"""Taking payments in from a CSV (収納の取込み): a look first, then the whole file or nothing."""

from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.unit import reading
from consortium.domain.errors import BadInputError, ClosedError, StaleError
from consortium.usecases import payment_import, payments
from consortium.usecases.payment_import import DryRun, Source
from tests import closing
from tests.collecting import YEAR, cancel_notice, line_of, pay, send_notices
from tests.factories import everything
from tests.office import FUJISAKI, HIROSAKI, ITAYANAGI, Office, chain_faults, count, issued_office

pytestmark = pytest.mark.usefixtures("plain_files")

TODAY = date(2026, 12, 1)
HEADING = "文書番号,団体コード,年度,期別,収納日,金額,整理番号,摘要\n"


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    opened = issued_office(tmp_path / "files", clock, 2026, "planned")
    send_notices(opened, 1)
    return opened


def number_of(office: Office, code: str) -> str:
    return line_of(office, code, 1).document_number


def look(office: Office, text: str) -> DryRun:
    return payment_import.look(office.staff, Source("収納.csv", text), TODAY)


def take(office: Office, text: str, form: str = "", seen: str = "") -> int:
    found = look(office, text)
    now, key = office.clock.now(), form or str(uuid4())
    batch = payment_import.take_in(office.staff, found.source, seen or found.seen, now, key)
    return batch.recorded


def two_lines(office: Office) -> str:
    return (
        HEADING
        + f"{number_of(office, ITAYANAGI)},,,,2026-05-20,1000,会-1,振込\n"
        + f",{FUJISAKI},2026,1,2026-05-19,2000,会-2,\n"
    )


def test_a_look_records_nothing_and_says_what_would_be(office: Office) -> None:
    before = everything()
    found = look(office, two_lines(office))
    assert everything() == before
    assert (found.may_record, found.amount, found.faults) == (True, 3_000, ())
    first, second = found.new
    assert (first.name, first.payment.instalment, first.payment.note) == ("板柳町", 1, "振込")
    assert second.payment.statement_id == line_of(office, FUJISAKI, 1).statement_id


def test_the_whole_file_is_recorded_in_one_event(office: Office) -> None:
    assert take(office, two_lines(office)) == 2
    assert [line_of(office, code, 1).paid for code in (ITAYANAGI, FUJISAKI)] == [1_000, 2_000]
    (saved,) = payments.show_town(office.staff, YEAR, ITAYANAGI).payments
    assert saved.batch_id
    assert saved.reference_number == "会-1"
    assert (count(models.Payment), count(models.PaymentBatch)) == (2, 1)
    assert chain_faults(office) == []


def test_the_same_file_again_records_nothing_and_says_so(office: Office) -> None:
    text = two_lines(office)
    take(office, text)
    before = everything()
    found = look(office, text)
    assert found.before is not None
    assert (found.before.recorded, found.may_record, found.new) == (2, False, ())
    with pytest.raises(BadInputError, match="もう取り込まれています"):
        take(office, text)
    assert everything() == before


def test_the_form_sent_twice_has_one_effect(office: Office) -> None:
    text, form = two_lines(office), str(uuid4())
    seen = look(office, text).seen
    now = office.clock.now()
    source = Source("収納.csv", text)
    first = payment_import.take_in(office.staff, source, seen, now, form)
    before = everything()
    assert payment_import.take_in(office.staff, source, seen, now, form) == first
    assert everything() == before


def test_what_is_recorded_already_is_a_duplicate(office: Office) -> None:
    pay(office, FUJISAKI, 2_000, date(2026, 5, 19), "", reference_number="会-9")
    statement = line_of(office, FUJISAKI, 1).statement_id or ""
    pay(office, FUJISAKI, 2_000, date(2026, 5, 19), statement)
    found = look(office, two_lines(office))
    assert [each.line for each in found.new] == [2]
    (duplicate,) = found.duplicates
    assert (duplicate.line, duplicate.why) == (3, "同じ期・収納日・金額の収納が記録済みです。")
    assert take(office, two_lines(office)) == 1
    assert line_of(office, FUJISAKI, 1).paid == 4_000


def test_the_same_number_is_a_duplicate_and_another_content_a_fault(office: Office) -> None:
    take(office, two_lines(office))
    line = f"{number_of(office, ITAYANAGI)},,,,2026-05-20,1000,会-1,\n"
    again = look(office, HEADING + line)
    assert [each.why for each in again.duplicates] == ["整理番号「会-1」は記録済みです。"]
    assert not again.may_record
    with pytest.raises(BadInputError, match="新しい収納がありません"):
        take(office, HEADING + line)
    other = look(office, HEADING + line.replace("1000", "1001"))
    (fault,) = other.faults
    assert fault.startswith("2行目の「整理番号」：整理番号「会-1」は、別の内容でもう記録されて")


def test_a_line_twice_in_the_file_is_recorded_once(office: Office) -> None:
    line = f"{number_of(office, ITAYANAGI)},,,,2026-05-20,1000,会-1,\n"
    found = look(office, HEADING + line + line)
    assert [each.why for each in found.duplicates] == ["2行目と同じ収納です。"]
    assert take(office, HEADING + line + line) == 1
    clash = look(office, HEADING + line + line.replace("1000", "5"))
    assert "整理番号「会-1」は、別の内容で" in clash.faults[0]


def test_two_numbers_tell_the_same_money_apart(office: Office) -> None:
    line = f"{number_of(office, ITAYANAGI)},,,,2026-05-20,1000,会-1,\n"
    other = line.replace("会-1", "会-2")
    found = look(office, HEADING + line + other)
    assert ([each.line for each in found.new], found.duplicates) == ([2, 3], ())
    assert take(office, HEADING + line) == 1
    assert take(office, HEADING + other) == 1
    assert line_of(office, ITAYANAGI, 1).paid == 2_000
    bare = look(office, HEADING + line.replace("会-1", ""))
    assert [each.why for each in bare.duplicates] == ["同じ期・収納日・金額の収納が記録済みです。"]


def test_a_voided_payment_may_come_again(office: Office) -> None:
    take(office, two_lines(office))
    (saved,) = payments.show_town(office.staff, YEAR, ITAYANAGI).payments
    payments.void_payment(office.staff, saved.id, "誤り", office.clock.now())
    line = f"{number_of(office, ITAYANAGI)},,,,2026-05-20,1000,会-1,\n"
    assert take(office, HEADING + line) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("共ク第9999号,,,,2026-05-20,5,,", "2行目の「文書番号」：「共ク第9999号」という納入依頼"),
        (",022012,2026,1,2026-05-20,5,,", "2行目の「団体コード」：022012 は構成団体の"),
        (f",{HIROSAKI},2026,5,2026-05-20,5,,", "2行目の「期別」：第5期はありません"),
        (f",{HIROSAKI},2026,1,2026-12-02,5,,", "2行目の「収納日」：令和8年12月2日は、まだ"),
        (f",{HIROSAKI},2026,1,2016-05-20,5,,", "2行目の「収納日」："),
        (f",{HIROSAKI},2026,1,2026-05-20,-5,,", "2行目の「金額」："),
    ],
)  # fmt: skip
def test_one_wrong_line_keeps_the_whole_file_out(office: Office, line: str, said: str) -> None:
    good = f",{FUJISAKI},2026,1,2026-05-19,2000,,\n"
    before = everything()
    found = look(office, HEADING + line + "\n" + good)
    assert found.faults[0].startswith(said), found.faults
    assert [each.line for each in found.new] == [3]
    assert not found.may_record
    with pytest.raises(BadInputError) as refusal:
        take(office, HEADING + line + "\n" + good)
    assert refusal.value.path == "file"
    assert everything() == before


def test_a_line_of_a_closed_year_is_a_fault_unless_it_is_known_already(office: Office) -> None:
    known = f",{FUJISAKI},2025,1,2025-05-19,700,会-7,\n"
    take(office, HEADING + known)
    closing.lock(office.staff, YEAR.previous(), office.clock.now())
    good = f",{FUJISAKI},2026,1,2026-05-19,2000,会-8,\n"
    late = f",{FUJISAKI},2025,1,2025-05-20,800,会-9,\n"
    before = everything()
    found = look(office, HEADING + known + late + good)
    (fault,) = found.faults
    assert fault.startswith("3行目の「年度」：令和7年度は本締め済みです（令和8年12月1日に"), fault
    assert "再開を申し出てください" in fault
    assert ([each.line for each in found.duplicates], [each.line for each in found.new]) == (
        [2],
        [4],
    )
    assert not found.may_record
    with pytest.raises(ClosedError, match="令和7年度"):
        take(office, HEADING + known + late + good)
    assert everything() == before
    assert take(office, HEADING + known + good) == 1


def test_a_cancelled_notice_takes_no_payment(office: Office) -> None:
    text = two_lines(office)
    cancel_notice(office, line_of(office, ITAYANAGI, 1).statement_id or "")
    assert "取り消されています" in look(office, text).faults[0]


def test_what_changed_since_the_look_is_shown_first(office: Office) -> None:
    text = two_lines(office)
    seen = look(office, text).seen
    pay(
        office,
        ITAYANAGI,
        1_000,
        date(2026, 5, 20),
        line_of(office, ITAYANAGI, 1).statement_id or "",
    )
    before = everything()
    with pytest.raises(StaleError):
        take(office, text, seen=seen)
    assert everything() == before


def test_a_line_without_instalment_is_loose_money(office: Office) -> None:
    take(office, HEADING + f',{FUJISAKI},令和8年度,,R8.5.19,"2,000",,\n')
    (saved,) = payments.show_town(office.staff, YEAR, FUJISAKI).payments
    assert (saved.instalment, saved.amount) == (None, 2_000)
    with reading() as session:
        assert session.get(models.Payment, saved.id) is not None
