"""An object for each typed part of a URL (住所の部分の値), so that every endpoint can be asked."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

from consortium.db.store import bases, calendars, rules, schedules, steps
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.municipality import municipality_code
from consortium.domain.onboarding.records import Evidence
from consortium.domain.yen import Yen
from consortium.usecases import (
    invoices,
    joining,
    payments,
    plan_making,
    plan_records,
    questions,
    saved_cases,
    stage_templates,
)
from consortium.usecases.calendars import import_holidays
from consortium.usecases.reporting import SYSTEM
from tests import factories, figures, planning, standard
from tests.agreed import fill_agreement
from tests.web.portal import Portal

CASES = Path(__file__).parents[1] / "domain" / "cases"


def calendar_rows(portal: Portal) -> dict[str, str]:
    """Give a step of the year's calendar, a closed day and a schedule."""
    with portal.app.app_context(), reading() as session:
        step = steps.steps(session, portal.office.consortium_id)[0]
        day = calendars.closed_days(session, portal.office.consortium_id, 2026)[0]
        schedule = schedules.schedule_rows(session, portal.office.consortium_id)[0]
    asked = {"kind": schedule.kind, "period_type": "month", "schedule_id": schedule.id}
    return {"step_id": step.id, "day_id": day.id, **asked}


def values(portal: Portal, run_id: str, town: str) -> dict[str, Any]:
    """Give one value for each typed part of a URL; `town` decides whose object it names."""
    with portal.app.app_context():
        item = factories.items_of(portal.office.staff, 2021)[0]
        agreed = fill_agreement(portal.office.staff, FiscalYear(2026), "planned", factories.NOW)
        standard.seed(portal.office)
        with reading() as session:
            edition = bases.editions(session, portal.office.consortium_id)[0]
            rule = rules.rules(session, portal.office.consortium_id)[0]
        with writing(SYSTEM, factories.NOW) as unit:
            template = stage_templates.ensured(unit, portal.office.consortium_id, "join")
    return agreed | {
        "filename": "favicon.svg",
        "code": town,
        "payer": town,
        "business": "juki",
        "run_id": run_id,
        "item_no": 1,
        "no": 1,
        "item_id": item.id,
        "edition_id": edition.id,
        "rule_id": rule.id,
        "template_id": template.id,
        "version_id": rule.versions[0].id,
        "series": "population",
        "file_id": portal.file_of(town),
        "statement_id": portal.statement_of(town),
        **asked_question(portal, run_id, town),
        "round_id": asked_figures(portal),
        "invoice_id": registered_invoice(portal),
        "month": 4,
        "shown": "2021-04",
        "calendar_year": 2026,
        **calendar_rows(portal),
        **approved_plan(portal, town),
        "case_id": kept_case(portal),
        "payment_id": recorded_payment(portal, town),
        "report_id": portal.issue_of(run_id),
        "letter_id": "00000000-0000-4000-8000-000000000000",
        "feed_id": "00000000-0000-4000-8000-000000000000",
        "token": "A" * 43,
        "issue_id": portal.issue_of(run_id),
        "fiscal_year": FiscalYear(2021),
        "year": FiscalYear(2021),
        "stage": "final",
    }


def approved_plan(portal: Portal, town: str) -> dict[str, str]:
    """Let the office make and approve a plan of a town, which enters a paper for it."""
    staff, now, code = portal.office.staff, factories.NOW, municipality_code(town)
    today, of_town = now.date(), replace(staff, role="member_staff", code=town)
    with portal.app.app_context():
        for year in (2028, 2029):
            import_holidays(staff, year, now, today)
        head = plan_making.PlanHead("工程", date(2029, 4, 1), service_id=planning.core(staff))
        plan = plan_making.make_plan(staff, code, "", "join", head, now, today)
        joining.approve(
            portal.office.approver, plan.id, plan.row_version, "当初", "試験", now, today
        )
        paper = Evidence(str(uuid4()), "A1", "参加意向書")
        plan_records.add_record(of_town, plan.id, paper, now, today)
    steps_of_plan = {"plan_step": "stop", "joining_step": "apply"}
    return {"plan_id": plan.id, "task_code": "A1", "record_id": paper.id, **steps_of_plan}


def registered_invoice(portal: Portal) -> str:
    """Register an invoice without lines."""
    entry = invoices.InvoiceEntry("（株）見本", "1", factories.NOW.date())
    with portal.app.app_context():
        year = FiscalYear(2026)
        return invoices.add_invoice(portal.office.staff, year, "planned", entry, factories.NOW).id


def asked_figures(portal: Portal) -> str:
    """Ask all towns for base figures."""
    with portal.app.app_context():
        return figures.opened(portal.office)


def asked_question(portal: Portal, run_id: str, town: str) -> dict[str, str]:
    """Let a town ask about all it pays in an issued run, with a file."""
    viewer = replace(portal.office.staff, role="member_staff", code=town)
    words = questions.Words("なぜですか。", upload=questions.Upload("問.pdf", b"%PDF-1.7"))
    folder = portal.app.config["FILES_DIR"]
    about = questions.About(run_id, None, town)
    with portal.app.app_context():
        asked = questions.ask(viewer, about, words, now=factories.NOW, folder=folder)
        (entry,) = questions.show_question(viewer, asked).question.entries
    assert entry.attachment
    return {"question_id": asked, "attachment_id": entry.attachment.id}


def recorded_payment(portal: Portal, town: str) -> str:
    """Record a payment of a town."""
    entry = payments.Entry("", date(2021, 5, 20), Yen(1_000))
    staff, year, form = portal.office.staff, FiscalYear(2021), str(uuid4())
    with portal.app.app_context():
        return payments.record_payment(staff, year, town, entry, factories.NOW, form).id


def kept_case(portal: Portal) -> str:
    """Keep a case of the simulator that the whole office sees."""
    text = (CASES / "seven_towns.yaml").read_text(encoding="utf-8")
    staff = portal.office.staff
    with portal.app.app_context():
        return saved_cases.keep_case(staff, text, "七団体", is_shared=True, now=factories.NOW).id
