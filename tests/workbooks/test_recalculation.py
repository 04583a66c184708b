"""Every kind of workbook, put to other programs (検算): rungs 2 to 4 of the ladder, and M-23."""

from pathlib import Path

import pytest

from tests.workbooks import kinds, programs


@pytest.mark.slow
def test_m23_every_program_reads_and_computes_what_was_stored(tmp_path: Path) -> None:
    books = kinds.every_kind()
    stored = {name: programs.by_calamine(content) for name, content in books.items()}
    for name, content in books.items():
        assert programs.differences(stored[name], programs.by_openpyxl(content)) == [], name
        cells = programs.formulas(content)
        assert cells.keys() <= stored[name].keys(), f"{name}: 値のない計算式"
        assert programs.formualized(content) == (len(cells), 0, 0), name
    wrong = {f"{name}, spoiled": programs.spoiled(books[name]) for name in ("statement", "summary")}
    for name, (content, count) in wrong.items():
        assert count == len(programs.formulas(content)) > 9, name
        assert programs.formualized(content) == (count, count, 0), name
    mutants = {name: content for name, (content, _) in wrong.items()}
    made = programs.recalculated(books | mutants, tmp_path / "always")
    for name, content in made.items():
        right = stored[name.removesuffix(", spoiled")]
        assert programs.differences(right, programs.by_calamine(content)) == [], name
    # With the usual profile the wrong values stay: the lines above did make it compute.
    shown = programs.recalculated(mutants, tmp_path / "default", always=False)
    for name, content in shown.items():
        values = programs.by_calamine(content)
        assert {values[place] for place in programs.formulas(mutants[name])} == {424242}, name
