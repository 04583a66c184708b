"""Every table by name (表); each stands in the file of its subject under `tables/`."""

from consortium.db.tables.accounts import LoginAttempt, UserAccount, UserSession
from consortium.db.tables.audit import AuditEvent
from consortium.db.tables.costs import CostCategory, CostItem
from consortium.db.tables.members import Consortium, Member, Membership
from consortium.db.tables.metadata import Base, new_id
from consortium.db.tables.reports import ReportFile, ReportInput, ReportRun
from consortium.db.tables.rules import BasisValue, RuleComponent, SharingRule, SharingRuleVersion
from consortium.db.tables.runs import AllocationRun, ShareRow
from consortium.db.tables.schedules import ReportSchedule, RunEvent, SchedulerHeartbeat
from consortium.db.tables.services import Enrolment, Service
from consortium.db.tables.statements import Receipt, Statement

__all__ = [
    "AllocationRun",
    "AuditEvent",
    "Base",
    "BasisValue",
    "Consortium",
    "CostCategory",
    "CostItem",
    "Enrolment",
    "LoginAttempt",
    "Member",
    "Membership",
    "Receipt",
    "ReportFile",
    "ReportInput",
    "ReportRun",
    "ReportSchedule",
    "RuleComponent",
    "RunEvent",
    "SchedulerHeartbeat",
    "Service",
    "ShareRow",
    "SharingRule",
    "SharingRuleVersion",
    "Statement",
    "UserAccount",
    "UserSession",
    "new_id",
]
