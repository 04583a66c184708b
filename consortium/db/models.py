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
from consortium.db.tables.cases import SavedCase
from consortium.db.tables.costs import CostCategory, CostItem
from consortium.db.tables.invoices import (
    CostItemUsd,
    ExchangeRate,
    Invoice,
    UsageQuantity,
)
from consortium.db.tables.members import Consortium, Member, Membership
from consortium.db.tables.metadata import Base, new_id
from consortium.db.tables.reports import ReportFile, ReportInput, ReportRun
from consortium.db.tables.rules import (
    BasisValue,
    RuleComponent,
    RuleComponentValue,
    SharingRule,
    SharingRuleVersion,
)
from consortium.db.tables.runs import AllocationRun, ShareRow
from consortium.db.tables.schedules import ReportSchedule, RunEvent, SchedulerHeartbeat
from consortium.db.tables.services import Enrolment, Service
from consortium.db.tables.statements import Receipt, Statement

__all__ = [
    "AllocationRun",
    "AuditEvent",
    "Base",
    "BasisValue",
    "BuildCost",
    "Consortium",
    "CostCategory",
    "CostItem",
    "CostItemUsd",
    "DampeningVersion",
    "Enrolment",
    "ExchangeRate",
    "FundingMeasure",
    "Invoice",
    "LoginAttempt",
    "Member",
    "Membership",
    "PreviousAmount",
    "Receipt",
    "ReportFile",
    "ReportInput",
    "ReportRun",
    "ReportSchedule",
    "RuleComponent",
    "RuleComponentValue",
    "RunEvent",
    "SavedCase",
    "SchedulerHeartbeat",
    "Service",
    "ShareRow",
    "SharingRule",
    "SharingRuleVersion",
    "Statement",
    "Term",
    "UsageQuantity",
    "UserAccount",
    "UserSession",
    "new_id",
]
