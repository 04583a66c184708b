"""工程表 through LibreOffice: saved as it is nothing changed, one edited cell is one difference."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from consortium.intake.plan_book import read_plan_book
from consortium.reports.plan_sheet import render
from tests.reports import plan_books
from tests.reports.plan_books import B2, TODAY
from tests.workbooks import programs


@pytest.mark.slow
def test_one_actual_edited_in_libreoffice_is_one_difference_and_saving_alone_is_none(
    tmp_path: Path,
) -> None:
    (tmp_path / "sent.xlsx").write_bytes(render(plan_books.two()))
    convert(tmp_path, "fods", "sent.xlsx")
    flat = (tmp_path / "sent.fods").read_text(encoding="utf-8")
    # 進捗 of B2, as Calc keeps it: the one cell of 40 % in the file.
    before, after = ('office:value="0.4" ', 'office:value="0.55" ')
    assert flat.count(before) == 1
    (tmp_path / "same.fods").write_text(flat, encoding="utf-8")
    (tmp_path / "edited.fods").write_text(flat.replace(before, after), encoding="utf-8")
    convert(tmp_path, "xlsx:Calc MS Excel 2007 XML", "same.fods", "edited.fods")
    same, edited = (
        read_plan_book((tmp_path / f"{name}.xlsx").read_bytes(), TODAY)
        for name in ("same", "edited")
    )
    assert same.plans == edited.plans == (("鶴田町", "p-1", 3), ("鶴田町（2）", "p-2", 1))
    assert (same.rows, same.faults, same.notices) == ((), (), ())
    (sent,) = edited.rows
    assert (edited.faults, edited.notices, sent.given.task_id) == ((), (), B2.id)
    assert sent.actual == replace(sent.given.actual, percent=55)


def convert(folder: Path, kind: str, *names: str) -> None:
    """Let LibreOffice open files and save them as another kind, with a profile of its own."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [programs.calc(), profile, "--headless", "--convert-to", kind, *names]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
