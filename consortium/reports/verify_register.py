#!/usr/bin/env python3
"""発行台帳の検証 (offline verifier): nothing but this file and Python's standard library.

    python3 verify_register.py register.json [--head 番号:照合値] [明細書.xlsx …]

Recomputes the chain of operations and the hash of every register row from an exported register,
and says of each file given whether it is the one that was issued. Exit code 0: all agrees;
1: something differs and is named; 2: the input cannot be read.

The portal itself checks its register with `differences` of this file.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

FORMAT = 1
GENESIS = "0" * 64
HEAD = re.compile(r"([0-9]{1,9}):([0-9a-f]{16,64})")

# The order in which the fields of an event are hashed.
EVENT = (
    "consortium_id", "seq", "at", "actor_id", "actor_name", "actor_body", "actor_role", "action",
    "object_type", "object_id", "title", "reason", "before", "after", "request_id", "prev_hash",
)  # fmt: skip
STATEMENT = (
    "id", "consortium_id", "run_id", "report_run_id", "report_file_id", "slot", "code", "number",
    "document_number", "kind", "fiscal_year_start", "period_key", "stage", "edition", "instalment",
    "amount", "issued_on", "due_on", "data_hash", "content_hash", "rows_hash", "file_hash",
    "register_seq", "register_hash",
)  # fmt: skip
CANCELLATION = ("id", "consortium_id", "statement_id", "reason", "cancelled_by", "cancelled_at")
DAYS, INSTANTS = ("issued_on", "due_on"), ("at", "cancelled_at")
#: What an event of an issue says of a row, and how a difference is called.
WITNESSED = {
    "amount": "金額",
    "data_hash": "照合符号",
    "file_hash": "ファイル照合値",
    "statement_id": "取り消した文書",
    "row_hash": "行の照合値",
}

#: What reading a row can raise that somebody wrote by hand.
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)

Row = Mapping[str, Any]


def typed(name: str, value: Any) -> bytes:
    """Write one value with its type and length: null, '' and 0 differ."""
    if value is None:
        tag, text = "n", ""
    elif type(value) is int:
        tag, text = "i", str(value)
    elif not isinstance(value, str):
        raise TypeError(f"{name}: {type(value).__name__}")
    elif name in INSTANTS:
        at = datetime.fromisoformat(value).astimezone(timezone.utc)  # noqa: UP017 -- an auditor's Python may be older than ours
        tag, text = "t", at.isoformat(timespec="microseconds")
    else:
        tag, text = "d" if name in DAYS else "s", value
    data = text.encode("utf-8")
    return f"{tag}{len(data)}:".encode("ascii") + data


def event_hash(event: Row) -> str:
    """Hash one event of the chain (操作記録の照合値)."""
    return hashlib.sha256(b"".join(typed(name, event[name]) for name in EVENT)).hexdigest()


def row_hash(columns: Sequence[str], row: Row) -> str:
    """Hash one row, each column with its name (行の照合値)."""
    parts = (typed("", name) + typed(name, row[name]) for name in columns)
    return hashlib.sha256(b"".join(parts)).hexdigest()


def differences(register: Row, heads: Iterable[tuple[int, str]] = ()) -> list[str]:
    """Say in Japanese what is not as it was when it was written; an empty list means whole.

    `heads` are (number, hash or at least its first 16 digits) from outside, e.g. printed on a
    statement: only they show a tail cut off or a chain replaced as a whole.
    """
    try:
        events = list(register["events"])
        return [
            *chain_faults(events, list(heads)),
            *statement_faults(register["statements"], events),
            *cancellation_faults(register["cancellations"], register["statements"], events),
        ]
    except UNREADABLE as error:
        return [f"台帳に読み取れない行があります（{error}）。"]


def chain_faults(events: Sequence[Row], heads: Sequence[tuple[int, str]] = ()) -> Iterator[str]:
    """Recompute the chain of operations (操作記録の連鎖)."""
    last_seq, last_hash = 0, GENESIS
    wanted = [head for head in heads if head[0] != 0 or not GENESIS.startswith(head[1])]
    for event in events:
        seq = event["seq"]
        if seq != last_seq + 1:
            yield f"操作記録 第{last_seq + 1}号がありません(次は第{seq}号)。"
        elif event["prev_hash"] != last_hash:
            yield f"操作記録 第{seq}号が前の記録とつながりません。"
        if event_hash(event) != event["hash"]:
            yield f"操作記録 第{seq}号の内容が記録した時と異なります。"
        last_seq, last_hash = seq, event["hash"]
        wanted = [
            head for head in wanted if head[0] != seq or not event["hash"].startswith(head[1])
        ]
    for seq, _ in wanted:
        yield f"印字された照合値(第{seq}号)と一致する操作記録がありません。"


def entered(events: Iterable[Row], action: str) -> dict[int, tuple[int, Row]]:
    """Give what the chain says was entered: number → (event, what it says of the row)."""
    found: dict[int, tuple[int, Row]] = {}
    for event in events:
        if event["action"] == action and event["after"]:
            for key, said in json.loads(event["after"]).items():
                found[said["number"] if "number" in said else int(key)] = (event["seq"], said)
    return found


def statement_faults(rows: Iterable[Row], events: Sequence[Row]) -> Iterator[str]:
    """Compare every register row with the event of its issue (発行台帳)."""
    issued, heads = entered(events, "statement.issue"), {each["seq"]: each for each in events}
    seen: set[int] = set()
    for row in rows:
        number = row["number"]
        if number in seen:
            yield f"発行台帳 第{number}号が二つあります。"
        seen.add(number)
        yield from row_faults(row, issued.get(number))
        head = heads.get(row["register_seq"], {"hash": GENESIS})
        if head["hash"] != row["register_hash"]:
            yield f"発行台帳 第{number}号に印字した台帳の照合値が操作記録と異なります。"
    for number in sorted(issued.keys() - seen):
        yield f"発行台帳 第{number}号の行がありません(操作記録 第{issued[number][0]}号で発行)。"


def row_faults(row: Row, issue: tuple[int, Row] | None) -> Iterator[str]:
    """Compare one row with its own hash and with what the event of the issue says of it."""
    name = f"発行台帳 第{row['number']}号"
    if row_hash(STATEMENT, row) != row["row_hash"]:
        yield f"{name}の内容が行の照合値と一致しません。"
    if issue is None:
        yield f"{name}を発行した記録がありません。"
        return
    differing = [
        word for key, word in WITNESSED.items() if key in issue[1] and issue[1][key] != row[key]
    ]
    if differing:
        words = "・".join(differing)
        yield f"{name}の{words}が発行した時の記録(操作記録 第{issue[0]}号)と異なります。"


def cancellation_faults(
    rows: Iterable[Row], statements: Iterable[Row], events: Sequence[Row]
) -> Iterator[str]:
    """Compare every cancellation with its event (発行の取消し)."""
    cancelled = entered(events, "statement.cancel")
    numbers = {each["id"]: each["number"] for each in statements}
    seen: set[int] = set()
    for row in rows:
        number = numbers.get(row["statement_id"])
        if number is None or number in seen or number not in cancelled:
            yield f"取消しの行「{row['id']}」の記録が操作記録にありません。"
            continue
        seen.add(number)
        if row_hash(CANCELLATION, row) != cancelled[number][1]["row_hash"]:
            yield f"発行台帳 第{number}号の取消しの内容が、取り消した時の記録と異なります。"
    for number in sorted(cancelled.keys() - seen):
        yield f"発行台帳 第{number}号の取消しの行がありません。"


def file_verdict(register: Row, content: bytes) -> tuple[bool, str]:
    """Say of a file whether it is one that was issued (照合): (genuine, the sentence)."""
    digest = hashlib.sha256(content).hexdigest()
    void = {row["statement_id"] for row in register["cancellations"]}
    for row in register["statements"]:
        if row["file_hash"] == digest:
            name = f"{row['document_number']}（第{row['edition']}版、{row['amount']:,}円）"
            if row["id"] in void:
                return True, f"真正・取消: {name}"
            newer = newest_edition(register["statements"], row)
            if newer > row["edition"]:
                return True, f"真正・第{newer}版で失効: {name}"
            return True, f"真正・現行: {name}"
    return False, "不明: この台帳に同じファイルはありません。"


def newest_edition(rows: Iterable[Row], row: Row) -> int:
    """Give the newest edition of the same document; a notice once sent stands by itself."""
    if row["kind"] not in ("statement", "summary", "archive"):
        return int(row["edition"])
    # An archive is one of the year, whichever stage was issued last when it was made.
    stage = () if row["kind"] == "archive" else ("stage",)
    same = ("kind", "fiscal_year_start", "period_key", *stage)
    return max(int(each["edition"]) for each in rows if all(each[key] == row[key] for key in same))


def read_register(text: str) -> dict[str, Any]:
    """Read an exported register. Raises: ValueError for anything else."""
    register = json.loads(text)
    if not isinstance(register, dict) or register.get("format") != FORMAT:
        raise ValueError("発行台帳の書き出しファイルではありません。")
    return register


def read_head(text: str) -> tuple[int, str]:
    """Read a head as printed, 番号:照合値. Raises: ValueError."""
    match = HEAD.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"「{text}」は 番号:照合値（16桁以上）の形ではありません。")
    return int(match[1]), match[2]


def summary(register: Row) -> str:
    """Say in one line what was checked."""
    events = register["events"]
    head = events[-1] if events else {"seq": 0, "hash": GENESIS}
    return (
        f"発行台帳 {len(register['statements'])}件、取消し {len(register['cancellations'])}件、"
        f"操作記録 {len(events)}件を確かめました。台帳の先頭 {head['seq']}:{head['hash']}"
    )


def main(arguments: Sequence[str]) -> int:
    """Check what the command line names; give the exit code."""
    names, heads = [], []
    rest = iter(arguments)
    try:
        for argument in rest:
            if argument == "--head":
                heads.append(read_head(next(rest, "")))
            else:
                names.append(argument)
        if not names:
            raise ValueError(
                "使い方: verify_register.py register.json [--head 番号:照合値] [ファイル …]"
            )
        register = read_register(read_file(names[0]).decode("utf-8"))
        files = [(name, read_file(name)) for name in names[1:]]
    except (OSError, ValueError, RecursionError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    faults = differences(register, heads)
    if not faults:
        verdicts = [(name, *file_verdict(register, content)) for name, content in files]
        faults = [f"{name}: {said}" for name, genuine, said in verdicts if not genuine]
        sys.stdout.writelines(f"{name}: {said}\n" for name, genuine, said in verdicts if genuine)
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    sys.stdout.write(
        ("相違があります。" if faults else "相違ありません。") + summary(register) + "\n"
    )
    return 1 if faults else 0


def read_file(name: str) -> bytes:
    """Read a file whole."""
    with open(name, "rb") as stream:  # noqa: PTH123 -- one import fewer in a file made to be read
        return stream.read()


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console may lack a sign of a town's name
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1:]))
