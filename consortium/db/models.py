"""Every table by name (表); each stands in the file of its subject under `tables/`."""

from consortium.db.tables.accounts import LoginAttempt, UserAccount, UserSession
from consortium.db.tables.agreement import (
    BuildCost,
    DampeningVersion,
    FundingMeasure,
    PreviousAmount,
    Term,
)
from consortium.db.tables.audit import AuditEvent
from consortium.db.tables.base_rounds import (
    BaseFigure,
    BaseHandIn,
    BaseRound,
    BaseRoundEdition,
    BaseRoundSeries,
    UseIntent,
)
from consortium.db.tables.calendars import CalendarStep, ClosedDay
from consortium.db.tables.cases import SavedCase
from consortium.db.tables.closings import YearClosing, YearReopening
from consortium.db.tables.costs import CostCategory, CostItem
from consortium.db.tables.delivery import CalendarFeed, OutboxMessage
from consortium.db.tables.integrity import IntegrityState, TableSeal
from consortium.db.tables.invoices import (
    CostItemUsd,
    ExchangeRate,
    Invoice,
    UsageQuantity,
)
from consortium.db.tables.members import Consortium, Member, Membership
from consortium.db.tables.metadata import Base, new_id
from consortium.db.tables.payments import (
    Instalment,
    InstalmentItem,
    InstalmentPlan,
    Payment,
    PaymentBatch,
    PaymentVoid,
    Settlement,
    SettlementLine,
)
from consortium.db.tables.plan_records import (
    BudgetAction,
    CouncilSession,
    Decision,
    MigrationRun,
    PlanContract,
    PlanEvidence,
    PlanIssue,
)
from consortium.db.tables.plans import Baseline, BaselineTask, Plan, PlanLink, PlanTask
from consortium.db.tables.questions import Question, QuestionEntry, QuestionFile
from consortium.db.tables.reports import ReportFile, ReportInput, ReportRun
from consortium.db.tables.restorations import LostDocument, Restoration
from consortium.db.tables.rules import (
    BasisValue,
    RuleComponent,
    RuleComponentValue,
    SharingRule,
    SharingRuleVersion,
)
from consortium.db.tables.runs import AllocationRun, ShareRow
from consortium.db.tables.schedules import (
    ReportSchedule,
    ReportScheduleTown,
    RunEvent,
    SchedulerHeartbeat,
)
from consortium.db.tables.services import Enrolment, Service
from consortium.db.tables.stage_templates import (
    BusyPeriod,
    StageTemplate,
    TemplateLink,
    TemplateTask,
)
from consortium.db.tables.standardisation import (
    BusinessRollout,
    PmoAnswer,
    PmoEntry,
    PmoRow,
    PmoSetting,
    PmoSnapshot,
)
from consortium.db.tables.statements import Receipt, Statement, StatementCancellation

__all__ = [
    "AllocationRun",
    "AuditEvent",
    "Base",
    "BaseFigure",
    "BaseHandIn",
    "BaseRound",
    "BaseRoundEdition",
    "BaseRoundSeries",
    "Baseline",
    "BaselineTask",
    "BasisValue",
    "BudgetAction",
    "BuildCost",
    "BusinessRollout",
    "BusyPeriod",
    "CalendarFeed",
    "CalendarStep",
    "ClosedDay",
    "Consortium",
    "CostCategory",
    "CostItem",
    "CostItemUsd",
    "CouncilSession",
    "DampeningVersion",
    "Decision",
    "Enrolment",
    "ExchangeRate",
    "FundingMeasure",
    "Instalment",
    "InstalmentItem",
    "InstalmentPlan",
    "IntegrityState",
    "Invoice",
    "LoginAttempt",
    "LostDocument",
    "Member",
    "Membership",
    "MigrationRun",
    "OutboxMessage",
    "Payment",
    "PaymentBatch",
    "PaymentVoid",
    "Plan",
    "PlanContract",
    "PlanEvidence",
    "PlanIssue",
    "PlanLink",
    "PlanTask",
    "PmoAnswer",
    "PmoEntry",
    "PmoRow",
    "PmoSetting",
    "PmoSnapshot",
    "PreviousAmount",
    "Question",
    "QuestionEntry",
    "QuestionFile",
    "Receipt",
    "ReportFile",
    "ReportInput",
    "ReportRun",
    "ReportSchedule",
    "ReportScheduleTown",
    "Restoration",
    "RuleComponent",
    "RuleComponentValue",
    "RunEvent",
    "SavedCase",
    "SchedulerHeartbeat",
    "Service",
    "Settlement",
    "SettlementLine",
    "ShareRow",
    "SharingRule",
    "SharingRuleVersion",
    "StageTemplate",
    "Statement",
    "StatementCancellation",
    "TableSeal",
    "TemplateLink",
    "TemplateTask",
    "Term",
    "UsageQuantity",
    "UseIntent",
    "UserAccount",
    "UserSession",
    "YearClosing",
    "YearReopening",
    "new_id",
]
