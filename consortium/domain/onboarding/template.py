"""Stage templates (工程雛形): what a plan is made from, read from a table of texts.

A line depends on others as `A2`, `A2+20`, `D4-20` or, other than finish to start, `A2:SS+5`;
several stand apart by blanks. A template has the stages of every legal form; `gates.under` gives
those of one form, `gates.tasks_for` those of one town's plan.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Final

from consortium.domain.errors import BadInputError
from consortium.domain.onboarding.network import LINK_TYPES, MOST_DAYS, WINDOW_KINDS, Link
from consortium.domain.onboarding.plan import LEGAL_FORMS, OWNERS, PHASES

#: Columns of a table; a table may leave out those from `owner` on (雛形の列).
COLUMNS: Final = (
    "code", "name", "business_days", "predecessors",
    "owner", "evidence", "pmo_step", "phase", "window", "wave", "legal_forms",
)  # fmt: skip
NEEDED: Final = COLUMNS[:4]

#: What a column is called on the page (列の名前).
TITLES: Final = dict(
    zip(
        COLUMNS,
        ("番号", "工程", "業務日", "先行", "担当", "成果物", "国の手順", "段階", "日の制約",
         "業務の波", "法的な形"),
        strict=True,
    )
)  # fmt: skip

_CODE = re.compile(r"[A-Z][0-9]{1,3}(\.[0-9]{1,2})?", re.ASCII)
_DAYS = re.compile(r"-?[0-9]{1,4}", re.ASCII)
_BEFORE = re.compile(r"(?P<code>.+?)(:(?P<type>[A-Z]{2}))?(?P<lag>[+-][0-9]{1,4})?", re.ASCII)
_LONGEST_TEXT = 80

# A table that leaves a column out, as one written by hand for the command, gets what the template
# shipped has for the same code.
_PHASES: Final = {"A1": 0, "A2": 0, "A": 1, "B": 2, "C": 2, "N": 2, "H": 4}
_WINDOWS: Final = {"A5": "assembly", "B3": "council", "R1": "council"}


@dataclass(frozen=True, slots=True)
class TemplateTask:
    """One stage of a template (雛形の工程). `days` are open days (業務日); 0 is a milestone."""

    code: str
    name: str
    phase: str
    days: int
    owner: str
    evidence: str = ""
    #: word of WINDOW_KINDS or empty (日の制約)
    window_kind: str = ""
    steps: str = ""
    wave: str = ""
    #: words of LEGAL_FORMS under which it appears; empty for every form (法的な形)
    legal_forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """One version of a template (工程雛形の版)."""

    key: str
    version: int
    name: str
    #: where its durations come from (根拠)
    source: str
    tasks: tuple[TemplateTask, ...]
    links: tuple[Link, ...]
    #: id of the stored version, empty for one that only was read
    id: str = ""


def read_template(
    rows: Sequence[Mapping[str, str]],
    key: str = "join",
    name: str = "",
    source: str = "",
    version: int = 1,
) -> Template:
    """Read a template from the lines of a table, adding that R1 ends before H0 (雛形の読取り).

    Raises: BadInputError with line and column as path, e.g. `rows[3].predecessors`; a loop stands
    at the first line it goes through.
    """
    tasks = tuple(_task(number, row) for number, row in enumerate(rows))
    codes = [task.code for task in tasks]
    for number, code in enumerate(codes):
        if code in codes[:number]:
            raise _refuse(
                number, "code", f"番号「{code}」が二つあります。", "別の番号にしてください。"
            )
    links = [link for number, row in enumerate(rows) for link in _links(number, row, codes)]
    if {"R1", "H0"} <= set(codes) and not any(
        (link.before, link.after) == ("R1", "H0") for link in links
    ):
        links.append(Link("R1", "H0"))
    loop = find_loop(codes, links)
    if loop:
        raise _refuse(
            min(codes.index(code) for code in loop), "predecessors",
            f"先行が輪になっています（{' → '.join(loop)}）。",
            "どれか一つの先行を外してください。",
        )  # fmt: skip
    return Template(key, version, name, source, tasks, tuple(links))


def find_loop(codes: Sequence[str], links: Iterable[Link]) -> tuple[str, ...]:
    """Give a shortest loop of the links as it is walked, e.g. C1, C2, C1; empty for none (輪)."""
    after: dict[str, list[str]] = {code: [] for code in codes}
    for link in links:
        after[link.before].append(link.after)
    try:
        TopologicalSorter(after).prepare()
    except CycleError as error:
        around = sorted(set(error.args[1]), key=list(codes).index)
        return min((_back_to(code, after) for code in around), key=len)
    return ()


def _back_to(start: str, after: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Walk a shortest way from a stage that is part of a loop back to it."""
    came_from: dict[str, str] = {}
    ways = [start]
    while start not in came_from:
        ways = [
            new
            for code in ways
            for new in after[code]
            if new not in came_from and came_from.setdefault(new, code) == code
        ]
    path = [start, came_from[start]]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))


def in_order(template: Template, known: Collection[str]) -> Template:
    """Put stages whose code is not `known` after those they belong to by code (工程の順).

    C3 goes behind C2 wherever it was typed; a code of a new letter stays at the end.
    """
    placed = [task for task in template.tasks if task.code in known]
    for task in template.tasks:
        if task.code in known:
            continue
        before = [
            at
            for at, other in enumerate(placed)
            if other.code[0] == task.code[0] and _rank(other.code) < _rank(task.code)
        ]
        placed.insert(before[-1] + 1 if before else len(placed), task)
    return replace(template, tasks=tuple(placed))


def _rank(code: str) -> tuple[int, ...]:
    """Rank codes of one letter as numbers: E2, E2.2, E10."""
    return tuple(int(part) for part in code[1:].split("."))


def write_rows(template: Template) -> tuple[dict[str, str], ...]:
    """Write a template as the lines `read_template` reads (雛形の書出し)."""
    return tuple(
        {
            "code": task.code,
            "name": task.name,
            "business_days": str(task.days),
            "predecessors": " ".join(
                in_short(link) for link in template.links if link.after == task.code
            ),
            "owner": task.owner,
            "evidence": task.evidence,
            "pmo_step": task.steps,
            "phase": task.phase,
            "window": task.window_kind,
            "wave": task.wave,
            "legal_forms": " ".join(task.legal_forms),
        }
        for task in template.tasks
    )


def in_short(link: Link) -> str:
    """Write what a stage depends on as `A2+20` (先行の書き方)."""
    kind = "" if link.type == "FS" else f":{link.type}"
    return f"{link.before}{kind}{link.lag:+d}" if link.lag else f"{link.before}{kind}"


# ---- one line ------------------------------------------------------------------------------------


def _task(number: int, row: Mapping[str, str]) -> TemplateTask:
    code = _plain(row, "code")
    if not _CODE.fullmatch(code):
        raise _refuse(
            number, "code", f"番号「{code}」は使えません。" if code else "番号が空です。",
            "A1、E2.1 のように、英字1字と数字で書いてください。",
        )  # fmt: skip
    name = _text(row, "name")
    if not name:
        raise _refuse(number, "name", f"{code}の工程名が空です。", "工程名を書いてください。")
    for column in ("name", "evidence", "pmo_step", "wave"):
        _check_text(number, row, column)
    usual_phase = PHASES[_PHASES.get(code, _PHASES.get(code[0], 3))]
    return TemplateTask(
        code,
        name,
        _word(number, row, "phase", PHASES, usual_phase),
        _days(number, row, code),
        _word(number, row, "owner", OWNERS, "各議会" if code == "B3" else "両者"),
        _text(row, "evidence"),
        _word(number, row, "window", ("", *WINDOW_KINDS), _WINDOWS.get(code, "")),
        _text(row, "pmo_step"),
        _text(row, "wave"),
        _forms(number, row, code),
    )


def _days(number: int, row: Mapping[str, str], code: str) -> int:
    column = "business_days"
    text = _plain(row, column)
    if not _DAYS.fullmatch(text):
        found = f"{code}の業務日「{text}」は整数ではありません。"
        raise _refuse(number, column, found, "業務日の数を書いてください。節目は0です。")
    days = int(text)
    if days < 0:
        found = f"{code}の業務日が負の数（{days}）です。"
        raise _refuse(number, column, found, "0以上の数にしてください。節目は0です。")
    if days > MOST_DAYS:
        found = f"{code}の業務日が{days}日です。"
        raise _refuse(number, column, found, f"{MOST_DAYS}日までにしてください。")
    return days


def _links(number: int, row: Mapping[str, str], codes: Sequence[str]) -> list[Link]:
    after = codes[number]
    found: list[Link] = []
    for part in _plain(row, "predecessors").replace(",", " ").replace("、", " ").split():
        link = _link(number, part, after, codes)
        if any((each.before, each.type) == (link.before, link.type) for each in found):
            raise _refuse(
                number, "predecessors", f"{after}の先行に「{link.before}」が二度あります。",
                "一つにしてください。",
            )  # fmt: skip
        found.append(link)
    return found


def _link(number: int, part: str, after: str, codes: Collection[str]) -> Link:
    match = _BEFORE.fullmatch(part)
    before = match["code"] if match else part
    if not match or before not in codes:
        raise _refuse(
            number, "predecessors", f"{after}の先行「{before}」は、この雛形にありません。",
            "ある番号を、A2、A2+20、D4-20 のように空白で区切って書いてください。",
        )  # fmt: skip
    kind = match["type"] or "FS"
    if kind not in LINK_TYPES:
        raise _refuse(
            number, "predecessors", f"{after}の先行「{part}」の種類が分かりません。",
            "FS・SS・FF・SF のいずれかを、A2:SS+5 のように書いてください。",
        )  # fmt: skip
    return Link(before, after, kind, int(match["lag"] or 0))


def _forms(number: int, row: Mapping[str, str], code: str) -> tuple[str, ...]:
    words = _text(row, "legal_forms").split()
    for word in words:
        if word not in LEGAL_FORMS:
            found = f"{code}の法的な形「{word}」が分かりません。"
            raise _refuse(
                number, "legal_forms", found, f"{'、'.join(LEGAL_FORMS)} から選んでください。"
            )
    return tuple(form for form in LEGAL_FORMS if form in words)


def _word(
    number: int, row: Mapping[str, str], column: str, allowed: Collection[str], usual: str
) -> str:
    if column not in row:
        return usual
    word = _text(row, column)
    if word not in allowed:
        found = f"{TITLES[column]}が「{word}」です。"
        todo = f"{'、'.join(each for each in allowed if each)} のいずれかにしてください。"
        raise _refuse(number, column, found, todo)
    return word


def _text(row: Mapping[str, str], column: str) -> str:
    return unicodedata.normalize("NFC", row.get(column) or "").strip()


def _check_text(number: int, row: Mapping[str, str], column: str) -> None:
    text = _text(row, column)
    if len(text) > _LONGEST_TEXT:
        found = f"{TITLES[column]}が長すぎます（{len(text)}文字）。"
        raise _refuse(number, column, found, f"{_LONGEST_TEXT}文字までにしてください。")
    if any(unicodedata.category(sign)[0] == "C" for sign in text):
        found = f"{TITLES[column]}に、目に見えない制御文字が入っています。"
        raise _refuse(number, column, found, "消して入力し直してください。")


def _plain(row: Mapping[str, str], column: str) -> str:
    """Give codes and numbers as they are meant, typed full-width or with another minus, too."""
    text = unicodedata.normalize("NFKC", row.get(column) or "")
    return text.replace("\N{MINUS SIGN}", "-").upper().strip()


def _refuse(number: int, column: str, found: str, todo: str) -> BadInputError:
    return BadInputError(
        "工程雛形を読み取ろうとしました。", found, todo, path=f"rows[{number}].{column}"
    )
