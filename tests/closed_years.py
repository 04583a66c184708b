"""What 本締め protects (締めの対象): every table of a fiscal year, and what is left out and why."""

from typing import Final

#: Tables whose rows of a closed year the database itself refuses to add, change or delete.
CLOSED_TABLES: Final = (
    "allocation_run",
    "base_figure",
    "base_hand_in",
    "base_round",
    "base_round_edition",
    "base_round_series",
    "calendar_step",
    "cost_item",
    "cost_item_usd",
    "exchange_rate",
    "funding_measure",
    "instalment",
    "instalment_item",
    "instalment_plan",
    "invoice",
    "payment",
    "payment_void",
    "previous_amount",
    "report_file",
    "report_run",
    "settlement",
    "settlement_line",
    "share_row",
    "statement",
    "statement_cancellation",
    "usage_quantity",
    "use_intent",
)

#: Tables that name a fiscal year, or belong to a row of one, and stay open: table → why.
OPEN_TABLES: Final = {
    "budget_action": "what a town provides in its own budget; no figure of the consortium",
    "lost_document": "a number that a restore may not give out again; nothing of the year changes",
    "outbox_message": "a letter about a report; operational",
    "question": "a question is not a figure; an open one keeps the year from being closed",
    "question_entry": "see question",
    "question_file": "see question",
    "receipt": "that a town received a file says nothing new about the year",
    "run_event": "what happened to a report run; operational",
    "saved_case": "a what-if case; nothing of it is issued",
    "year_closing": "the lock itself; triggers of its own",
    "year_reopening": "the lock itself; triggers of its own",
}


def triggers(dialect: str) -> set[str]:
    """Name the triggers that keep closed years."""
    kinds = ("insert", "update", "delete") if dialect == "sqlite" else ("year", "truncate")
    return {f"{table}_closed_{kind}" for table in CLOSED_TABLES for kind in kinds}
