"""Basis values and sharing rules: dated, with their source (算定基礎・負担ルール)."""

from datetime import date
from fractions import Fraction

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import Base, Code, at_least, identifier, one_of, reference
from consortium.db.types import FractionType

CERTAINTIES = ("見込", "確定")
BASES = ("equal", "table", "power", "fixed", "host", "percent")
DATINGS = (
    "latest",
    "previous_fiscal_year",
    "frozen",
    "previous_calendar_year",
    "year_before_last",
    "cumulated",
)
MODES = ("floor", "half_up", "ceil")
LEVELS = ("component", "item")
RESIDUALS = ("largest_remainder", "lead", "largest_share", "last", "unallocated")
PRORATIONS = ("monthly", "monthly_rounded", "daily", "joiner_first", "none")
LEAVINGS = ("month", "year")


class BasisValue(Base):
    """The value of one municipality in a basis series (基礎数値), e.g. its census population."""

    __tablename__ = "basis_value"
    __table_args__ = (
        UniqueConstraint("consortium_id", "series", "reference_date", "edition", "code"),
        one_of("certainty", CERTAINTIES),
        CheckConstraint("period_from <= reference_date", name="period_in_order"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Key of the series, e.g. `population`.
    series: Mapped[str]
    #: Name of the series as printed, e.g. 国勢調査人口 (基礎数値名).
    label: Mapped[str]
    #: Day the value describes, the last one of the period of a total (基準日・期間の末日).
    reference_date: Mapped[date]
    #: First day of the period of a total, empty for a value as at a day (期間の初日).
    period_from: Mapped[date | None]
    #: Edition: 速報, 確定, 遡及改訂 (版).
    edition: Mapped[str]
    #: Day the edition was published, empty when unknown (公表日).
    published_on: Mapped[date | None]
    #: Municipality code (団体コード).
    code: Mapped[Code]
    #: The value, exact, as the text n/d (値).
    value: Mapped[Fraction] = mapped_column(FractionType())
    #: 見込 while it may still change, else 確定 (確度).
    certainty: Mapped[str]
    #: Publication the value was taken from (根拠).
    source: Mapped[str]


class SharingRule(Base):
    """How the costs of a service, or of one of its categories, are shared (負担ルール)."""

    __tablename__ = "sharing_rule"
    __table_args__ = (UniqueConstraint("consortium_id", "name"),)

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Name of the rule (負担ルール名).
    name: Mapped[str]
    #: Service whose costs it shares (共同サービス).
    service_id: Mapped[str] = reference("service.id", index=True)
    #: Cost category, empty for all categories without a rule of their own (経費区分).
    category_id: Mapped[str | None] = reference("cost_category.id", index=True)


class SharingRuleVersion(Base):
    """A rule as it stands from a day on (負担ルールの版); added, never edited."""

    __tablename__ = "sharing_rule_version"
    __table_args__ = (
        UniqueConstraint("rule_id", "since"),
        at_least("unit", 1),
        one_of("mode", MODES),
        one_of("level", LEVELS),
        one_of("residual", RESIDUALS),
        one_of("proration", PRORATIONS),
        CheckConstraint("ratio_digits BETWEEN 1 AND 9", name="ratio_digits_are_few"),
        one_of("leaving", LEAVINGS),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Rule of which this is a version (負担ルール).
    rule_id: Mapped[str] = reference("sharing_rule.id")
    #: First day in force, until the next version begins (施行日).
    since: Mapped[date]
    #: Document it rests on, e.g. 協定書 (根拠文書).
    source_document: Mapped[str]
    #: Article of that document, e.g. 第7条 (条項).
    source_article: Mapped[str] = mapped_column(default="")
    #: Day of the decision, empty when unknown (議決日).
    decided_on: Mapped[date | None]
    #: Remark printed with the source (注記).
    note: Mapped[str] = mapped_column(default="")
    #: Rounding unit in yen: 1, 100, 1000, 10000 (端数単位).
    unit: Mapped[int] = mapped_column(default=1)
    #: Rounding: floor 切捨て, half_up 四捨五入, ceil 切上げ (端数処理).
    mode: Mapped[str] = mapped_column(default="floor")
    #: Where it is rounded: component 構成割ごと, item 費目ごと (端数処理の単位).
    level: Mapped[str] = mapped_column(default="component")
    #: Who takes the rest: registry key such as `largest_remainder` (端数の負担者).
    residual: Mapped[str] = mapped_column(default="largest_remainder")
    #: How joining and leaving inside a year counts: registry key such as `monthly` (按分方法).
    proration: Mapped[str] = mapped_column(default="monthly")
    #: Decimals to which ratios are rounded first, empty where they are not (割合の桁数).
    ratio_digits: Mapped[int | None]
    #: Until when a member that leaves pays: month 脱退の月まで, year 年度末まで (脱退時の負担).
    leaving: Mapped[str] = mapped_column(default="month", server_default="month")


class RuleComponent(Base):
    """One part of a rule version (構成割), e.g. 20 by equal parts, 80 by population."""

    __tablename__ = "rule_component"
    __table_args__ = (
        UniqueConstraint("version_id", "position"),
        at_least("position", 1),
        one_of("basis", BASES),
        one_of("dating", DATINGS),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Rule version it belongs to (負担ルールの版).
    version_id: Mapped[str] = reference("sharing_rule_version.id")
    #: Place in the rule, counted from 1; also the order of ties (順序).
    position: Mapped[int]
    #: Shape of the basis: registry key such as `equal` 均等割 or `table` (構成割の種類).
    basis: Mapped[str]
    #: Series of basis values, empty for a shape that reads none (基礎数値の系列).
    series: Mapped[str | None]
    #: Reference date where the date rule names one, or last day of its period (基準日・末日).
    reference_date: Mapped[date | None]
    #: Edition where the date rule names one (版).
    edition: Mapped[str | None]
    #: Name as printed, e.g. 人口割 (構成割名).
    label: Mapped[str]
    #: Weight, a decimal text as the agreement writes it, e.g. 80 or 9.5 (構成比).
    weight: Mapped[str]
    #: Which edition is used: registry key such as `latest` (基準日の定め方).
    dating: Mapped[str | None]
    #: Month and day in the previous fiscal year, e.g. 09-30, where the date rule names it (月日).
    month_day: Mapped[str | None]
    #: First day of the period where the date rule names one (期間の初日).
    period_from: Mapped[date | None]
    #: Exponent of `power`, a decimal text (指数).
    power: Mapped[str | None]
    #: Why the rule writes values of its own, empty where it writes none (団体ごとの値の根拠).
    own_source: Mapped[str] = mapped_column(default="", server_default="")


class RuleComponentValue(Base):
    """A value that a rule version itself writes for a member (団体ごとの値), e.g. 市100・町50."""

    __tablename__ = "rule_component_value"

    #: Component it belongs to (構成割).
    component_id: Mapped[str] = mapped_column(
        String(36), ForeignKey("rule_component.id", ondelete="RESTRICT"), primary_key=True
    )
    #: Municipality code (団体コード).
    code: Mapped[Code] = mapped_column(primary_key=True)
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: The value, exact, as the text n/d (値).
    value: Mapped[Fraction] = mapped_column(FractionType())
