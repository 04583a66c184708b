"""Settling a fiscal year (精算): final less paid for every member, and carrying it out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import NAMESPACE_OID, uuid4, uuid5

from consortium.db.store import instalments, members, payments, runs, settings
from consortium.db.store import settlements as store
from consortium.db.store.payments import Payment
from consortium.db.store.runs import Run
from consortium.db.store.settlements import SettledLine, Settlement
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.errors import InvalidTransitionError, StaleError
from consortium.domain.fiscalyear.settlement import DISPOSITIONS, WAYS, SettlementLine, settle
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.yen import Yen, total
from consortium.usecases.closings import refuse_closed, today_of
from consortium.usecases.payments import refuse
from consortium.usecases.viewer import Viewer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["DISPOSITIONS", "WAYS"]

#: The stage whose issued run a year is settled by.
STAGE = "settlement"
_ASKED = "精算を確定しようとしました。"


@dataclass(frozen=True, slots=True)
class FactLine:
    """One member's settlement as it stands now (精算の一行), in yen."""

    code: str
    name: str
    final: Yen
    #: paid when it was settled; up to now while it is not
    paid: Yen
    difference: Yen
    #: refund, additional, credit or none
    disposition: str
    #: what is left of the difference today; 0 once it was carried out
    outstanding: Yen


@dataclass(frozen=True, slots=True)
class SettlementFacts:
    """What a settlement says, or would say (精算の内容)."""

    year: FiscalYear
    #: the issued run of the stage settlement; None before there is one
    run: Run | None
    #: None while the year is not settled by this run
    settled: Settlement | None
    #: how the year is settled: cash or credit
    way: str
    lines: tuple[FactLine, ...]

    @property
    def actual(self) -> Yen:
        """Give what the members bear in all (実績の総額)."""
        return total(line.final for line in self.lines)

    @property
    def paid(self) -> Yen:
        """Give what they have paid in all (納付済額の計)."""
        return total(line.paid for line in self.lines)

    @property
    def difference(self) -> Yen:
        """Give the sum of the differences: actual total less what was paid (精算額の計)."""
        return total(line.difference for line in self.lines)

    @property
    def outstanding(self) -> Yen:
        """Give what is left of the differences (未処理額の計)."""
        return total(line.outstanding for line in self.lines)

    @property
    def seen(self) -> str:
        """Give the mark of what is to be settled, so that nobody settles other figures."""
        shown = [[line.code, line.final, line.paid] for line in self.lines]
        return sha256_hex(canonical([self.run.id if self.run else "", shown]))


# ---- reading -------------------------------------------------------------------------------------


def settlement_facts(
    session: "Session", consortium_id: str, year: FiscalYear, run_id: str = ""
) -> SettlementFacts:
    """Give paid, difference and disposition of every member (精算の内容).

    By the settlement in force; where the year is not settled, by the issued settlement run, or by
    the run named, with what is paid up to now and the year's usual disposition.
    """
    run = _run(session, consortium_id, year, run_id)
    settled = store.latest(session, consortium_id, year)
    way = instalments.plan_in_force(session, consortium_id, year).way
    names: dict[str, str] = {
        each.code: each.name for each in members.members(session, consortium_id)
    }
    paid = _paid(session, consortium_id, year)
    if run is None:  # none yet, or its issue was cancelled: what was settled by it is void, too
        return SettlementFacts(year, None, None, way, ())
    if settled is not None and settled.run_id == run.id:
        lines = tuple(_settled_line(each, names, paid) for each in settled.lines)
        return SettlementFacts(year, run, settled, way, lines)
    result = runs.read_result(session, consortium_id, run.id)
    final = {MunicipalityCode(party.code): result.amount(party.code) for party in result.parties}
    lines = tuple(_open_line(each, names, way) for each in settle(_without_zero(final, paid), paid))
    return SettlementFacts(year, run, None, way, lines)


def _run(session: "Session", consortium_id: str, year: FiscalYear, run_id: str) -> Run | None:
    if run_id:
        return runs.get_run(session, consortium_id, run_id)
    return runs.latest_issued(session, consortium_id, year, STAGE)


def _paid(session: "Session", consortium_id: str, year: FiscalYear) -> dict[MunicipalityCode, Yen]:
    paid: dict[MunicipalityCode, Yen] = {}
    for each in payments.payments(session, consortium_id, year=year):
        code = MunicipalityCode(each.code)
        paid[code] = Yen(paid.get(code, 0) + each.counts)
    return paid


def _without_zero(
    final: Mapping[MunicipalityCode, Yen], paid: Mapping[MunicipalityCode, Yen]
) -> dict[MunicipalityCode, Yen]:
    """Leave out who neither bears nor paid anything: a member of another year."""
    return {code: amount for code, amount in final.items() if amount or paid.get(code)}


def _settled_line(
    line: SettledLine, names: Mapping[str, str], paid: Mapping[MunicipalityCode, Yen]
) -> FactLine:
    left = Yen(line.final - paid.get(line.code, 0))
    return FactLine(
        line.code, names.get(line.code, line.code), line.final, line.paid, line.difference,
        line.disposition, left,
    )  # fmt: skip


def _open_line(line: SettlementLine, names: Mapping[str, str], way: str) -> FactLine:
    return FactLine(
        line.code, names.get(line.code, line.code), line.final, line.paid, line.difference,
        line.disposition(way), line.difference,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SettlementPage:
    """The settlement of a year (精算の画面)."""

    label: str
    next_label: str
    facts: SettlementFacts


def show_settlement(viewer: Viewer, year: FiscalYear) -> SettlementPage:
    """Read the settlement of a year (精算)."""
    owner = viewer.consortium_id
    with reading() as session:
        facts = settlement_facts(session, owner, year)
        labels = settings.settings_of(session, owner).year_labels
    return SettlementPage(
        fiscal_year_label(year, labels), fiscal_year_label(year.next(), labels), facts
    )


# ---- settling ------------------------------------------------------------------------------------


def settle_year(
    viewer: Viewer, year: FiscalYear, seen: str, ways: Mapping[str, str], now: datetime
) -> Settlement:
    """Settle a year by its issued settlement run (精算の確定).

    `ways` says for a town that is settled otherwise than the year: 団体コード → cash or credit.
    Settling again gives the same settlement and changes nothing. Raises: InvalidTransitionError
    before the run was issued, StaleError where the figures changed meanwhile, BadInputError,
    ClosedError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        facts = settlement_facts(unit.session, owner, year)
        if facts.settled is not None:
            unit.operational()
            return facts.settled
        refuse_closed(unit, owner, year, reason=viewer.reason)
        if facts.run is None:
            raise InvalidTransitionError(
                _ASKED,
                "精算の算定がまだ発行されていません。",
                "段階「精算」の算定を発行してから、行ってください。",
            )
        if facts.seen != seen:
            raise StaleError(
                _ASKED,
                "画面を開いた後に、額が変わりました（収納の記録や取消など）。",
                "今の額を確かめてから、もう一度確定してください。",
            )
        earlier = store.latest(unit.session, owner, year)
        new = Settlement(
            str(uuid4()), year, earlier.edition + 1 if earlier else 1, facts.run.id, facts.actual,
            viewer.name, now, tuple(_chosen(line, ways, facts.way) for line in facts.lines),
        )  # fmt: skip
        store.add(unit, owner, new)
        return new


def _chosen(line: FactLine, ways: Mapping[str, str], way: str) -> SettledLine:
    code = MunicipalityCode(line.code)
    exact = SettlementLine(code, line.final, line.paid)
    disposition = exact.disposition(ways.get(line.code) or way)
    return SettledLine(code, line.final, line.paid, line.difference, disposition)


# ---- carrying out --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Carrying:
    """What an officer enters when a settlement is carried out (精算の実行の入力)."""

    done_on: date
    reference_number: str = ""
    note: str = ""


def find_line(facts: SettlementFacts, code: str) -> FactLine:
    """Give a town's line that is paid back or moved to the next year (精算の実行の対象).

    Raises: InvalidTransitionError where there is nothing to carry out.
    """
    line = next((each for each in facts.lines if each.code == code), None)
    if facts.settled is None or line is None or line.disposition not in ("refund", "credit"):
        raise InvalidTransitionError(
            "精算を実行しようとしました。",
            "還付または翌年度充当と確定した精算額がありません。",
            "精算の画面を開き直し、今の内容を確かめてください。",
        )
    return line


def carry_out(  # noqa: PLR0913 -- who, for which year and town, what, when, by which form
    viewer: Viewer, year: FiscalYear, code: str, entry: Carrying, now: datetime, form_id: str
) -> tuple[Payment, ...]:
    """Pay a town's surplus back, or move its difference to the next year (還付・翌年度充当).

    A form sent again gives what was recorded first. Raises: InvalidTransitionError where nothing
    is left to carry out, BadInputError at the field, ClosedError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        saved = payments.find_payment(unit.session, owner, form_id)
        if saved is not None:
            _refuse_another(saved, year, code, entry)
            unit.operational()
            return (saved,)
        refuse_closed(unit, owner, year, reason=viewer.reason)
        line = find_line(settlement_facts(unit.session, owner, year), code)
        refuse_done(line)
        _check(entry, year, today_of(now))
        booked = _booked(viewer, year, line, entry, form_id)
        for each in booked[1:]:  # the other side of a credit
            refuse_closed(unit, owner, each.year, reason=viewer.reason)
        done = f"精算（{DISPOSITIONS[line.disposition]}）の実行"
        title = f"{line.name}の{fiscal_year_label(year)}の{done}"
        payments.add_payments(unit, owner, booked, action="settlement.carry_out", title=title)
        return tuple(booked)


def _refuse_another(saved: Payment, year: FiscalYear, code: str, entry: Carrying) -> None:
    """Refuse a form whose id recorded something else (使い終わった入力画面)."""
    was = Carrying(saved.paid_on, saved.reference_number, saved.note)
    if (saved.year, saved.code, was) != (year, code, entry):
        raise refuse(
            "record_id",
            "この入力画面からは、別の記録がもうされています。",
            "精算の画面を開き直してください。",
        )


def refuse_done(line: FactLine) -> None:
    """Refuse to carry out what was carried out (処理済の精算).

    Raises: InvalidTransitionError.
    """
    is_done = line.outstanding >= 0 if line.disposition == "refund" else line.outstanding == 0
    if is_done:
        raise InvalidTransitionError(
            "精算を実行しようとしました。",
            f"{line.name}の精算は、もう済んでいます。",
            "精算の画面を開き直してください。",
        )


def _check(entry: Carrying, year: FiscalYear, today: date) -> None:
    if entry.done_on > today:
        raise refuse(
            "done_on",
            f"{wareki(entry.done_on)}は、まだ来ていない日です。",
            "実行した日にしてください。",
        )
    if entry.done_on < year.period.since:
        raise refuse("done_on", "年度の始まる前の日です。", "年を確かめてください。")


def _booked(
    viewer: Viewer, year: FiscalYear, line: FactLine, entry: Carrying, form_id: str
) -> list[Payment]:
    """Make the payments that bring the difference to 0, on both sides for a credit."""

    def one(key: str, of_year: FiscalYear, kind: str, amount: int) -> Payment:
        return Payment(
            key, of_year, line.code, kind, entry.done_on, Yen(amount), None, None,
            entry.reference_number, entry.note, None, viewer.name,
        )  # fmt: skip

    if line.disposition == "refund":
        return [one(form_id, year, "refunded", line.outstanding)]
    other = str(uuid5(NAMESPACE_OID, form_id))
    return [
        one(form_id, year, "credited_out", line.outstanding),
        one(other, year.next(), "credited_in", -line.outstanding),
    ]
