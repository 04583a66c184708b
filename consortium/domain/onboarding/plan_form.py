"""The workbook 工程表 as those who write and those who read it know it (工程表の様式).

It goes out with what stood in the portal on a sheet of its own, and comes back: what differs from
that sheet was changed by the reader, what differs in the portal was changed there meanwhile.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from unicodedata import normalize

from consortium.domain.canonical import canonical, sha256_hex
from consortium.domain.errors import BadInputError
from consortium.domain.onboarding.plan import TASK_STATES

#: The sheet of all plans, and the hidden one with what the file went out with.
ALL, RECORD = "全体", "控え"
#: Raised when a column changes its meaning; a file of another format is refused.
FORMAT: Final = "工程表 1"

TASK_ID, CODE, NAME, OWNER, DAYS = "作業ID", "番号", "工程", "担当", "業務日"
ROW, START, FINISH = "区分", "開始日", "終了日"
PERCENT, STATE, NOTE = "進捗", "状態", "備考"
#: The fixed columns of a plan's sheet, in order; months follow.
HEADINGS: Final = (
    TASK_ID, CODE, NAME, OWNER, DAYS, ROW, START, FINISH, PERCENT, STATE, NOTE,
)  # fmt: skip
#: Row of the headings on a plan's sheet, below the title and the fiscal years.
HEADING_ROW: Final = 5
PLANNED, HAPPENED = "計画", "実績"
#: What comes back from the rows 実績 (取り込む列).
TAKEN: Final = (START, FINISH, PERCENT, STATE, NOTE)
LONGEST_NOTE: Final = 500

#: Headings of the hidden sheet, in row 4; facts of the file stand above it.
RECORD_ROW: Final = 4
RECORD_HEADINGS: Final = (
    "シート", "工程ID", "版", "雛形ID", TASK_ID, CODE, NAME, OWNER, DAYS,
    "計画開始日", "計画終了日", "実績開始日", "実績終了日", PERCENT, STATE, NOTE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planned:
    """What a row 計画 says; it is never taken in (計画の行)."""

    code: str
    name: str
    owner: str
    days: int
    start: date
    finish: date


@dataclass(frozen=True, slots=True)
class Actual:
    """What a row 実績 says (実績の行); `state` is a key of TASK_STATES, `finished_on` inside."""

    started_on: date | None
    finished_on: date | None
    percent: int
    state: str
    note: str

    def words(self) -> dict[str, str]:
        """Give what comes back in words, by column; empty for nothing (列ごとの値)."""
        return {
            START: _day(self.started_on),
            FINISH: _day(self.finished_on),
            PERCENT: str(self.percent),
            STATE: TASK_STATES[self.state],
            NOTE: normalize("NFC", "\n".join(self.note.splitlines())).strip(),
        }


@dataclass(frozen=True, slots=True)
class Given:
    """One task as the file went out with it (書き出した値)."""

    sheet: str
    plan_id: str
    revision: int
    template_id: str
    task_id: str
    planned: Planned
    actual: Actual

    def texts(self) -> tuple[str, ...]:
        """Give the row of the hidden sheet (控えの一行)."""
        plan = self.planned
        return (
            self.sheet, self.plan_id, str(self.revision), self.template_id, self.task_id,
            plan.code, plan.name, plan.owner, str(plan.days), _day(plan.start), _day(plan.finish),
            *self.actual.words().values(),
        )  # fmt: skip

    @classmethod
    def read(cls, texts: Sequence[str]) -> "Given":
        """Read a row of the hidden sheet back. Raises: BadInputError for anything but one."""
        try:
            sheet, plan_id, revision, template_id, task_id, *rest = texts
            code, name, owner, days, start, finish, *happened = rest
            planned = Planned(
                code, name, owner, int(days), date.fromisoformat(start), date.fromisoformat(finish)
            )
            actual = actual_of(happened)
            return cls(sheet, plan_id, int(revision), template_id, task_id, planned, actual)
        except (ValueError, KeyError) as error:
            raise changed_record() from error


def actual_of(texts: Sequence[str]) -> Actual:
    """Read what `Actual.words()` gave. Raises: ValueError, KeyError for anything else."""
    start, finish, percent, state, note = texts
    keys = {word: key for key, word in TASK_STATES.items()}
    return Actual(_read_day(start), _read_day(finish), int(percent), keys[state], note)


def seal(record: Iterable[Sequence[str]]) -> str:
    """Give the mark of all rows of the hidden sheet, so that a changed one is seen (照合値)."""
    return sha256_hex(canonical([list(texts) for texts in record]))


def changed_record() -> BadInputError:
    """Make the refusal of a file whose hidden sheet is not as it was written (控えの変更)."""
    return BadInputError(
        "工程表を取り込もうとしました。",
        f"書き出したときの控え（隠しシート「{RECORD}」）が、変わっているか、ありません。",
        "工程表を書き出し直して、そちらに実績を記入してください。",
        path="file",
    )


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _read_day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
