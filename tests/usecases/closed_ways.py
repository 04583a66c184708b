"""Every way to change something of a fiscal year (変更の道筋): what 本締め has to refuse."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any, Final
from uuid import uuid4

from consortium.db.store import bases
from consortium.db.store import payments as payments_store
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear, Month, Period
from consortium.domain.yen import Yen
from consortium.usecases import (
    base_figures,
    base_rounds,
    basis_editions,
    cancelling,
    cost_items,
    costs,
    dampening,
    exchange,
    funding,
    instalments,
    invoices,
    joining,
    members,
    notices,
    opening_payments,
    ordering,
    payment_import,
    payments,
    reminders,
    rule_versions,
    rules,
    runs,
    services,
    settlements,
    terms,
    usage,
    year_plan,
    year_start,
)
from tests.factories import items_of
from tests.office import HIROSAKI, ITAYANAGI, Office

YEAR = FiscalYear(2021)
DAY = date(2021, 10, 1)
FUTURE = date(2026, 12, 25)


@dataclass(frozen=True, slots=True)
class Closed:
    """A year with something of everything in it (年度の中身)."""

    office: Office
    ids: Mapping[str, str]

    def run(self, stage: str) -> tuple[str, str]:
        """Give the run on its way of a stage, and the hash its page shows."""
        run_id = self.ids[stage]
        return run_id, self.office.seen(run_id)


Way = Callable[[Closed], Any]


def _item(c: Closed) -> Any:
    return items_of(c.office.staff, YEAR.start_year)[0]


def _entry(c: Closed) -> costs.Entry:
    page = costs.show_item(c.office.staff, _item(c).id)
    return replace(page.entry, name="直した名前")


def _measure(c: Closed) -> funding.Entry:
    return funding.Entry("直した補助金", funding.INFO_ONLY, Yen(1))


INVOICE = invoices.InvoiceEntry("（株）見本", "直し", date(2021, 5, 1))
RATE = exchange.RateEntry(Fraction(110), "直し", None, "直し")
TERM = terms.TermEntry("第X期", date(2021, 7, 1), date(2021, 9, 30), "直し")
DAMPING = dampening.Entry(DAY, Fraction(5), None, None, "by_share", False, "直し")


def _build(c: Closed) -> terms.BuildEntry:
    return terms.BuildEntry(
        "直した構築費", Yen(1_000), c.ids["term"], _item(c).category_id, True, False
    )


def _rate(c: Closed) -> object:
    month = Month(2021, 5)
    seen = exchange.plan_rate(c.office.staff, month, RATE).digest
    return exchange.save_rate(c.office.staff, month, 0, RATE, c.office.clock.now(), seen)


def _edition(name: str) -> basis_editions.Entry:
    return basis_editions.Entry(
        date(2020, 10, 1), None, name, DAY, "確定", "直し", {HIROSAKI: Fraction(1)}
    )


def _basis(c: Closed) -> tuple[str, str]:
    with reading() as session:
        found = bases.editions(session, c.office.consortium_id, c.ids["series"])[0]
    return found.id, found.fingerprint


def _rule(c: Closed) -> rules.RuleHistory:
    (found,) = rules.list_rules(c.office.staff, c.office.clock.today())
    return found


def _version(c: Closed) -> rule_versions.RuleVersion:
    # The one in force from 2017 to 2022, beginning in the middle of the closed year.
    return replace(_rule(c).versions[1].row, id=str(uuid4()), since=DAY)


def _new_rule(c: Closed) -> object:
    staff, today = c.office.staff, c.office.clock.today()
    subject = rule_versions.show_new(staff, today).subjects[0].key
    return rule_versions.create_rule(staff, "別の規則", subject, _version(c), c.office.clock.now())


def _change_invoice(c: Closed) -> object:
    staff, invoice_id = c.office.staff, c.ids["invoice"]
    seen = invoices.plan_change(staff, invoice_id, INVOICE).digest
    return invoices.change_invoice(staff, invoice_id, 1, INVOICE, c.office.clock.now(), seen)


def _usage(c: Closed) -> object:
    member = next(iter(usage.show_usage(c.office.staff, _item(c).id).members))
    entry = usage.UsageEntry(Fraction(10), "floor", {member.id: Fraction(1)})
    item = _item(c)
    return usage.save_usage(c.office.staff, item.id, item.row_version, entry, c.office.clock.now())


def _previous(c: Closed) -> object:
    staff = c.office.staff
    seen = dampening.show_previous(staff, YEAR.next(), c.office.clock.today()).seen
    entry = dampening.PreviousEntry(HIROSAKI, Yen(1), "直し")
    return dampening.save_previous(staff, YEAR.next(), seen, [entry], c.office.clock.now())


def _plan(c: Closed) -> object:
    staff, now = c.office.staff, c.office.clock.now()
    saved = instalments.show_plan(staff, YEAR).saved
    plan = saved.plan
    entry = instalments.Entry(plan.method, 1000, plan.mode, "cash", plan.parts)
    return instalments.save_plan(staff, YEAR, saved.row_version, entry, now)


def _pay(c: Closed) -> object:
    entry = payments.Entry("", DAY, Yen(1_000), "直し-1")
    now = c.office.clock.now()
    return payments.record_payment(c.office.staff, YEAR, ITAYANAGI, entry, now, str(uuid4()))


def _take_in(c: Closed) -> object:
    staff, now = c.office.staff, c.office.clock.now()
    line = f",{ITAYANAGI},2021,1,2021-10-01,1000,直し-2,\n"
    text = ",".join(payment_import.COLUMNS) + "\n" + line
    source = payment_import.Source("収納.csv", text)
    found = payment_import.look(staff, source, c.office.clock.today())
    assert found.may_record or found.closed, found
    return payment_import.take_in(staff, source, found.seen, now, str(uuid4()))


def _step(c: Closed) -> year_plan.StepEntry:
    return year_plan.StepEntry("直した予定", "", DAY, "stay", "lead_staff")


def _maker(c: Closed) -> ordering.Maker:
    return ordering.Maker(c.office.worker, {})


def staff(take: Callable[..., Any], *parts: Any) -> Way:
    """Let the officer call a use case now; a part may be worked out from the year."""

    def go(c: Closed) -> Any:
        given = [part(c) if callable(part) else part for part in parts]
        return take(c.office.staff, *given, c.office.clock.now())

    return go


def the(name: str) -> Callable[[Closed], str]:
    """Give the id of something the year has."""
    return lambda c: c.ids[name]


def _item_id(c: Closed) -> str:
    return str(_item(c).id)


def _version_of(c: Closed) -> int:
    return int(_item(c).row_version)


def _step_of(step: str, stage: str) -> Way:
    def go(c: Closed) -> None:
        run_id, seen = c.run(stage)
        who = c.office.staff if step == "submit" else c.office.approver
        runs.move(who, run_id, step, seen=seen, now=c.office.clock.now(), reason="直し")

    return go


def _create_run(c: Closed) -> object:
    now = c.office.clock.now()
    return runs.create_run(c.office.staff, YEAR, "estimate", now=now)


def _run_step(take: Callable[..., Any]) -> Way:
    def go(c: Closed) -> Any:
        run_id, seen = c.run("final")
        return take(c.office.staff, run_id, seen=seen, now=c.office.clock.now())

    return go


REGISTERED = bases.Edition(
    "", "population", "国勢調査人口", date(2020, 10, 1), None, "直し", DAY, "確定", "直し",
    {HIROSAKI: Fraction(1)},
)  # fmt: skip
OPENING = payments_store.Payment("", YEAR, ITAYANAGI, "received", DAY, Yen(1_000))
JOINING = members.Joining("023841", "鶴田町", "つるたまち", "町", DAY, "直し")
#: Every use case that changes something of a year, and how it is tried: module.function → ways.
WAYS: Final[Mapping[str, tuple[Way, ...]]] = {
    "basis_editions.add_edition": (
        staff(basis_editions.add_edition, "population", _edition("直")),
    ),
    "basis_editions.add_series": (
        staff(basis_editions.add_series, "別の数値", "", _edition("速報")),
    ),
    "basis_editions.correct_edition": (
        lambda c: basis_editions.correct_edition(
            c.office.staff, *_basis(c), _edition("確報"), "直し", c.office.clock.now()
        ),
    ),
    "basis_editions.register_edition": (
        lambda c: basis_editions.register_edition(c.office.staff, REGISTERED, c.office.clock.now()),
    ),
    "basis_editions.withdraw_edition": (
        lambda c: basis_editions.withdraw_edition(
            c.office.staff, *_basis(c), "直し", c.office.clock.now()
        ),
    ),
    "base_figures.hand_in": (
        staff(base_figures.hand_in, the("round"), ITAYANAGI, base_figures.HandInEntry({}, {})),
    ),
    "base_rounds.close_round": (staff(base_rounds.close_round, the("round"), 1, DAY),),
    "base_rounds.open_round": (
        staff(base_rounds.open_round, base_rounds.RoundEntry(YEAR, ("population",), DAY, FUTURE)),
    ),
    "base_rounds.take_late": (staff(base_rounds.take_late, the("round"), DAY),),
    "cancelling.cancel": (
        lambda c: cancelling.cancel(
            c.office.approver, c.ids["statement"], "直し", c.office.clock.now()
        ),
    ),
    "cost_items.add_item": (staff(cost_items.add_item, YEAR, "final", _entry),),
    "cost_items.change_item": (staff(cost_items.change_item, _item_id, _version_of, _entry),),
    "cost_items.remove_item": (
        lambda c: cost_items.remove_item(
            c.office.staff, c.ids["loose item"], 1, c.office.clock.now()
        ),
    ),
    "cost_items.copy_from_stage": (
        staff(cost_items.copy_from_stage, YEAR, "estimate", YEAR, "final"),
    ),
    "dampening.add_version": (staff(dampening.add_version, DAMPING),),
    "dampening.change_version": (staff(dampening.change_version, the("damping"), 1, DAMPING),),
    "dampening.remove_version": (staff(dampening.remove_version, the("damping"), 1),),
    "dampening.save_previous": (_previous,),
    "exchange.save_rate": (_rate,),
    "funding.add_measure": (staff(funding.add_measure, YEAR, "final", _measure),),
    "funding.change_measure": (staff(funding.change_measure, the("measure"), 1, _measure),),
    "funding.remove_measure": (staff(funding.remove_measure, the("measure"), 1),),
    "instalments.save_plan": (_plan,),
    "invoices.add_invoice": (staff(invoices.add_invoice, YEAR, "final", INVOICE),),
    "invoices.change_invoice": (_change_invoice,),
    "invoices.remove_invoice": (staff(invoices.remove_invoice, the("invoice"), 1),),
    "joining.go_live": (
        lambda c: joining.go_live(c.office.approver, c.ids["plan"], 1, c.office.clock.now()),
    ),
    "members.end_membership": (
        staff(members.end_membership, ITAYANAGI, date(2021, 12, 31), "直し"),
    ),
    "members.join_member": (staff(members.join_member, JOINING),),
    "notices.issue_notices": (
        lambda c: notices.issue_notices(
            c.office.approver, YEAR, 1, notices.NoticeOrder(str(uuid4()), ""), _maker(c)
        ),
    ),
    "payment_import.take_in": (_take_in,),
    "opening_payments.record_opening": (staff(opening_payments.record_opening, OPENING),),
    "payments.record_payment": (_pay,),
    "payments.void_payment": (staff(payments.void_payment, the("payment"), "直し"),),
    "reminders.issue_reminders": (
        lambda c: reminders.issue_reminders(
            c.office.approver, YEAR, 1, reminders.ReminderOrder(str(uuid4()), {}, DAY), _maker(c)
        ),
    ),
    "rule_versions.add_version": (
        lambda c: rule_versions.add_version(
            c.office.staff, _rule(c).id, _version(c), c.office.clock.now()
        ),
    ),
    "rule_versions.create_rule": (_new_rule,),
    "rule_versions.withdraw_version": (
        lambda c: rule_versions.withdraw_version(
            c.office.staff,
            _rule(c).versions[1].row.id,
            "直し",
            c.office.clock.today(),
            c.office.clock.now(),
        ),
    ),
    "services.enrol": (staff(services.enrol, HIROSAKI, "core", Period(DAY, None), "直し"),),
    "runs.create_run": (_create_run,),
    "runs.discard": (_run_step(runs.discard),),
    "runs.issue": (lambda c: c.office.issue(c.ids["planned"]),),
    "runs.move": (
        _step_of("submit", "final"),
        _step_of("send_back", "revised"),
        _step_of("approve", "revised"),
        _step_of("withdraw", "planned"),
    ),
    "runs.recalculate": (_run_step(runs.recalculate),),
    "settlements.carry_out": (
        lambda c: settlements.carry_out(
            c.office.staff,
            YEAR,
            ITAYANAGI,
            settlements.Carrying(DAY),
            c.office.clock.now(),
            str(uuid4()),
        ),
    ),
    "settlements.settle_year": (
        lambda c: settlements.settle_year(
            c.office.approver, FiscalYear(2020), "", {}, c.office.clock.now()
        ),
    ),
    "terms.add_build_cost": (staff(terms.add_build_cost, _build),),
    "terms.add_term": (staff(terms.add_term, TERM),),
    "terms.change_build_cost": (staff(terms.change_build_cost, the("build"), 1, _build),),
    "terms.change_term": (staff(terms.change_term, the("term"), 1, TERM),),
    "terms.remove_build_cost": (staff(terms.remove_build_cost, the("build"), 1),),
    "terms.remove_term": (staff(terms.remove_term, the("empty term"), 1),),
    "usage.save_usage": (_usage,),
    "year_plan._mark": (
        staff(year_plan.mark_done, the("step"), 1, "直し"),
        staff(year_plan.mark_open, the("step"), 1),
    ),
    "year_plan.add_step": (staff(year_plan.add_step, YEAR, _step),),
    "year_plan.change_step": (staff(year_plan.change_step, the("step"), 1, _step),),
    "year_plan.remove_step": (staff(year_plan.remove_step, the("step"), 1),),
    "year_start.start_year": (staff(year_start.start_year, YEAR),),
}
