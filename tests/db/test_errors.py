"""A broken constraint becomes a named refusal (制約違反のお知らせ)."""

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import UniqueConstraint, delete
from sqlalchemy.exc import IntegrityError

from consortium.db import models
from consortium.db.errors import DUPLICATES
from consortium.domain.errors import BadInputError, DuplicateError
from tests.db import rows

Row = Callable[[], models.Base]

# Broken only by a mistake in the program or by two processes; nobody types these.
INTERNAL = {
    "uq_audit_event_consortium_id_prev_hash",
    "uq_base_figure_hand_in_id_series",
    "uq_base_hand_in_round_id_code_position",
    "uq_base_round_edition_round_id_series_position",
    "uq_base_round_series_round_id_series",
    "uq_baseline_plan_id_number",
    "uq_baseline_task_baseline_id_code",
    "uq_calendar_feed_token_hash",
    "uq_cost_item_usd_item_id_month",
    "uq_outbox_message_about_user_id",
    "uq_outbox_message_message_id",
    "uq_plan_issue_plan_id_number",
    "uq_plan_link_plan_id_before_after_type",
    "uq_plan_task_plan_id_code",
    "uq_pmo_row_snapshot_id_code",
    "uq_pmo_setting_consortium_id",
    "uq_pmo_snapshot_consortium_id_kind_month_edition",
    "uq_question_entry_question_id_position",
    "uq_question_file_entry_id",
    "uq_question_file_stored_name",
    "uq_receipt_report_file_id_user_id",
    "uq_report_file_run_id_slot",
    "uq_report_file_stored_name",
    "uq_settlement_run_id",
    "uq_statement_consortium_id_number",
    "uq_statement_report_file_id",
    "uq_template_link_template_id_before_after_type",
    "uq_template_task_template_id_code",
    "uq_usage_quantity_item_id_member_id",
    "uq_use_intent_hand_in_id_service_id",
    "uq_user_session_token_hash",
}


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (lambda: rows.consortium(id="c-2"), "key"),
        (lambda: rows.member(id="m-2"), "code"),
        (lambda: rows.service(id="s-2"), "key"),
        (lambda: rows.user(id="u-2"), "login"),
        (lambda: rows.basis_value(id="b-2"), "code"),
        (lambda: rows.allocation_run(id="a-2"), "edition"),
    ],
)
def test_a_second_row_of_the_same_key_names_the_field(
    database: Flask, row: Row, field: str
) -> None:
    rows.save_one_of_each()
    with pytest.raises(DuplicateError, match="すでにあります") as caught:
        rows.save(row())
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("row", "path"),
    [
        (lambda: rows.service(id="s-2", key="x", until=date(2015, 4, 1)), "until"),
        (lambda: rows.cost_item(id="i-2", last_month=date(2021, 3, 1)), "last_month"),
        (lambda: rows.user(id="u-2", login="x", role="member_staff"), "code"),
    ],
)
def test_a_refused_value_names_the_field(database: Flask, row: Row, path: str) -> None:
    rows.save_one_of_each()
    with pytest.raises(BadInputError) as caught:
        rows.save(row())
    assert caught.value.path == path


@pytest.mark.parametrize(
    "row",
    [
        lambda: rows.service(id="s-2", key="x", operator="町"),
        lambda: rows.cost_item(id="i-2", first_month=date(2021, 4, 2)),
        lambda: rows.cost_item(id="i-2", last_month=date(2022, 3, 31)),
        lambda: rows.cost_item(id="i-2", service_id="s-9"),
        lambda: rows.cost_item(id="i-2", name=None),
    ],
)
def test_a_constraint_without_a_name_for_officers_stays_a_bug(database: Flask, row: Row) -> None:
    rows.save_one_of_each()
    with pytest.raises(IntegrityError):
        rows.save(row())


def test_every_unique_key_is_either_named_for_officers_or_internal() -> None:
    keys = {
        str(constraint.name)
        for table in models.Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    }
    assert set(DUPLICATES) | INTERNAL == keys
    assert not set(DUPLICATES) & INTERNAL


def test_a_referenced_row_cannot_be_deleted(database: Flask, database_url: str) -> None:
    """RESTRICT everywhere: the mistake fails aloud instead of losing rows."""
    rows.save_one_of_each()
    with pytest.raises(IntegrityError), rows.write() as unit:
        unit.session.execute(delete(models.Member))
