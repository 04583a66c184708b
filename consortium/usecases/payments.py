"""Payments of the contributions (収納): what is due and paid, recording and voiding."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from consortium.db.store import members, settings, settlements
from consortium.db.store import payments as store
from consortium.db.store.members import Member
from consortium.db.store.payments import Notice, Payment
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.domain.errors import BadInputError, InvalidTransitionError, NotFoundError
from consortium.domain.yen import Yen, total
from consortium.usecases.closings import refuse_closed, today_of
from consortium.usecases.instalments import InstalmentLine, YearLedger, read_ledger
from consortium.usecases.overdue import Overdue, late_of
from consortium.usecases.viewer import Viewer

#: Far above any contribution; what is larger is a typing error.
LARGEST = 10**12 - 1
_ASKED = "収納を記録しようとしました。"


# ---- reading -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class YearPage:
    """What every town pays for a year (納付・精算の画面)."""

    year: FiscalYear
    label: str
    ledger: YearLedger
    names: Mapping[str, str]
    #: 団体コード and number of the instalments overdue, less what the settlement made nothing of
    overdue: Mapping[tuple[str, int], Overdue]

    @property
    def codes(self) -> tuple[str, ...]:
        """Name the towns that bear or pay something (団体)."""
        return tuple(self.ledger.lines)

    def column(self, no: int) -> tuple[Yen, Yen, Yen]:
        """Add an instalment up over the towns: due, paid, still open (期の計)."""
        lines = [each[no - 1] for each in self.ledger.lines.values() if each]
        return (
            total(line.amount for line in lines),
            total(line.paid for line in lines),
            total(line.open for line in lines),
        )

    @property
    def charged(self) -> Yen:
        """Add up what the towns bear (負担額の計)."""
        return total(self.ledger.charged(code) for code in self.codes)

    @property
    def paid(self) -> Yen:
        """Add up what the towns have paid (納付済額の計)."""
        return total(self.ledger.paid(code) for code in self.codes)

    @property
    def rest(self) -> Yen:
        """Add up what the towns still bear (残額の計)."""
        return Yen(self.charged - self.paid)


def show_year(viewer: Viewer, year: FiscalYear, today: date) -> YearPage:
    """Read what every town owes and has paid for a year (納付・精算)."""
    owner = viewer.consortium_id
    with reading() as session:
        ledger = read_ledger(session, owner, year)
        finals = settlements.settled_finals(session, owner, year)
        names = dict(ledger.run.names) if ledger.run else {}
        if not names.keys() >= ledger.lines.keys():  # somebody paid who bears nothing any more
            names |= {str(each.code): each.name for each in members.members(session, owner)}
        late = late_of(ledger, finals, names, today)
        label = fiscal_year_label(year, settings.settings_of(session, owner).year_labels)
        return YearPage(year, label, ledger, names, {(each.code, each.no): each for each in late})


@dataclass(frozen=True, slots=True)
class TownPage:
    """A town's instalments and payments of a year (団体の納付)."""

    year: FiscalYear
    label: str
    member: Member
    ledger: YearLedger

    @property
    def lines(self) -> tuple[InstalmentLine, ...]:
        """Give its instalments (期別納付)."""
        return self.ledger.lines[self.member.code]

    @property
    def payments(self) -> tuple[Payment, ...]:
        """Give its payments, voided ones too (収納)."""
        return self.ledger.payments.get(self.member.code, ())


def show_town(viewer: Viewer, year: FiscalYear, code: str) -> TownPage:
    """Read one town's instalments and payments of a year (団体の納付).

    Raises: NotFoundError for a code that is no member, or another town's for a member town.
    """
    owner = viewer.consortium_id
    with reading() as session:
        member = _member(members.members(session, owner), code)
        if viewer.is_member and viewer.code != code:
            raise _no_member()
        ledger = read_ledger(session, owner, year, code)
        label = fiscal_year_label(year, settings.settings_of(session, owner).year_labels)
        return TownPage(year, label, member, ledger)


def _member(known: Iterable[Member], code: str) -> Member:
    found = next((each for each in known if each.code == code), None)
    if found is None:
        raise _no_member()
    return found


def _no_member() -> NotFoundError:
    return NotFoundError(
        "納付の状況を開こうとしました。",
        "その団体コードの構成団体はありません。",
        "納付・精算の一覧から選び直してください。",
    )


def show_payment(viewer: Viewer, payment_id: str) -> tuple[Payment, TownPage]:
    """Read one payment with its town's page. Raises: NotFoundError."""
    with reading() as session:
        found = store.payment(session, viewer.consortium_id, payment_id)
    return found, show_town(viewer, found.year, found.code)


# ---- recording -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """What an officer enters for a payment (収納の入力).

    `target` is the notice it pays, `I` and a number for an instalment not notified, or empty.
    """

    target: str
    paid_on: date
    amount: Yen
    reference_number: str = ""
    note: str = ""


def record_payment(  # noqa: PLR0913 -- who, for which year and town, what, when, by which form
    viewer: Viewer, year: FiscalYear, code: str, entry: Entry, now: datetime, payment_id: str
) -> Payment:
    """Record money received, however much it is (収納の記録).

    A form sent again with its id gives what was recorded first. Raises: BadInputError at the
    field, NotFoundError for an unknown town, ClosedError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        saved = store.find_payment(unit.session, owner, payment_id)
        if saved is not None:
            _refuse_another(saved, year, code, entry)
            unit.operational()
            return saved
        refuse_closed(unit, owner, year, reason=viewer.reason)
        member = _member(members.members(unit.session, owner), code)
        statement_id, instalment = _target(unit, owner, year, code, entry.target)
        new = Payment(
            payment_id, year, code, "received", entry.paid_on, entry.amount, statement_id,
            instalment, entry.reference_number, entry.note, None, viewer.name,
        )  # fmt: skip
        check(new, today_of(now))
        _refuse_duplicate(unit, owner, new)
        title = f"{member.name}の{fiscal_year_label(year)}の収納の記録"
        store.add_payments(unit, owner, [new], action="payment.record", title=title)
        return new


def _refuse_another(saved: Payment, year: FiscalYear, code: str, entry: Entry) -> None:
    """Refuse a form whose id recorded something else (使い終わった入力画面)."""
    asked = saved.statement_id or (f"I{saved.instalment}" if saved.instalment else "")
    was = Entry(asked, saved.paid_on, saved.amount, saved.reference_number, saved.note)
    if (saved.year, saved.code, was) != (year, code, entry):
        raise refuse(
            "record_id",
            "この入力画面からは、別の収納がもう記録されています。",
            "納付・精算の画面を開き直してください。",
        )


def _target(
    unit: Unit, consortium_id: str, year: FiscalYear, code: str, target: str
) -> tuple[str | None, int | None]:
    if not target:
        return None, None
    ledger = read_ledger(unit.session, consortium_id, year, code)
    for line in ledger.lines[code]:
        if target == f"I{line.no}" and line.state != "notified":
            return None, line.no
        if target == line.statement_id and line.state == "notified":
            return line.statement_id, line.no
    gone = [
        each for each in store.notices(unit.session, consortium_id, year=year) if each.is_cancelled
    ]
    cancelled = next((each for each in gone if each.statement_id == target), None)
    if cancelled is not None:
        raise refuse_cancelled(cancelled, "target")
    raise refuse(
        "target", "選んだ納入依頼は、この団体・年度のものではありません。", "選び直してください。"
    )


def refuse_cancelled(notice: Notice, path: str) -> BadInputError:
    """Say that a notice takes no payment any more (取り消した納入依頼)."""
    return refuse(
        path,
        f"納入依頼 {notice.document_number}（第{notice.instalment}期）は取り消されています。",
        "今の納入依頼を選ぶか、どの期の納付か団体に確かめてください。",
    )


def check(new: Payment, today: date) -> None:
    """Refuse a payment that cannot be: of nothing, of the future, of another age (収納の確かめ).

    Raises: BadInputError at the field.
    """
    if new.amount <= 0:
        raise refuse(
            "amount",
            f"金額が{new.amount:,}円です。",
            "1円以上にしてください。返した金は、精算の還付として記録します。",
        )
    if new.amount > LARGEST:
        raise refuse("amount", "金額が大きすぎます。", "桁を確かめてください。")
    if new.paid_on > today:
        raise refuse(
            "paid_on",
            f"{wareki(new.paid_on)}は、まだ来ていない日です。",
            "収納した日にしてください。",
        )
    first = new.year.period.since
    if new.paid_on < first:
        raise refuse(
            "paid_on",
            f"{wareki(new.paid_on)}は、年度の始まる{wareki(first)}より前です。",
            "年を確かめてください。",
        )


def is_same_money(one: Payment, other: Payment) -> bool:
    """Say whether two payments are of one town and instalment, of one day and amount (同じ収納)."""
    return (one.year, one.code, one.instalment, one.paid_on, one.amount) == (
        other.year, other.code, other.instalment, other.paid_on, other.amount,
    )  # fmt: skip


def is_duplicate(one: Payment, other: Payment) -> bool:
    """Say whether two payments are one (二重の記録); two numbers tell the same money apart."""
    numbers = {one.reference_number, other.reference_number}
    return is_same_money(one, other) and ("" in numbers or len(numbers) == 1)


def _refuse_duplicate(unit: Unit, consortium_id: str, new: Payment) -> None:
    """Refuse money recorded already, by its number or, without one, by what it is."""
    if known := store.with_references(unit.session, consortium_id, [new.reference_number]):
        raise refuse(
            "reference_number",
            f"整理番号「{new.reference_number}」の収納は、もう記録されています"
            f"（{wareki(known[0].paid_on)}、{known[0].amount:,}円）。",
            "二重の記録でないか確かめてください。",
        )
    others = store.payments(unit.session, consortium_id, year=new.year, code=new.code)
    for other in others:
        if other.voided is None and is_duplicate(new, other):
            raise refuse(
                "amount",
                "同じ期・収納日・金額の収納が、もう記録されています。",
                "別の収納なら、整理番号を入れて区別してください。",
            )


def refuse(path: str, found: str, todo: str) -> BadInputError:
    """Make the refusal of a payment (収納のお断り)."""
    return BadInputError(_ASKED, found, todo, path=path)


# ---- voiding -------------------------------------------------------------------------------------


def void_payment(viewer: Viewer, payment_id: str, reason: str, now: datetime) -> Payment:
    """Say that a payment was recorded by mistake; it stays visible (収納の取消).

    A credit is voided on both sides. Voiding again changes nothing. Raises: BadInputError without
    a reason, NotFoundError, ClosedError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now, reason) as unit:
        unit.take_turn(owner)
        old = store.payment(unit.session, owner, payment_id)
        if old.voided is not None:
            unit.operational()
            return old
        if not reason.strip():
            raise BadInputError(
                "収納を取り消そうとしました。",
                "理由が書かれていません。",
                "理由を書いてください。取り消した記録とともに残ります。",
                path="reason",
            )
        both = [old, *_other_side(unit, owner, old)]
        for each in both:
            refuse_closed(unit, owner, each.year, reason=reason)
        store.void_payments(unit, owner, both)
        return store.payment(unit.session, owner, payment_id)


def _other_side(unit: Unit, consortium_id: str, old: Payment) -> list[Payment]:
    """Find the other side of a credit: in the next year, or in the one before (充当の相手)."""
    sides = {
        "credited_out": (old.year.next(), "credited_in"),
        "credited_in": (old.year.previous(), "credited_out"),
    }
    if old.kind not in sides:
        return []
    year, kind = sides[old.kind]
    for other in store.payments(unit.session, consortium_id, year=year, code=old.code):
        is_pair = (other.kind, other.amount, other.recorded_at) == (
            kind, -old.amount, old.recorded_at,
        )  # fmt: skip
        if is_pair and other.voided is None:
            return [other]
    raise InvalidTransitionError(
        "充当を取り消そうとしました。",
        "相手の年度の記録が見つかりません。",
        "操作記録を確かめてください。",
    )
