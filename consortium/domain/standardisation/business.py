"""The 20 業務, their two spellings and their orders; and the 40 steps (業務・ステップ).

Both lists are the state's and the same for everybody; they come from files that the product ships.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

#: Steps of one 業務 in the state's scheme (ステップ数).
STEPS: Final = 40
#: Orders in which the 業務 are listed, by their key (並び順).
ORDERS: Final = {"soumu": "総務省", "digital": "デジタル庁", "plan": "実行計画"}
#: States of a step: the state's four words (ステップの状態).
STATES: Final = {
    "done": "完了済み",
    "working": "作業中",
    "waiting": "未着手",
    "not_applicable": "対象外",
}
#: Steps that other facts are compared with: ⑪-2 日程確定, ⑭-3 最終データ移行, ⑱-1 運用開始.
SCHEDULE_FIXED: Final = 29
LAST_MIGRATION: Final = 34
IN_USE: Final = 40
#: Last number of each phase; where one ends is our own reading, for display only (段階).
PHASES: Final = ((13, "計画立案"), (29, "システム選定"), (STEPS, "移行"))

_PASSED_OVER: Final = str.maketrans("", "", " ・･、,()（）「」\t\r\n")


@dataclass(frozen=True, slots=True)
class Business:
    """One 業務 of the standardisation (業務)."""

    key: str
    name: str
    #: its name in the files of 総務省, empty where it is the same (別名)
    alias: str
    #: order → its number there, from 1 on
    numbers: Mapping[str, int]
    #: one of the 17業務; the other three were added later
    is_in_17: bool


@dataclass(frozen=True, slots=True)
class PmoStep:
    """One of the 40 steps (ステップ): number, code as ①-1, heading."""

    no: int
    code: str
    heading: str

    @property
    def item(self) -> str:
        """Give the sign of the item it belongs to, as ① (項目)."""
        return self.code.partition("-")[0]

    @property
    def phase(self) -> str:
        """Name the phase it stands in (段階)."""
        return next(name for last, name in PHASES if self.no <= last)


def ordered(businesses: Iterable[Business], order: str) -> tuple[Business, ...]:
    """Sort the 業務 as a source lists them (業務の並び); `order` is a key of ORDERS."""
    return tuple(sorted(businesses, key=lambda each: each.numbers[order]))


def folded(name: str) -> str:
    """Give a heading without what differs from file to file: width, blanks, dots (見出しの照合)."""
    return unicodedata.normalize("NFKC", name).translate(_PASSED_OVER)


def keys_by_heading(businesses: Iterable[Business]) -> dict[str, str]:
    """Give the key of each heading a 業務 may stand under, as `folded` writes it (業務の見出し)."""
    found = {}
    for each in businesses:
        found[folded(each.name)] = each.key
        if each.alias:
            found[folded(each.alias)] = each.key
    return found


def town_key(prefecture: str, name: str) -> tuple[str, str]:
    """Bring both to what is compared: ヶ and ケ are written either way (自治体名の照合)."""
    plain = "".join(unicodedata.normalize("NFKC", name).split()).replace("ヶ", "ケ")
    return "".join(prefecture.split()), plain


def steps_named(text: str, steps: Sequence[PmoStep]) -> tuple[int, ...]:
    """Give the numbers of the steps that a stage names: ①-1…3, ⑤…⑪, ④、⑦ (国の手順の読み方).

    What cannot be read names none: the stage says it for people.
    """
    items = list(dict.fromkeys(each.item for each in steps))
    found: list[int] = []
    for part in text.split("、"):
        first, _, last = part.strip().partition("…")
        item, _, number = first.partition("-")
        if item not in items or (last and not number and last not in items):
            continue
        if number:
            codes = range(int(number), int(last or number) + 1)
            wanted = {f"{item}-{each}" for each in codes}
            found += [each.no for each in steps if each.code in wanted]
        else:
            span = items[items.index(item) : items.index(last or item) + 1]
            found += [each.no for each in steps if each.item in span]
    return tuple(found)


def read_as(done: int, steps: Iterable[PmoStep]) -> str:
    """Say up to which step a count reaches if they were done in order (目安の読み方)."""
    found = next((each for each in steps if each.no == done), None)
    return f"{found.code} {found.heading}" if found else ""
