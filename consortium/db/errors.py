"""A broken constraint becomes a named refusal (制約違反のお知らせ)."""

import re

from sqlalchemy import Index, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError

from consortium.db.tables.metadata import Base
from consortium.db.triggers import CLOSED
from consortium.domain.errors import (
    BadInputError,
    ClosedError,
    DomainError,
    DuplicateError,
    StaleError,
)


class BusyError(RuntimeError):
    """The database is locked, gone or full; the same request may succeed once that is over."""


# Unique constraint → form field to mark, what is there already.
DUPLICATES = {
    "uq_allocation_run_consortium_id_fiscal_year_start_stage_edition": (
        "edition", "同じ年度・段階・版の算定",
    ),
    "uq_basis_value_consortium_id_series_reference_date_edition_code": (
        "code", "同じ系列・基準日・版・団体の基礎数値",
    ),
    "uq_build_cost_term_id_name": ("name", "同じ利用期・名称の共同構築費"),
    "uq_busy_period_consortium_id_name": ("name", "同じ業務の繁忙期"),
    "uq_calendar_step_consortium_id_fiscal_year_start_key": ("key", "同じ年度・種類の予定"),
    "uq_closed_day_consortium_id_code_day": ("day", "同じ団体・日付の閉庁日"),
    "uq_consortium_key": ("key", "同じ略称の協議会"),
    "uq_council_session_consortium_id_code_decision_on": (
        "decision_on", "同じ団体・議決日の会期",
    ),
    "uq_cost_category_consortium_id_service_id_name": ("name", "同じ名称の経費区分"),
    "uq_decision_plan_id_kind_task_code_code_decided_on": (
        "decided_on", "同じ工程・種類・団体・日の議決・判定",
    ),
    "uq_dampening_version_consortium_id_since": ("since", "同じ施行日の激変緩和の版"),
    "uq_enrolment_service_id_member_id_since": ("since", "同じ開始日のサービス利用"),
    "uq_exchange_rate_consortium_id_month": ("month", "同じ月の為替レート"),
    "uq_instalment_plan_consortium_id_fiscal_year_start": ("year", "同じ年度の納付計画"),
    "uq_invoice_consortium_id_supplier_number_stage": (
        "number", "この段階に、同じ請求者・番号の請求書",
    ),
    "uq_member_consortium_id_code": ("code", "同じ団体コードの構成団体"),
    "uq_membership_member_id_since": ("since", "同じ加入日の加入期間"),
    "uq_payment_batch_consortium_id_sha256": ("file", "同じ内容のファイルの取込み"),
    "uq_migration_run_plan_id_wave_round": ("round", "同じ業務の波・回の移行"),
    "uq_payment_void_payment_id": ("reason", "同じ収納の取消し"),
    "uq_business_rollout_member_id_business": ("business", "同じ団体・業務の稼働の記録"),
    "uq_pmo_entry_member_id_business_month": ("states", "同じ団体・業務・月のステップの状態"),
    "uq_previous_amount_consortium_id_fiscal_year_start_member_id": (
        "amount", "同じ年度・団体の前年度の額",
    ),
    "uq_report_run_business_key": ("period_key", "同じ期間・版の帳票"),
    "uq_report_schedule_town_schedule_id_member_id": ("towns", "同じ配信予定・団体の配信先"),
    "uq_rule_component_version_id_position": ("position", "同じ順序の構成割"),
    "uq_service_consortium_id_key": ("key", "同じ略称の共同サービス"),
    "uq_settlement_consortium_id_fiscal_year_start_edition": (
        "edition", "同じ年度・版の精算",
    ),
    "uq_sharing_rule_consortium_id_name": ("name", "同じ名称の負担ルール"),
    "uq_sharing_rule_version_rule_id_since": ("since", "同じ施行日の負担ルールの版"),
    "uq_stage_template_consortium_id_key_version": ("version", "同じ種類・版の工程雛形"),
    "uq_statement_cancellation_statement_id": ("reason", "同じ文書の取消し"),
    "uq_term_consortium_id_name": ("name", "同じ名称の利用期"),
    "uq_user_account_login": ("login", "同じ利用者IDの利用者"),
}  # fmt: skip

# CHECK → form field to mark, what was found, what to do.
REFUSALS = {
    "until_after_since": (
        "until", "終わりの日が始まりの日より後ではありません。", "日付を確かめてください。",
    ),
    "last_month_not_before_first": (
        "last_month", "終了月が開始月より前です。", "月を確かめてください。",
    ),
    "period_in_order": (
        "period_from", "期間の初日が末日より後です。", "日付を確かめてください。",
    ),
    "member_role_has_code": (
        "code", "構成団体の役割に団体がありません。", "団体を選んでください。",
    ),
}  # fmt: skip

_SQLITE_COLUMNS = re.compile(r"UNIQUE constraint failed: (\w+\.\w+(?:, \w+\.\w+)*)")
_SQLITE_CHECK = re.compile(r"CHECK constraint failed: (\w+)")
_LOCKED = "データベースが込み合っています。しばらくしてからもう一度お試しください。"
_LOST = "データベースとの接続が切れました。しばらくしてからもう一度お試しください。"
_FULL = "データベースを置いたディスクの空き容量が足りません。"
#: Said of a write within a reading unit, too, which is a mistake in the program.
READ_ONLY = "データベースが読み取り専用になっています。"
_UNREADABLE = "データベースのファイルの読み書きに失敗しました。"

# What the machine under the database may do to us, by the beginning of the code it reports.
_FAULTS = {
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": _LOCKED,
    "SQLITE_FULL": _FULL,
    "SQLITE_IOERR": _UNREADABLE,
    "SQLITE_CANTOPEN": _UNREADABLE,
    "SQLITE_READONLY": READ_ONLY,
    "55P03": _LOCKED,  # lock not available
    "40P01": _LOCKED,  # deadlock
    "40001": _LOCKED,  # serialization failure
    "53300": _LOCKED,  # too many connections
    "53": _FULL,  # disk full, out of memory
    "57P": _LOST,  # shut down, starting, ended by an administrator
    "08": _LOST,
    "58": _UNREADABLE,
}


def named_error(error: Exception) -> Exception | None:
    """Give the refusal to show instead, or None: an unmapped constraint is a bug and stays one."""
    if isinstance(error, StaleDataError):
        return StaleError(
            "保存できません。",
            "ほかの人が同じ記録を先に変更しました。",
            "画面を開き直して、もう一度入力してください。",
        )
    if isinstance(error, IntegrityError) and CLOSED in str(error.orig):
        return ClosedError(
            "年度の記録を変えようとしました。",
            "その年度は本締め済みです。",
            "直すときは、「締め」の画面で再開を申し出てください。",
        )
    if isinstance(error, IntegrityError):
        return _refusal(violated_constraint(error))
    if isinstance(error, DBAPIError) and (fault := _fault(error)):
        return BusyError(fault)
    return None


def _fault(error: DBAPIError) -> str | None:
    code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
    for beginning, said in _FAULTS.items():
        if (code or "").startswith(beginning):
            return said
    # A server that is not there at all gives no code.
    no_server = isinstance(error, OperationalError) and not code and hasattr(error.orig, "sqlstate")
    return _LOST if error.connection_invalidated or no_server else None


def is_unmade(error: Exception) -> bool:
    """Say whether the tables were never made, or not all of them (移行の前)."""
    if not isinstance(error, DBAPIError):
        return False
    if getattr(error.orig, "sqlstate", None) == "42P01":
        return True
    return str(error.orig).startswith("no such table")


def _refusal(constraint: str | None) -> DomainError | None:
    if constraint in DUPLICATES:
        field, what = DUPLICATES[constraint]
        return DuplicateError(
            "登録できません。",
            f"{what}がすでにあります。",
            "内容を確かめて、別の値を入力してください。",
            field=field,
        )
    for name, (path, found, todo) in REFUSALS.items():
        if constraint and constraint.startswith("ck_") and constraint.endswith(f"_{name}"):
            return BadInputError("登録できません。", found, todo, path=path)
    return None


def violated_constraint(error: IntegrityError) -> str | None:
    """Name the constraint; SQLite gives table and columns for a unique one, nothing for others."""
    diagnostics = getattr(error.orig, "diag", None)
    if diagnostics is not None:
        name = diagnostics.constraint_name
        return name if isinstance(name, str) else None
    if match := _SQLITE_CHECK.search(str(error.orig)):
        return match[1]
    if match := _SQLITE_COLUMNS.search(str(error.orig)):
        pairs = [pair.split(".") for pair in match[1].split(", ")]
        return _unique_on(Base.metadata.tables[pairs[0][0]], {column for _, column in pairs})
    return None


def _unique_on(table: Table, columns: set[str]) -> str | None:
    keys: list[UniqueConstraint | PrimaryKeyConstraint | Index] = [
        key for key in table.constraints if isinstance(key, UniqueConstraint | PrimaryKeyConstraint)
    ]
    keys += [index for index in table.indexes if index.unique]
    names = [key.name for key in keys if {column.name for column in key.columns} == columns]
    return str(names[0]) if names else None
