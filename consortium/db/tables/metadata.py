"""The declarative base and the few shapes every table is built from (表の共通部品)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from sqlalchemy import CheckConstraint, ForeignKey, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column, registry

from consortium.db.types import CodeType, InstantType
from consortium.domain.municipality import MunicipalityCode

# All columns stand in the name: with the first one only, two constraints of a table collide.
NAMING = {
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

STAGES = ("estimate", "planned", "revised", "final", "settlement")

Code = Annotated[MunicipalityCode, mapped_column(CodeType())]
Sha256 = Annotated[str, mapped_column(String(64))]


class Base(DeclarativeBase):
    """The base of all tables; they inherit it directly, so mypy sees their columns."""

    # Not as `type_annotation_map`: Flask-SQLAlchemy copies the class, which then has it twice.
    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={str: Text(), datetime: InstantType()},
    )


def new_id() -> str:
    """Give a fresh row id."""
    return str(uuid4())


def identifier() -> MappedColumn[str]:
    """Declare the row id: a UUID as text, made here unless the caller gives one."""
    return mapped_column(String(36), primary_key=True, default=new_id)


def reference(target: str, **options: Any) -> MappedColumn[Any]:
    """Declare a reference to another row; a referenced row can never be deleted."""
    return mapped_column(String(36), ForeignKey(target, ondelete="RESTRICT"), **options)


def whole_yen(column: str, *, may_be_empty: bool = False) -> CheckConstraint:
    """Refuse text and fractions in a yen column; only SQLite would let them in."""
    kinds = "IN ('integer', 'null')" if may_be_empty else "= 'integer'"
    check = CheckConstraint(f"typeof({column}) {kinds}", name=f"{column}_is_whole_yen")
    return check.ddl_if(dialect="sqlite")


def first_of_month(column: str) -> tuple[CheckConstraint, CheckConstraint]:
    """Keep a month written as its first day; the two databases spell the day differently."""
    name = f"{column}_is_first_of_month"
    return (
        CheckConstraint(f"substr({column}, 9) = '01'", name=name).ddl_if(dialect="sqlite"),
        CheckConstraint(f"EXTRACT(DAY FROM {column}) = 1", name=name).ddl_if(dialect="postgresql"),
    )


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """Allow only the listed words in a column."""
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=f"{column}_is_known")


def until_after_since() -> CheckConstraint:
    """Keep the period half-open and not empty."""
    return CheckConstraint("until > since", name="until_after_since")


def plausible_year(column: str = "fiscal_year_start") -> CheckConstraint:
    """Keep a fiscal year a number of four digits; on SQLite this also refuses text."""
    return CheckConstraint(f"{column} BETWEEN 1900 AND 2999", name=f"{column}_is_plausible")


def at_least(column: str, least: int) -> CheckConstraint:
    """Keep a count or an edition from falling below its first value."""
    return CheckConstraint(f"{column} >= {least}", name=f"{column}_at_least_{least}")
