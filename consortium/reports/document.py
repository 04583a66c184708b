"""What a report prints, frozen before the first file is made (帳票の元).

`to_json()` gives plain values that `canonical()` can write: no floats, no dates. `from_json()`
gives back an equal document.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.sharing.document import read, write
from consortium.domain.sharing.result import Result
from consortium.reports import compared, dues
from consortium.reports.compared import Compared
from consortium.reports.document_head import read_head, write_head
from consortium.reports.dues import Asking, Before, Settling
from consortium.reports.situation_document import SituationDocument
from consortium.reports.wording import quarter_name

LEAD_SLOT = "lead"

#: Raised when the shape of the documents or of what is hashed changes. 2: instalments, settlement
#: and the amount before. 3: how instalments are cut, why the amounts changed, tax rates. Documents
#: of an earlier format have none of these and are read as they are.
FORMAT = 3

_TOKYO = timezone(timedelta(hours=9))


def member_slot(code: str) -> str:
    """Name the slot of a member's file.

    >>> member_slot("023817")
    'member:023817'
    """
    return f"member:{code}"


@dataclass(frozen=True, slots=True)
class StatementDocument:
    """One stage of a fiscal year as issued (負担金の通知の元).

    `stage` is estimate, planned, revised, final or settlement; `office` the lead city's name;
    `numbers` the 文書番号 by slot; `register_hash` the full head of the register at the snapshot.
    """

    is_sample: bool
    consortium: str
    office: str
    fiscal_year: FiscalYear
    fiscal_year_label: str
    stage: str
    edition: int
    issued_at: datetime
    register_seq: int
    register_hash: str
    shows_other_members: bool
    numbers: Mapping[str, str]
    rule_notes: tuple[str, ...]
    basis_notes: tuple[str, ...]
    result: Result
    #: whoever drafted the run approved it as well, as a one-person office may (一人の事務局)
    own_approval: bool = False
    #: the instalment a 納入依頼 asks for; None for a statement of the whole year
    asking: Asking | None = None
    #: what was issued for the year before; None where the letter says nothing of it
    before: Before | None = None
    #: 団体コード → its settlement; empty where nothing was paid
    settling: Mapping[str, Settling] = field(default_factory=dict)
    #: why the amounts differ from the run issued before; None for a first one (要因分解)
    compared: Compared | None = None

    @property
    def issued_on(self) -> date:
        """The day of issue in Japan (発行日)."""
        return self.issued_at.astimezone(_TOKYO).date()

    def name(self, code: str) -> str:
        """Give a member's name; ValueError for a code that is not in the result."""
        return self.result.parties[self.result.position(code)].name

    def to_json(self) -> dict[str, Any]:
        """Give the document as plain values."""
        return {
            "format": FORMAT,
            **write_head(self),
            "stage": self.stage,
            "edition": self.edition,
            "shows_other_members": self.shows_other_members,
            "numbers": dict(sorted(self.numbers.items())),
            "rule_notes": list(self.rule_notes),
            "basis_notes": list(self.basis_notes),
            "result": write(self.result),
            # Only where it is so: documents frozen before there was the setting stay as they are.
            **({"own_approval": True} if self.own_approval else {}),
            **dues.write(self.asking, self.before, self.settling),
            **_compared(self.compared),
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "StatementDocument":
        """Read the document back; nothing is computed again."""
        return cls(
            **read_head(plain),
            stage=plain["stage"],
            edition=plain["edition"],
            shows_other_members=plain["shows_other_members"],
            numbers=dict(plain["numbers"]),
            rule_notes=tuple(plain["rule_notes"]),
            basis_notes=tuple(plain["basis_notes"]),
            result=read(plain["result"]),
            own_approval=plain.get("own_approval", False),
            asking=dues.read_asking(plain),
            before=dues.read_before(plain),
            settling=dues.read_settling(plain),
            compared=compared.read(plain.get("compared")),
        )


def _compared(found: Compared | None) -> dict[str, Any]:
    """Give what was compared as plain values, where anything was."""
    return {} if found is None else {"compared": compared.write(found)}


@dataclass(frozen=True, slots=True)
class MonthlyDocument:
    """The issued yearly amounts cut into months (月次費用報告・四半期費用報告の元).

    `stage` is the label of the stage the amounts come from, e.g. 確定; `months` holds all twelve
    months of the fiscal year in order, per 団体コード; `month` is the last one reported on.
    """

    is_sample: bool
    consortium: str
    office: str
    fiscal_year: FiscalYear
    fiscal_year_label: str
    month: Month
    stage: str
    issued_at: datetime
    register_seq: int
    register_hash: str
    members: tuple[tuple[str, str], ...]
    year_amounts: Mapping[str, int]
    months: Mapping[str, tuple[tuple[Month, int], ...]]
    #: number of the quarter reported on, 1 from 4月; None for a single month (四半期)
    quarter: int | None = None
    #: counted from 1; a later one was made anew with a reason (版)
    edition: int = 1

    @property
    def issued_on(self) -> date:
        """The day of issue in Japan (発行日)."""
        return self.issued_at.astimezone(_TOKYO).date()

    @property
    def period_name(self) -> str:
        """The period in a few words: 8月分, 第2四半期 (対象期間)."""
        return f"{self.month.month}月分" if self.quarter is None else quarter_name(self.quarter)

    def name(self, code: str) -> str:
        """Give a member's name; KeyError for a code that is not in the document."""
        return dict(self.members)[code]

    def to_json(self) -> dict[str, Any]:
        """Give the document as plain values."""
        return {
            "format": FORMAT,
            **write_head(self),
            "month": str(self.month),
            "stage": self.stage,
            "members": [list(member) for member in self.members],
            "year_amounts": dict(sorted(self.year_amounts.items())),
            "months": {
                code: [[str(month), yen] for month, yen in row]
                for code, row in sorted(self.months.items())
            },
            **self.variant,
        }

    @property
    def variant(self) -> dict[str, int]:
        """What is not so of a first edition on one month; those stay as they always were."""
        quarter = {} if self.quarter is None else {"quarter": self.quarter}
        return quarter | ({} if self.edition == 1 else {"edition": self.edition})

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "MonthlyDocument":
        """Read the document back; nothing is computed again."""
        return cls(
            **read_head(plain),
            month=Month.parse(plain["month"]),
            stage=plain["stage"],
            members=tuple((code, name) for code, name in plain["members"]),
            year_amounts=dict(plain["year_amounts"]),
            months={
                code: tuple((Month.parse(month), yen) for month, yen in row)
                for code, row in plain["months"].items()
            },
            quarter=plain.get("quarter"),
            edition=plain.get("edition", 1),
        )


@dataclass(frozen=True, slots=True)
class Overdue:
    """What a reminder asks of one member (督促の内容), in yen."""

    name: str
    #: 文書番号 and first due day of the notice it recalls
    notice: str
    was_due_on: date
    amount: int
    open: int
    #: how often the member was reminded of this instalment, this one counted
    times: int


@dataclass(frozen=True, slots=True)
class ReminderDocument:
    """An overdue instalment, recalled (督促の元); `members` by 団体コード."""

    is_sample: bool
    consortium: str
    office: str
    fiscal_year: FiscalYear
    fiscal_year_label: str
    no: int
    edition: int
    due_on: date
    issued_at: datetime
    register_seq: int
    register_hash: str
    numbers: Mapping[str, str]
    members: Mapping[str, Overdue]

    @property
    def issued_on(self) -> date:
        """The day of issue in Japan (発行日)."""
        return self.issued_at.astimezone(_TOKYO).date()

    def name(self, code: str) -> str:
        """Give a member's name; KeyError for a code that is not reminded."""
        return self.members[code].name

    def to_json(self) -> dict[str, Any]:
        """Give the document as plain values."""
        return {
            "format": FORMAT,
            **write_head(self),
            "no": self.no,
            "edition": self.edition,
            "due_on": self.due_on.isoformat(),
            "numbers": dict(sorted(self.numbers.items())),
            "members": {code: _plain(each) for code, each in sorted(self.members.items())},
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "ReminderDocument":
        """Read the document back; nothing is computed again."""
        return cls(
            **read_head(plain),
            no=plain["no"],
            edition=plain["edition"],
            due_on=date.fromisoformat(plain["due_on"]),
            numbers=dict(plain["numbers"]),
            members={
                code: Overdue(name, notice, date.fromisoformat(day), amount, left, times)
                for code, (name, notice, day, amount, left, times) in plain["members"].items()
            },
        )


def _plain(each: Overdue) -> list[Any]:
    day = each.was_due_on.isoformat()
    return [each.name, each.notice, day, each.amount, each.open, each.times]


#: Every document whose sheets carry 台帳 and 照合符号.
Document = StatementDocument | MonthlyDocument | ReminderDocument | SituationDocument


def data_hash(document: Document, slot: str) -> str:
    """Hash the inputs and results behind one file (データハッシュ), in 64 hexadecimal digits.

    Of a statement: consortium, 見本, fiscal year, stage, edition, slot, the whole result, which
    holds members, values, rules and amounts, and instalments, settlement and the amount before
    where it says them; of the lead city's also the causes. Of a monthly report or a reminder: the
    same head, and the amounts of that member. Of a 状況報告: what it says. Left out are the time of
    issue, the register and the 文書番号, so that a file made late has the hash of one made on time.
    """
    plain: dict[str, Any] = {
        "format": FORMAT,
        "consortium": document.consortium,
        "is_sample": document.is_sample,
        "fiscal_year": document.fiscal_year.start_year,
        "slot": slot,
    }
    code = slot.removeprefix(member_slot(""))
    if isinstance(document, StatementDocument):
        plain |= {"stage": document.stage, "edition": document.edition}
        plain |= {"result": write(document.result)}
        plain |= dues.write(document.asking, document.before, document.settling)
        plain |= _compared(document.compared) if slot == LEAD_SLOT else {}
    elif isinstance(document, MonthlyDocument):
        plain |= {
            "stage": document.stage,
            "month": str(document.month),
            "year_amount": document.year_amounts[code],
            "months": [[str(month), yen] for month, yen in document.months[code]],
            **document.variant,
        }
    elif isinstance(document, SituationDocument):
        plain |= document.shown()
    else:
        plain |= {
            "reminder": document.no,
            "edition": document.edition,
            "due_on": document.due_on.isoformat(),
            "member": _plain(document.members[code]),
        }
    return sha256_hex(canonical(plain))


def check_code(digest: str) -> str:
    """Give the 照合符号 that is printed of a data hash.

    >>> check_code("3f9a71c2" + "0" * 56)
    '3f9a-71c2'
    """
    return f"{digest[:4]}-{digest[4:8]}"
