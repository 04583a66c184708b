"""`flask plan schedule`: dates of a template, without settings or database (工程の試算)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask.testing import FlaskCliRunner

import consortium
from consortium.cli import create_app_for_commands

TEMPLATE = Path(consortium.__file__).parent / "seed" / "onboarding_template.csv"
SHORT = """\
code,name,business_days,predecessors
A1,準備,3,
B3,議決,2,A1
H0,本稼働,0,B3+1
"""
JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FlaskCliRunner:
    """Give the commands of a computer without settings, key or database."""
    for name in ("CONSORTIUM_SECRET_KEY", "CONSORTIUM_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CONSORTIUM_INSTANCE", str(tmp_path / "none"))
    return create_app_for_commands().test_cli_runner()


def ran(bare: FlaskCliRunner, *options: str) -> Result:
    return bare.invoke(args=["plan", "schedule", *options])


def answered(bare: FlaskCliRunner, *options: str) -> dict[str, Any]:
    result = ran(bare, *options, "--format", "json")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def of(answer: dict[str, Any], code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in answer["tasks"] if each["code"] == code)
    return found


def test_the_json_has_the_keys_of_the_design(bare: FlaskCliRunner) -> None:
    answer = answered(bare, "--go-live", "2021-06-01")
    assert list(answer) == ["go_live", "tasks", "warnings"]
    assert answer["go_live"] == "2021-06-01"
    assert len(answer["tasks"]) == 27
    assert answer["tasks"][12] == {
        "code": "D3",
        "name": "回線・端末・庁内NW・機器調達",
        "start": "2020-06-19",
        "finish": "2020-10-15",
        "float": 70,
        "critical": False,
        "latest_start": "2020-10-02",
        "latest_finish": "2021-02-01",
    }
    h0, h1, r1 = (of(answer, code) for code in ("H0", "H1", "R1"))
    assert {h0[key] for key in ("start", "finish", "latest_start", "latest_finish")} == {
        "2021-06-01"
    }
    assert (h1["start"], h1["finish"]) == ("2021-06-01", "2021-08-26")
    assert (h1["float"], h1["latest_start"], h1["latest_finish"]) == (None, None, None)
    assert (r1["latest_start"], r1["latest_finish"], r1["float"]) == (
        "2021-01-21", "2021-03-19", 242,
    )  # fmt: skip
    assert of(answer, "A1")["critical"] is True
    assert answer["warnings"] == ["本稼働日の直前に閉庁日がありません（1業務日前の土日が最後）。"]


def test_other_days_and_another_start(bare: FlaskCliRunner) -> None:
    # The case 平川市 A3 +20 of the design: begun as planned, it misses the council of March.
    answer = answered(bare, "--go-live", "平成31年4月1日", "--start", "H29.3.29", "--set", "A3=80")
    assert (answer["go_live"], of(answer, "E5")["finish"]) == ("2019-04-01", "2019-07-01")
    assert of(answer, "H0")["start"] == "2019-07-02"
    assert of(answer, "H0")["latest_finish"] == "2019-04-01"
    assert [each.partition("。")[0] for each in answer["warnings"]] == [
        "本稼働（平成31年4月1日）に間に合いません",
        "間に合いません: 最終の議会は平成30年3月20日（B3 議会の議決）です",
    ]
    both = answered(bare, "--go-live", "2019-04-01", "--set", "C2=120", "--set", "A3=60")
    assert of(both, "A1")["latest_start"] == "2016-09-28"


def test_a_year_the_era_no_longer_has_and_a_closed_day(bare: FlaskCliRunner) -> None:
    assert answered(bare, "--go-live", "平成34年3月31日")["go_live"] == "2022-03-31"
    answer = answered(bare, "--go-live", "2021-06-06")
    assert of(answer, "H0")["start"] == "2021-06-06"
    assert answer["warnings"][0].startswith("本稼働日（令和3年6月6日）は閉庁日です。")


def test_a_template_of_ones_own(bare: FlaskCliRunner, tmp_path: Path) -> None:
    path = tmp_path / "雛形.csv"
    path.write_bytes(b"\xef\xbb\xbf" + SHORT.replace("\n", "\r\n").encode())
    answer = answered(bare, "--go-live", "2021-04-01", "--template", str(path))
    # B3 is decided on 2021-03-19; with a day between H0 could be on 23rd. A1: 15, 16, 17.
    assert [(each["code"], each["start"], each["finish"]) for each in answer["tasks"]] == [
        ("A1", "2021-03-15", "2021-03-17"), ("B3", "2021-03-18", "2021-03-19"),
        ("H0", "2021-04-01", "2021-04-01"),
    ]  # fmt: skip
    shipped = answered(bare, "--go-live", "2021-04-01", "--template", str(TEMPLATE))
    assert shipped == answered(bare, "--go-live", "2021-04-01")


def test_the_text_shows_the_same(bare: FlaskCliRunner) -> None:
    result = ran(bare, "--go-live", "2021-06-01")
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["本稼働日", "令和3年6月1日（2021-06-01）"]
    assert ["B3", "議会の議決", "●", "2020-02-28", "2020-03-19", "0", "2020-02-28",
            "2020-03-19"] in lines  # fmt: skip
    assert ["H1", "旧システム撤去・データ消去・旧契約解約", "2021-06-01", "2021-08-26"] in lines
    assert result.stdout.splitlines()[-1].startswith("※ 本稼働日の直前に")


LIVE = ("--go-live", "2021-06-01")


@pytest.mark.parametrize(
    ("options", "template", "says"),
    [
        ((), "", "「--go-live」が指定されていません。"),
        (("--go-live", "6月1日"), "", "--go-live: 「6月1日」"),
        (("--go-live", "2021-02-30"), "", "暦にない日"),
        (("--go-live", "2100-04-01"), "", "2100年の祝日は扱えません。"),
        ((*LIVE, "--start", "x\ny"), "", "--start: "),
        ((*LIVE, "--start", "1999-04-01"), "", "閉庁日は2015年から2027年まで"),
        ((*LIVE, "--start", "2021-06-01"), "", "--start: 工程の日程を計算しようとしました。"),
        ((*LIVE, "--start", "2021-06-02"), "", "本稼働日（令和3年6月1日）より前の日ではありません"),
        (("--go-live", "9999-12-31"), "", "--go-live: "),
        ((*LIVE, "--set", "A3"), "", "--set: "),
        (
            (*LIVE, "--set", "A3=-1"),
            "",
            "--set A3=-1: 工程の日程を計算しようとしました。業務日",
        ),
        (
            (*LIVE, "--set", "Z9=1"),
            "",
            "--set Z9=1: 工程の業務日を変えようとしました。番号「Z9」",
        ),
        ((*LIVE, "--set", "A3=9999"), "", "閉庁日は2015年から2027年まで"),
        ((*LIVE, "--set", "H0=1"), "", "--set H0=1: "),
        ((*LIVE, "--set", "A3=80", "--set", "A3=90"), "", "--set A3=90: 工程の業務日を"),
        ((*LIVE, "--set", "A3=80", "--set", "A3=80"), "", "番号「A3」を二度書いています。"),
        ((*LIVE, "--format", "xlsx"), "", "text・json"),
        (LIVE, SHORT.replace("3,\n", "3,H0\n"), "A1 → B3 → H0 → A1"),
        (LIVE, SHORT.replace("2,A1", "2,A9"), "雛形.csv:3（predecessors）: "),
        (LIVE, SHORT.replace("2,A1", "-2,A1"), "負の数（-2）"),
        (LIVE, SHORT.replace("H0,", "H1,"), "H0: "),
        (LIVE, SHORT.replace("name", "名前"), "見出し"),
        (LIVE, SHORT.replace(",B3+1", ",B3+1,"), "列"),
        (LIVE, None, "ファイルがないか、読めません。"),
    ],
)
def test_bad_input_is_answered_in_one_line(
    bare: FlaskCliRunner, tmp_path: Path, options: tuple[str, ...], template: str | None, says: str
) -> None:
    path = tmp_path / "雛形.csv"
    if template:
        path.write_text(template, encoding="utf-8")
    more = () if template == "" else ("--template", str(path))
    result = ran(bare, *options, *more)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = result.stderr.removesuffix("\n").split("\n")
    assert says in line
    assert JAPANESE.search(line)
    assert "画面" not in line  # a command has none


def test_a_template_that_a_japanese_excel_saved_is_read(
    bare: FlaskCliRunner, tmp_path: Path
) -> None:
    path = tmp_path / "雛形.csv"
    path.write_bytes(SHORT.replace("\n", "\r\n").encode("cp932"))
    answer = answered(bare, "--go-live", "2021-04-01", "--template", str(path))
    assert [each["name"] for each in answer["tasks"]] == ["準備", "議決", "本稼働"]
    path.write_bytes(SHORT.encode("euc-jp") + b"\xff")
    refused = ran(bare, "--go-live", "2021-04-01", "--template", str(path))
    assert refused.exit_code == 2
    assert "雛形.csv: " in refused.stderr
    assert "UTF-8でもShift_JISでもありません。" in refused.stderr
