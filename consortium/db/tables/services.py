"""Shared services and who uses which since when (共同サービス・サービス利用)."""

from datetime import date

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from consortium.db.tables.metadata import Base, identifier, one_of, reference, until_after_since

OPERATORS = ("協議会", "県", "国")


class Service(Base):
    """A shared service (共同サービス)."""

    __tablename__ = "service"
    __table_args__ = (
        UniqueConstraint("consortium_id", "key"),
        one_of("operator", OPERATORS),
        until_after_since(),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id")
    #: Short name used in seed files and case files, e.g. `core`.
    key: Mapped[str]
    #: Name, e.g. 基幹系共同クラウド (サービス名).
    name: Mapped[str]
    #: Who operates it: 協議会, 県 or 国 (運営主体).
    operator: Mapped[str]
    #: First day of operation (稼働日).
    since: Mapped[date]
    #: First day after the end, empty while open (終了日).
    until: Mapped[date | None]
    #: Document the service rests on (根拠).
    source: Mapped[str]


class Enrolment(Base):
    """A period in which a member uses a service (サービス利用)."""

    __tablename__ = "enrolment"
    __table_args__ = (UniqueConstraint("service_id", "member_id", "since"), until_after_since())

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Member using the service (構成団体).
    member_id: Mapped[str] = reference("member.id", index=True)
    #: Service used (共同サービス).
    service_id: Mapped[str] = reference("service.id")
    #: First day of use (利用開始日).
    since: Mapped[date]
    #: First day of no longer using it, empty while open (利用終了日).
    until: Mapped[date | None]
    #: Document the use rests on (根拠).
    source: Mapped[str]
