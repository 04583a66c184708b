"""Stage templates and their versions (工程雛形): what a plan is made from."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import Base, at_least, identifier, one_of, reference
from consortium.domain.onboarding.network import LINK_TYPES, WINDOW_KINDS
from consortium.domain.onboarding.plan import OWNERS


class StageTemplate(Base):
    """One version of a stage template (工程雛形の版); a plan keeps the version it came from."""

    __tablename__ = "stage_template"
    __table_args__ = (UniqueConstraint("consortium_id", "key", "version"), at_least("version", 1))

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Short name, the same for all versions, e.g. `join` (雛形の種類).
    key: Mapped[str]
    #: Version, from 1 on; a version is never changed, a new one is added (版).
    version: Mapped[int]
    #: Name, e.g. 加入工程（標準） (雛形名).
    name: Mapped[str]
    #: Where its durations come from (根拠).
    source: Mapped[str]
    #: When the version was saved (登録日時).
    saved_at: Mapped[datetime]
    #: Who saved it (登録者).
    saved_by: Mapped[str]
    #: True once no new plan may be made from it (使わない版).
    is_retired: Mapped[bool] = mapped_column(default=False)


class TemplateTask(Base):
    """One stage of a template (雛形の工程)."""

    __tablename__ = "template_task"
    __table_args__ = (
        UniqueConstraint("template_id", "code"),
        at_least("days", 0),
        one_of("owner", OWNERS),
        one_of("window_kind", ("", *WINDOW_KINDS)),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Template version it belongs to (雛形).
    template_id: Mapped[str] = reference("stage_template.id")
    #: Place in the list, from 1 on (順).
    position: Mapped[int]
    #: Code, e.g. B3 (番号).
    code: Mapped[str]
    #: Name of the stage (工程名).
    name: Mapped[str]
    #: Phase, e.g. 調達 (段階).
    phase: Mapped[str]
    #: Working days it takes; 0 is a milestone (業務日).
    days: Mapped[int]
    #: Who does it (担当).
    owner: Mapped[str]
    #: What closes it, e.g. 議決書 (成果物).
    evidence: Mapped[str] = mapped_column(default="")
    #: What its last day has to be, a word of WINDOW_KINDS or empty (日の制約).
    window_kind: Mapped[str] = mapped_column(default="")
    #: Steps of the state's scheme it stands for, e.g. ①-1 (国の手順).
    steps: Mapped[str] = mapped_column(default="")
    #: Group of 業務 a wave goes live with, empty for all (業務の波).
    wave: Mapped[str] = mapped_column(default="")
    #: Legal forms it appears under, words by blanks; empty for every form (法的な形).
    legal_forms: Mapped[str] = mapped_column(default="")


class TemplateLink(Base):
    """One dependency of a template (雛形の依存)."""

    __tablename__ = "template_link"
    __table_args__ = (
        UniqueConstraint("template_id", "before", "after", "type"),
        one_of("type", LINK_TYPES),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Template version it belongs to (雛形).
    template_id: Mapped[str] = reference("stage_template.id")
    #: Code of the stage before (先行).
    before: Mapped[str]
    #: Code of the stage after (後続).
    after: Mapped[str]
    #: FS, SS, FF or SF (種類).
    type: Mapped[str] = mapped_column(default="FS")
    #: Signed working days between them (間隔).
    lag: Mapped[int] = mapped_column(default=0)


class BusyPeriod(Base):
    """Weeks of each year in which an office has no hands free (繁忙期); they only warn."""

    __tablename__ = "busy_period"
    __table_args__ = (UniqueConstraint("consortium_id", "name"),)

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: 業務 it is about, e.g. 税 (業務).
    name: Mapped[str]
    #: First day of each year, written 02-16 (初日).
    first_day: Mapped[str]
    #: Last day, inside, written 03-15; before the first day: of the next year (末日).
    last_day: Mapped[str]
    #: Where the days come from (根拠).
    source: Mapped[str]
