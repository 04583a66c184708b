"""The state's lists (標準化の一覧): the 業務 and the 40 steps, read once by each process.

They are files of the product: they change with a release of the portal only.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from consortium.domain.standardisation.business import Business, PmoStep, town_key
from consortium.intake.tables import read_table
from consortium.usecases.national import national_list

_BUSINESS: Final = "key,name,alias_soumu,order_plan,order_soumu,order_digital,in_17"
_STEPS: Final = "no,step,heading"


@cache
def businesses() -> tuple[Business, ...]:
    """Give the 20 業務 (業務の一覧)."""
    return tuple(
        Business(
            row.text("key"),
            row.text("name"),
            row.optional("alias_soumu"),
            {order: row.whole(f"order_{order}") for order in ("soumu", "digital", "plan")},
            row.one_of("in_17", ("0", "1")) == "1",
        )
        for row in read_table(_shipped("business.csv"), "business.csv", _BUSINESS.split(","))
    )


@cache
def steps() -> tuple[PmoStep, ...]:
    """Give the 40 steps in order (ステップの一覧)."""
    rows = read_table(_shipped("pmo_steps.csv"), "pmo_steps.csv", _STEPS.split(","))
    return tuple(PmoStep(row.whole("no"), row.text("step"), row.text("heading")) for row in rows)


def first_progress() -> bytes:
    """Give the progress of 令和8年1月, 40 towns of 青森県, as it was published (最初の進捗)."""
    return _shipped("pmo_progress_2026_01.csv")


@cache
def codes_by_name() -> Mapping[tuple[str, str], str]:
    """Give the code of each municipality by prefecture and name, as `town_key` writes them."""
    return {
        town_key(each.prefecture, each.name): str(each.code) for each in national_list().values()
    }


@cache
def keys_by_code() -> Mapping[str, tuple[str, str]]:
    """Give `town_key` of each municipality by its code (団体コードから名前)."""
    return {code: key for key, code in codes_by_name().items()}


def _shipped(name: str) -> bytes:
    return (files("consortium") / "seed" / name).read_bytes()
