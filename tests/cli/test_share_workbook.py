"""`flask share --format xlsx`: one case, one workbook, in a file that is named."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from consortium.cli.share import share_command
from tests.reports.documents import opened

CASES = sorted((Path(__file__).resolve().parents[1] / "domain" / "cases").glob("*.yaml"))
ONE = next(path for path in CASES if path.stem == "joining_in_june_component")


def share(*arguments: object) -> Result:
    """Run the command."""
    return CliRunner().invoke(share_command, [str(argument) for argument in arguments])


def test_a_case_becomes_a_workbook_with_the_amounts_of_the_design(tmp_path: Path) -> None:
    target = tmp_path / "負担額.xlsx"
    result = share("--format", "xlsx", "--output", target, ONE)
    assert (result.exit_code, result.output) == (0, "")
    book = opened(target.read_bytes())
    assert book.sheetnames == ["負担額", "内訳", "計算の内訳", "前提"]
    # cost-sharing.md section 10: 120,000,000 yen of FY2021, `level: component`.
    amounts = [cell.value for cell in book["負担額"][6]][1:9]
    wanted = [70_294_766, 15_607_324, 4_056_364, 9_236_625, 7_165_499, 6_453_043, 7_186_379]
    assert amounts == [*wanted, 120_000_000]
    assert book["負担額"]["A2"].value == "板柳町が6月に加入した令和3年度（構成割ごと）"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_case_becomes_a_workbook_that_adds_up(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.xlsx"
    assert share("--format", "xlsx", "--output", target, path).exit_code == 0
    values = [c.value for row in opened(target.read_bytes())["負担額"].iter_rows() for c in row]
    assert "一致" in values
    assert "不一致" not in values


def test_a_workbook_without_a_file_to_write_is_refused() -> None:
    result = share("--format", "xlsx", ONE)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("--output: ")
    assert "--output 結果.xlsx" in result.stderr


def test_several_cases_do_not_become_one_workbook(tmp_path: Path) -> None:
    target = tmp_path / "a.xlsx"
    result = share("--format", "xlsx", "--output", target, ONE, ONE)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("--format: ")
    assert "2 つあります" in result.stderr
    assert not target.exists()


def test_an_existing_file_is_written_anew_as_with_the_other_forms(tmp_path: Path) -> None:
    target = tmp_path / "a.xlsx"
    target.write_bytes(b"x" * 1_000_000)
    assert share("--format", "xlsx", "--output", target, ONE).exit_code == 0
    first = target.read_bytes()
    assert first[:2] == b"PK"
    assert share("--format", "xlsx", "--output", target, ONE).exit_code == 0
    assert target.read_bytes() == first


def test_a_bad_case_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    target, bad = tmp_path / "a.xlsx", tmp_path / "bad.yaml"
    target.write_bytes(b"old")
    bad.write_text("fiscal_year: 2021\n", encoding="utf-8")
    result = share("--format", "xlsx", "--output", target, bad)
    assert (result.exit_code, result.stdout) == (2, "")
    assert target.read_bytes() == b"old"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    result = share("--format", "xlsx", "--output", tmp_path / "ない" / "a.xlsx", ONE)
    assert result.exit_code == 2
    assert result.stderr.startswith("--output: ")


def test_a_case_that_differs_from_expect_is_written_and_reported(tmp_path: Path) -> None:
    target, case = tmp_path / "a.xlsx", tmp_path / "case.yaml"
    text = ONE.read_text(encoding="utf-8").replace("70294766", "70294765")
    assert "70294765" in text
    case.write_text(text, encoding="utf-8")
    result = share("--format", "xlsx", "--output", target, case)
    assert result.exit_code == 1
    assert "expect と違います" in result.stderr
    assert opened(target.read_bytes()).sheetnames[0] == "負担額"


def test_an_amount_no_workbook_can_hold_is_refused_in_one_line(tmp_path: Path) -> None:
    target, case = tmp_path / "a.xlsx", tmp_path / "case.yaml"
    text = ONE.read_text(encoding="utf-8").replace("amount: 120000000", f"amount: {10**16}")
    case.write_text(text.partition("expect:")[0], encoding="utf-8")
    result = share("--format", "xlsx", "--output", target, case)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert not target.exists()
