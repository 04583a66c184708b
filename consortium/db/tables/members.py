"""The consortium, its members and when each takes part (協議会・構成団体・加入期間)."""

from datetime import date

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import (
    Base,
    Code,
    identifier,
    one_of,
    reference,
    until_after_since,
)
from consortium.domain.yen import MODES


class Consortium(Base):
    """A consortium (協議会): the owner of every row of consortium data."""

    __tablename__ = "consortium"
    __table_args__ = (UniqueConstraint("key"), one_of("usd_mode", MODES))

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Short name used in commands and seed files, e.g. `hirosaki`.
    key: Mapped[str]
    #: Name as printed on documents (協議会名).
    name: Mapped[str]
    #: Office that issues the documents, i.e. the lead city (事務局・幹事市名).
    office_name: Mapped[str]
    #: True when its figures are sample data and every page and file says 見本.
    is_sample: Mapped[bool] = mapped_column(default=False)
    #: True when a town's statement also shows the other towns' amounts.
    shows_other_members: Mapped[bool] = mapped_column(default=True)
    #: Fiscal-year labels unlike the usual ones, JSON {"2019": "平成31年度"} (年度表記).
    year_labels: Mapped[str] = mapped_column(default="{}")
    #: Rounding of US dollars × exchange rate: floor, half_up, ceil (円換算の端数処理).
    usd_mode: Mapped[str] = mapped_column(default="floor")
    #: True in a one-person office: the drafter of a run may also approve it (本人の承認を認める).
    allows_own_approval: Mapped[bool] = mapped_column(default=False)
    #: Next running number of the register; a number taken is never given again (次の台帳番号).
    next_number: Mapped[int] = mapped_column(default=1)
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class Member(Base):
    """A municipality of the consortium (構成団体), whether it takes part at present or not."""

    __tablename__ = "member"
    __table_args__ = (UniqueConstraint("consortium_id", "code"),)

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Municipality code, six digits with check digit (団体コード).
    code: Mapped[Code]
    #: Name, e.g. 板柳町 (団体名).
    name: Mapped[str]
    #: Reading of the name (団体名かな).
    kana: Mapped[str]
    #: Kind of municipality: 市, 町 or 村 (団体区分).
    kind: Mapped[str]
    #: True for the lead city (幹事市).
    is_lead: Mapped[bool] = mapped_column(default=False)


class Membership(Base):
    """A period in which a member takes part in the consortium (加入期間)."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("member_id", "since"), until_after_since())

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Member taking part (構成団体).
    member_id: Mapped[str] = reference("member.id")
    #: First day of taking part (加入日).
    since: Mapped[date]
    #: First day of no longer taking part, empty while open (脱退日).
    until: Mapped[date | None]
    #: Document the period rests on (根拠).
    source: Mapped[str]
