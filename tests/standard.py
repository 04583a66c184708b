"""The public files of the standardisation in their layouts, built from the figures we have."""

import csv
import io
from collections.abc import Sequence
from importlib.resources import files

from openpyxl import Workbook
from sqlalchemy import select

from consortium.db import models
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import Month
from consortium.usecases import standard_board, standard_import
from consortium.usecases.standard_board import Board
from consortium.usecases.standard_import import Snapshot, Upload
from consortium.usecases.viewer import Viewer
from tests.factories import OFFICER
from tests.office import HIROSAKI, Office

JANUARY, FEBRUARY = Month(2026, 1), Month(2026, 2)
#: Headings of デジタル庁 in their order, typed from the design's 10.1.
DIGITAL = (
    "住民基本台帳", "印鑑登録", "戸籍", "戸籍の附票", "選挙人名簿管理", "個人住民税", "法人住民税",
    "固定資産税", "軽自動車税", "就学", "国民年金", "国民健康保険", "後期高齢者医療", "介護保険",
    "障害者福祉", "生活保護", "健康管理", "児童手当", "児童扶養手当", "子ども・子育て支援",
    "共通機能",
)  # fmt: skip

Table = list[list[str]]


def published() -> Table:
    """Give the figures of 令和8年1月 as lines of text, the headings first (40 towns of 青森県)."""
    content = (files("consortium") / "seed" / "pmo_progress_2026_01.csv").read_text("utf-8-sig")
    return [list(line) for line in csv.reader(io.StringIO(content))]


def changed(town: str, heading: str, value: str, table: Table | None = None) -> Table:
    """Give the figures with one cell changed."""
    table = table or published()
    column = table[0].index(heading)
    return [
        [*line[:column], value, *line[column + 1 :]] if line[1] == town else line for line in table
    ]


def as_csv(table: Sequence[Sequence[str]]) -> bytes:
    """Write the lines as a CSV file."""
    target = io.StringIO(newline="")
    csv.writer(target).writerows(table)
    return target.getvalue().encode("utf-8-sig")


def as_ministry_book(table: Sequence[Sequence[str]], month: str = "令和8年1月") -> bytes:
    """Write them in the layout of 総務省: a title, headings above row 3, numbers from row 3 on."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = f"{month}_進捗状況"
    sheet.append([f"標準準拠システムへの移行に係る手順の進捗状況（{month}）"])
    sheet.append(list(table[0]))
    for line in table[1:]:
        sheet.append([*line[:2], *(float(text) for text in line[2:])])
    return _saved(book)


def as_digital_book(rows: Sequence[tuple[object, str, str, Sequence[str]]]) -> bytes:
    """Write marks in the layout of デジタル庁: code, name, kind, marked 業務; data from row 4."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "結果一覧"
    sheet.append(["特定移行支援システムの該当見込み"])
    sheet.merge_cells("A1:X1")
    sheet.append([])
    sheet.append(["団体コード", "自治体名", "自治体区分", *DIGITAL])
    for code, name, kind, marked in rows:
        sheet.append([code, name, kind, *("●" if each in marked else None for each in DIGITAL)])
    return _saved(book)


def _saved(book: Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def seed(office: Office) -> None:
    """Take in the figures of 令和8年1月."""
    standard_import.seed_progress(office.staff, office.clock.now())


def take_in(office: Office, content: bytes, month: Month, name: str = "進捗.csv") -> Snapshot:
    """Look at a file and take it in."""
    viewer: Viewer = office.staff
    upload = Upload(month, name, content, "試験の表")
    seen = standard_import.look(viewer, upload).seen
    return standard_import.take_in(viewer, upload, seen, office.clock.now(), is_confirmed=True)


def board_of(office: Office, month: Month | None = None) -> Board:
    """Read the board of a month, the newest where none is named."""
    with reading() as session:
        found = standard_board.read_board(session, office.consortium_id, month)
    assert found is not None
    return found


def flagged(board: Board, kind: str) -> list[tuple[str, str]]:
    """List the cells with an open question of a kind."""
    return [
        place
        for place, found in board.asked.items()
        for each in found
        if each.flag.kind == kind and each.is_open
    ]


def planned(
    office: Office, plan_id: str, kind: str, code: str = "D1", steps: str = "⑪-2、⑫-1"
) -> None:
    """Save a plan of 弘前市 with one stage, which belongs to these steps and is 完了済み."""
    now, day, owner = office.clock.now(), JANUARY.first, office.consortium_id
    own = {"consortium_id": owner}
    with writing(OFFICER, now) as unit:
        town = unit.session.scalars(
            select(models.Member).where(models.Member.code == HIROSAKI)
        ).one()
        key = f"試験 {plan_id}"
        template = models.StageTemplate(
            id=f"t-{plan_id}", **own, key=key, version=1, name=key, source="試験", saved_at=now,
            saved_by="試験",
        )  # fmt: skip
        plan = models.Plan(
            id=plan_id, **own, member_id=town.id, template_id=template.id, kind=kind, title="工程",
            anchor_on=day, state="running", created_at=now,
        )  # fmt: skip
        task = models.PlanTask(
            **own, plan_id=plan_id, position=1, code=code, name="移行計画", phase="導入・移行",
            days=5, owner="両者", steps=steps, planned_start=day, planned_finish=day,
            state="done", started_on=day, finished_on=day, changed_at=now,
        )  # fmt: skip
        for row in (template, plan, task):
            unit.session.add(row)
            unit.session.flush()
        unit.record(owner, "test", "plan", plan_id, "試験の工程")
