"""Rows for the tests of the database layer: one of each kind, tied together."""

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from consortium.db import models
from consortium.db.unit import Actor, Unit, writing
from consortium.domain.municipality import municipality_code
from consortium.domain.yen import Yen
from tests.db.plan_rows import plan_rows
from tests.db.standard_rows import standard_rows

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
OFFICER = Actor("u-1", "弘前 花子", "弘前市", "lead_staff")
HIROSAKI = municipality_code("022021")
HASH = "a" * 64


def write() -> Any:
    """Open a writing unit of the officer."""
    return writing(OFFICER, NOW, reason="試験", request_id="r-1")


def note(unit: Unit, title: str = "試験") -> None:
    """Record something, so that the unit may end."""
    unit.record("c-1", "test", "consortium", "c-1", title, None, {"title": title})


def consortium(**changes: Any) -> models.Consortium:
    """Make the consortium that owns every other row."""
    known = {"id": "c-1", "key": "test", "name": "試験協議会", "office_name": "弘前市"}
    return models.Consortium(**known | changes)


def member(**changes: Any) -> models.Member:
    """Make the lead city."""
    known = {
        "id": "m-1", "consortium_id": "c-1", "code": HIROSAKI, "name": "弘前市",
        "kana": "ひろさきし", "kind": "市", "is_lead": True,
    }  # fmt: skip
    return models.Member(**known | changes)


def service(**changes: Any) -> models.Service:
    """Make the shared core system."""
    known = {
        "id": "s-1", "consortium_id": "c-1", "key": "core", "name": "基幹系共同クラウド",
        "operator": "協議会", "since": date(2015, 4, 1), "source": "協定書",
    }  # fmt: skip
    return models.Service(**known | changes)


def cost_item(**changes: Any) -> models.CostItem:
    """Make a cost of the whole fiscal year 2021."""
    known = {
        "id": "i-1", "consortium_id": "c-1", "fiscal_year_start": 2021, "stage": "final",
        "service_id": "s-1", "category_id": "k-1", "name": "運用費",
        "amount_incl_tax": Yen(120_000_000), "first_month": date(2021, 4, 1),
        "last_month": date(2022, 3, 1),
    }  # fmt: skip
    return models.CostItem(**known | changes)


def allocation_run(**changes: Any) -> models.AllocationRun:
    """Make a drafted run of the fiscal year 2021."""
    known = {
        "id": "a-1", "consortium_id": "c-1", "fiscal_year_start": 2021, "stage": "final",
        "edition": 1, "document": "{}", "document_sha256": HASH, "total": Yen(120_000_000),
        "drafted_by": "u-1", "drafted_at": NOW,
    }  # fmt: skip
    return models.AllocationRun(**known | changes)


def user(**changes: Any) -> models.UserAccount:
    """Make a user of the lead city."""
    known = {
        "id": "u-1", "consortium_id": "c-1", "login": "hanako", "display_name": "弘前 花子",
        "role": "lead_staff", "password_hash": "-", "created_at": NOW,
    }  # fmt: skip
    return models.UserAccount(**known | changes)


def basis_value(**changes: Any) -> models.BasisValue:
    """Make the census population of the lead city."""
    known = {
        "id": "b-1", "consortium_id": "c-1", "series": "population", "label": "国勢調査人口",
        "reference_date": date(2015, 10, 1), "edition": "確定", "code": HIROSAKI,
        "value": Fraction(177_411), "certainty": "確定", "source": "国勢調査",
    }  # fmt: skip
    return models.BasisValue(**known | changes)


def statement(**changes: Any) -> models.Statement:
    """Make the issued statement of the lead city."""
    known = {
        "id": "t-1", "consortium_id": "c-1", "run_id": "a-1", "report_run_id": "r-1",
        "report_file_id": "f-1", "slot": "member:022021", "code": HIROSAKI, "number": 1,
        "document_number": "情第1号", "fiscal_year_start": 2021, "stage": "final", "edition": 1,
        "amount": Yen(70_294_766), "issued_on": date(2026, 12, 1), "data_hash": HASH,
        "file_hash": HASH, "register_seq": 1, "register_hash": HASH, "kind": "statement",
        "period_key": "FY2021", "row_hash": HASH,
    }  # fmt: skip
    return models.Statement(**known | changes)


def save_one_of_each() -> None:
    """Save a consortium with one row in every table."""
    own = {"consortium_id": "c-1"}
    groups: list[list[models.Base]] = [
        [consortium()],
        [
            member(), service(), user(), basis_value(),
            models.ReportInput(id="n-1", **own, document="{}", sha256=HASH, frozen_at=NOW),
            models.ReportSchedule(
                id="d-1", **own, kind="monthly_cost", period_type="month", month_offset=1, day="1",
                at_time="06:00", roll_rule="stay", valid_from=NOW,
            ),
            models.SavedCase(
                id="sc-1", **own, name="試算", owner_id="u-1", owner_name="弘前 花子",
                fiscal_year_start=2021, text="name: 試算", sha256=HASH, is_shared=True,
                created_at=NOW, updated_at=NOW,
            ),
            models.SchedulerHeartbeat(process="p", host="h", started_at=NOW, last_tick_at=NOW),
            models.Invoice(
                id="in-1", **own, fiscal_year_start=2021, stage="final", supplier="（株）見本",
                number="第1号", invoice_date=date(2021, 4, 30), tax_per="line", tax_mode="floor",
            ),
            models.ExchangeRate(
                id="x-1", **own, month=date(2021, 4, 1), rate=Fraction("109.12"), source="TTM"
            ),
            models.Term(
                id="te-1", **own, name="第1期", since=date(2015, 4, 1), until=date(2022, 4, 1),
                source="協定書",
            ),
            models.DampeningVersion(
                id="dv-1", **own, since=date(2021, 4, 1), up=Fraction(10), source_document="協定書"
            ),
            models.CalendarStep(
                id="cs-1", **own, fiscal_year_start=2021, key="estimate", title="概算",
                document="次年度負担見込", nominal_on=date(2021, 10, 31),
                roll_rule="previous_open_day", role="lead_staff",
            ),
            models.ClosedDay(
                id="cd-1", **own, day=date(2021, 7, 22), name="海の日", source="jpholiday"
            ),
            models.YearClosing(
                id="yc-1", **own, fiscal_year_start=2015, kind="hard", closed_by="u-1",
                closed_at=NOW,
            ),
            models.LoginAttempt(bucket="account:hanako", window_start=NOW, tries=1),
            models.Restoration(id="rs-1", **own, backup_made_at=NOW, restored_at=NOW),
            models.LostDocument(
                id="ld-1", **own, number=1, edition=1, check_code="3f9a71c2", file_hash=HASH,
                found_at=NOW,
            ),
        ],
        [
            models.PreviousAmount(
                id="pa-1", **own, fiscal_year_start=2020, member_id="m-1", amount=Yen(1_000)
            ),
            models.ReportScheduleTown(
                id="st-1", **own, schedule_id="d-1", member_id="m-1"
            ),
            models.Membership(
                id="ms-1", **own, member_id="m-1", since=date(2015, 4, 1), source="協定書"
            ),
            models.Enrolment(
                id="e-1", **own, member_id="m-1", service_id="s-1", since=date(2015, 4, 1),
                source="協定書",
            ),
            models.CostCategory(id="k-1", **own, service_id="s-1", name="運用", position=1),
            models.UserSession(
                id="us-1", token_hash=HASH, user_id="u-1", created_at=NOW, last_seen_at=NOW,
                expires_at=NOW,
            ),
            models.ReportRun(
                id="r-1", **own, kind="final", fiscal_year_start=2021, period_key="FY2021",
                due_at=NOW, input_id="n-1", schedule_id="d-1",
            ),
            allocation_run(),
        ],
        [
            cost_item(),
            models.SharingRule(id="l-1", **own, name="基本", service_id="s-1"),
            models.ShareRow(
                run_id="a-1", **own, item_no=1, component="equal", code=HIROSAKI,
                amount=Yen(70_294_766),
            ),
            models.ReportFile(
                id="f-1", **own, run_id="r-1", slot="member:022021", stored_name="x.xlsx",
                display_name="明細書.xlsx", size=1, file_hash=HASH, attempt=1,
            ),
            models.OutboxMessage(
                id="om-1", **own, run_id="r-1", about="report:r-1", user_id="u-1",
                address="hanako@example.lg.jp", message_id="<1@example.lg.jp>", subject="件名",
                body="本文", next_try_at=NOW, created_at=NOW,
            ),
            models.CalendarFeed(
                id="cf-1", **own, user_id="u-1", token_hash=HASH, created_at=NOW
            ),
            models.RunEvent(id="v-1", **own, run_id="r-1", at=NOW, attempt=1, event="claim"),
        ],
        [
            models.FundingMeasure(
                id="fm-1", **own, fiscal_year_start=2021, stage="final", name="県補助金",
                treatment="PRE_SPLIT", amount=Yen(1_000_000), item_id="i-1",
            ),
            models.BuildCost(
                id="bc-1", **own, term_id="te-1", category_id="k-1", name="第1期構築費",
                amount=Yen(84_000_000),
            ),
            models.CostItemUsd(
                id="iu-1", **own, item_id="i-1", month=date(2021, 4, 1), amount=Fraction(1000)
            ),
            models.UsageQuantity(
                id="uq-1", **own, item_id="i-1", member_id="m-1", quantity=Fraction(10)
            ),
            models.SharingRuleVersion(
                id="lv-1", **own, rule_id="l-1", since=date(2015, 4, 1), source_document="協定書"
            ),
            statement(),
            models.Receipt(
                id="q-1", **own, report_file_id="f-1", user_id="u-1", code=HIROSAKI, first_at=NOW,
                last_at=NOW,
            ),
            models.InstalmentPlan(
                id="ip-1", **own, fiscal_year_start=2021, method="percents", unit=1_000,
                mode="ceil", settled_by="cash",
            ),
            models.PaymentBatch(
                id="pb-1", **own, file_name="収納.csv", sha256=HASH, imported_by="弘前 花子",
                imported_at=NOW, recorded=1, duplicates=0,
            ),
            models.Settlement(
                id="se-1", **own, fiscal_year_start=2021, edition=1, run_id="a-1",
                total=Yen(120_000_000), settled_by="弘前 承認", settled_at=NOW,
            ),
            models.YearReopening(
                id="yr-1", **own, closing_id="yc-1", proposed_by="u-1", proposed_at=NOW,
                reason="誤り", last_day=date(2026, 12, 31), granted_by="u-2", granted_at=NOW,
            ),
            models.StatementCancellation(
                id="ca-1", **own, statement_id="t-1", reason="誤り", cancelled_by="u-1",
                cancelled_at=NOW,
            ),
        ],
        [
            models.Instalment(
                plan_id="ip-1", no=1, **own, percent=Fraction(25), due_nominal=date(2021, 5, 20),
                roll_rule="previous_open_day", due_on=date(2021, 5, 20),
            ),
            models.InstalmentItem(plan_id="ip-1", category_id="k-1", **own, no=1),
            models.Payment(
                id="pm-1", **own, fiscal_year_start=2021, code=HIROSAKI, statement_id="t-1",
                instalment=1, kind="received", paid_on=date(2021, 5, 20), amount=Yen(17_574_000),
                batch_id="pb-1", recorded_by="弘前 花子", recorded_at=NOW,
            ),
            models.SettlementLine(
                settlement_id="se-1", code=HIROSAKI, **own, final=Yen(70_294_766),
                paid=Yen(17_574_000), difference=Yen(52_720_766), disposition="additional",
            ),
        ],
        [
            models.PaymentVoid(
                id="pv-1", **own, payment_id="pm-1", reason="誤り", voided_by="弘前 花子",
                voided_at=NOW,
            )
        ],
        [
            models.RuleComponent(
                id="lc-1", **own, version_id="lv-1", position=1, basis="equal", label="均等割",
                weight="20",
            )
        ],
        [
            models.BaseRound(
                id="br-1", **own, fiscal_year_start=2027, reference_on=date(2026, 10, 1),
                due_on=date(2026, 12, 10), note="", opened_by="u-1", opened_at=NOW,
            )
        ],
        [
            models.BaseRoundSeries(
                id="bs-1", **own, round_id="br-1", series="population", label="人口"
            ),
            models.BaseRoundEdition(
                id="be-1", **own, round_id="br-1", series="population", position=1,
                edition="2027年度の提出", made_at=NOW,
            ),
            models.BaseHandIn(
                id="bh-1", **own, round_id="br-1", code=HIROSAKI, position=1, note="", reason="",
                is_by_lead=True, handed_in_by="u-1", writer="弘前 花子", handed_in_at=NOW,
            ),
        ],
        [
            models.BaseFigure(
                id="bf-1", **own, hand_in_id="bh-1", series="population", value=Fraction(1),
                certainty="確定",
            ),
            models.UseIntent(
                id="ui-1", **own, hand_in_id="bh-1", service_id="s-1", intent="continue", note=""
            ),
        ],
        [
            models.Question(
                id="qu-1", **own, run_id="a-1", item_no=1, subject="費目", amount=Yen(5),
                code=HIROSAKI, is_from_lead=False, asked_by="u-1", asked_at=NOW,
            )
        ],
        [
            models.QuestionEntry(
                id="qe-1", **own, question_id="qu-1", position=1, kind="asked", text="なぜですか。",
                written_by="u-1", writer="弘前 花子", body="弘前市", written_at=NOW,
            )
        ],
        [
            models.QuestionFile(
                id="qf-1", **own, entry_id="qe-1", stored_name="x.pdf", display_name="問.pdf",
                size=1, file_hash=HASH,
            )
        ],
        *plan_rows(own),
        *standard_rows(own),
        [
            models.RuleComponentValue(
                component_id="lc-1", **own, code=HIROSAKI, value=Fraction(100)
            ),
            models.IntegrityState(
                **own, checked_at=NOW, occasion="asked", took_ms=1, fault_count=0, faults="[]",
                summary="",
            ),
        ],
    ]  # fmt: skip
    with write() as unit:
        for group in groups:
            unit.session.add_all(group)
            unit.session.flush()
        note(unit)


def save_consortium() -> None:
    """Save the consortium alone, with the first event of its chain."""
    with write() as unit:
        unit.session.add(consortium())
        note(unit, "協議会の登録")


def save(*added: models.Base) -> None:
    """Save further rows with one event of the chain."""
    with write() as unit:
        unit.session.add_all(added)
        note(unit)


def by_hand(url: str, *statements: str) -> None:
    """Run statements as somebody with the database file or password would: past all our code."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        for each in statements:
            connection.exec_driver_sql(each)


def triggers_off(url: str, table: str) -> tuple[str, ...]:
    """Give the statements that take the guards of a table away."""
    if url.startswith("postgresql"):
        return (f"ALTER TABLE {table} DISABLE TRIGGER USER",)
    triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    names = f"{triggers} AND name LIKE '{table}_refuse_%'"
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return tuple(f"DROP TRIGGER {name}" for (name,) in connection.exec_driver_sql(names))
