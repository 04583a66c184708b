"""Questions on an amount, what was said of them, and the files with it (質疑)."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consortium.db.tables.metadata import (
    Base,
    Code,
    Sha256,
    at_least,
    identifier,
    one_of,
    reference,
    whole_yen,
)
from consortium.db.types import YenType
from consortium.domain.fiscalyear.questions import KINDS, STATES
from consortium.domain.yen import Yen


class Question(Base):
    """A question on an amount of a run (質疑), seen by its town and the lead city only."""

    __tablename__ = "question"
    __table_args__ = (
        one_of("state", STATES),
        at_least("item_no", 1),
        whole_yen("amount"),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Run whose amount is asked about (算定).
    run_id: Mapped[str] = reference("allocation_run.id", index=True)
    #: Place of the cost item in the run, empty for the whole amount (費目番号).
    item_no: Mapped[int | None]
    #: Name of that item as printed, or 負担金の全体 (質疑の対象).
    subject: Mapped[str]
    #: Amount asked about, in yen, as it was when asked (質疑の額).
    amount: Mapped[Yen] = mapped_column(YenType())
    #: Municipality whose amount it is (団体コード).
    code: Mapped[Code]
    #: True when the lead city asked, False when the town did (幹事市からの質疑).
    is_from_lead: Mapped[bool]
    #: State: open, answered, closed, overruled, withdrawn (状態).
    state: Mapped[str] = mapped_column(default="open")
    #: Actor who asked first (質問者).
    asked_by: Mapped[str]
    #: When it was asked first (質問日時).
    asked_at: Mapped[datetime]
    #: Rises with each change; the second of two editors is refused (行の版).
    row_version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012 -- as SQLAlchemy declares it


class QuestionEntry(Base):
    """What somebody wrote in a question (質疑の記載), kept as written."""

    __tablename__ = "question_entry"
    __table_args__ = (
        UniqueConstraint("question_id", "position"),
        one_of("kind", KINDS),
        at_least("position", 1),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: Question it was written in (質疑).
    question_id: Mapped[str] = reference("question.id")
    #: Place in the question, counted from 1 (順番).
    position: Mapped[int]
    #: Kind: asked, answered, closed, overruled, withdrawn (種類).
    kind: Mapped[str]
    #: What was written, empty where nothing had to be (本文).
    text: Mapped[str]
    #: Actor who wrote it (記入者).
    written_by: Mapped[str]
    #: Name of that person as it was then (記入者の氏名).
    writer: Mapped[str]
    #: Municipality or office of that person as it was then (記入者の所属).
    body: Mapped[str]
    #: When it was written (記入日時).
    written_at: Mapped[datetime]


class QuestionFile(Base):
    """The file sent with a question or an answer (質疑の添付), written once."""

    __tablename__ = "question_file"
    __table_args__ = (
        UniqueConstraint("entry_id"),
        UniqueConstraint("stored_name"),
        at_least("size", 1),
    )

    #: Row id (UUID).
    id: Mapped[str] = identifier()
    #: Consortium the row belongs to (協議会).
    consortium_id: Mapped[str] = reference("consortium.id", index=True)
    #: What was written with it (質疑の記載).
    entry_id: Mapped[str] = reference("question_entry.id")
    #: Name in the file store, a UUID and the ending (保存名).
    stored_name: Mapped[str]
    #: Name as sent, without what does not belong into a file name (表示名).
    display_name: Mapped[str]
    #: Size in bytes (サイズ).
    size: Mapped[int]
    #: SHA-256 of the bytes (ファイルハッシュ).
    file_hash: Mapped[Sha256]
