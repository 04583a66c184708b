"""`flask share`: what it prints, what it refuses, and that nothing makes it stumble."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from consortium.cli.share import share_command
from tests.depth import examples

CASES = sorted((Path(__file__).resolve().parents[1] / "domain" / "cases").glob("*.yaml"))
JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")

GOOD = """\
name: 板柳町が6月に加入した令和3年度
fiscal_year: 2021
members:
  - {code: "022021", name: 弘前市, since: "2015-04-01", lead: true}
  - {code: "023817", name: 板柳町, since: "2021-06-01", until: "2026-04-01"}
bases:
  population: {label: 国勢調査人口, values: {"022021": 3, "023817": 1}}
rules:
  - since: "2015-04-01"
    source: 協定書(例)
    components:
      - {basis: equal, weight: 20}
      - {basis: population, weight: "80"}
items:
  - {name: 運用費, category: 運用, amount: 1200, from: "2021-04", to: "2022-03"}
  - {name: 移行費, amount: 500, charge_to: "023817"}
"""
# 4〜5月 200円は弘前市だけ。6〜3月 1,000円：均等割 200円は 100・100、人口割 800円は 600・200。
# 構成割の額は 240円 と 960円。弘前市 40 + 100 = 140、160 + 600 = 760。板柳町 100、200、個別 500。
GOOD_JSON = (
    '{"fiscal_year": 2021, "total": 1700, "unallocated": 0, "members": ['
    '{"code": "022021", "name": "弘前市", "amount": 900, "lines": ['
    '{"item": "運用費", "component": "equal", "amount": 140}, '
    '{"item": "運用費", "component": "population", "amount": 760}]}, '
    '{"code": "023817", "name": "板柳町", "amount": 800, "lines": ['
    '{"item": "運用費", "component": "equal", "amount": 100}, '
    '{"item": "運用費", "component": "population", "amount": 200}, '
    '{"item": "移行費", "component": "direct", "amount": 500}]}], '
    '"findings": []}'
)

Share = Callable[..., Result]


@pytest.fixture
def share(tmp_path: Path) -> Share:
    """Write contents into files and run the command on them."""

    def run(*contents: str | bytes, options: tuple[str, ...] = ("--format", "json")) -> Result:
        paths = []
        for number, content in enumerate(contents, start=1):
            path = tmp_path / f"case{number}.yaml"
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
            paths.append(str(path))
        return CliRunner().invoke(share_command, [*options, *paths])

    return run


def refused(result: Result) -> str:
    """Check that the command refused in one Japanese line, and give the line."""
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    (line,) = result.stderr.removesuffix("\n").split("\n")
    assert JAPANESE.search(line)
    return line


# ---- what it prints --------------------------------------------------------------------------


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_case_file_comes_out_as_it_says(path: Path) -> None:
    result = CliRunner().invoke(share_command, ["--format", "json", str(path)])
    assert result.stderr == ""
    assert result.exit_code == 0
    printed = json.loads(result.stdout)
    for member in printed["members"]:
        assert member["amount"] == sum(line["amount"] for line in member["lines"])
    paid = sum(member["amount"] for member in printed["members"])
    assert printed["total"] == paid + printed["unallocated"]


def test_the_json_has_the_keys_of_the_design_in_their_order(share: Share) -> None:
    assert share(GOOD).stdout == GOOD_JSON + "\n"


def test_a_file_in_json_is_read_like_one_in_yaml(share: Share) -> None:
    case = {
        "fiscal_year": 2022,
        "members": [{"code": "022021", "name": "弘前市", "since": "2015-04-01"}],
        "rules": [{"since": "2015-04-01", "components": [{"basis": "equal", "weight": 1}]}],
        "items": [{"name": "運用費", "amount": 7}],
    }
    printed = json.loads(share(json.dumps(case)).stdout)
    assert [(each["name"], each["amount"]) for each in printed["members"]] == [("弘前市", 7)]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(share: Share) -> None:
    content = b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()
    assert share(content).stdout == GOOD_JSON + "\n"


def test_members_come_in_code_order_whatever_the_order_in_the_file(share: Share) -> None:
    lines = GOOD.splitlines()
    lines[3], lines[4] = lines[4], lines[3]
    assert share("\n".join(lines)).stdout == GOOD_JSON + "\n"


def test_a_rest_placed_at_item_level_is_a_line_of_its_own() -> None:
    # level_item_lead.yaml: 弘前市は均等割 1円と端数調整 1円、藤崎町は均等割 1円と台数割 3円。
    path = next(path for path in CASES if path.stem == "level_item_lead")
    printed = json.loads(CliRunner().invoke(share_command, ["--format", "json", str(path)]).stdout)
    assert [
        [(line["component"], line["amount"]) for line in member["lines"]]
        for member in printed["members"]
    ] == [[("equal", 1), ("rounding", 1)], [("equal", 1)], [("equal", 1), ("units", 3)]]


def test_what_nobody_takes_is_unallocated_and_reported() -> None:
    path = next(path for path in CASES if path.stem == "residual_unallocated")
    printed = json.loads(CliRunner().invoke(share_command, ["--format", "json", str(path)]).stdout)
    assert (printed["total"], printed["unallocated"]) == (100, 2)
    assert [member["amount"] for member in printed["members"]] == [42, 28, 28]
    assert printed["findings"] == ["端数差額 2円は、どの団体にも割り当てていません。"]


def test_values_that_are_not_final_are_reported() -> None:
    path = next(path for path in CASES if path.stem == "preliminary_census")
    printed = json.loads(CliRunner().invoke(share_command, ["--format", "json", str(path)]).stdout)
    assert printed["findings"] == ["算定基礎「国勢調査人口」令和2年国勢調査(速報)は見込の値です。"]


def test_several_files_in_json_give_one_object_a_line_in_order(share: Share) -> None:
    second = GOOD.replace("fiscal_year: 2021", "fiscal_year: 2022").replace(
        ', from: "2021-04", to: "2022-03"', ""
    )
    lines = share(GOOD, second, GOOD).stdout.splitlines()
    assert [json.loads(line)["fiscal_year"] for line in lines] == [2021, 2022, 2021]
    assert lines[0] == lines[2] == GOOD_JSON


def test_the_output_option_writes_the_file_and_prints_nothing(share: Share, tmp_path: Path) -> None:
    target = tmp_path / "結果.json"
    result = share(GOOD, options=("--format", "json", "--output", str(target)))
    assert (result.exit_code, result.output) == (0, "")
    assert target.read_text(encoding="utf-8") == GOOD_JSON + "\n"


def test_an_output_that_cannot_be_written_is_refused(share: Share, tmp_path: Path) -> None:
    target = tmp_path / "ない" / "結果.json"
    line = refused(share(GOOD, options=("--output", str(target))))
    assert line.startswith("--output: ")
    assert str(target) in line


def test_the_text_shows_the_table_and_why(share: Share) -> None:
    text = share(GOOD, options=()).stdout
    rows = [line.split() for line in text.splitlines()]
    assert rows[:2] == [["板柳町が6月に加入した令和3年度"], ["令和3年度", "（単位：円）"]]
    assert ["022021", "弘前市", "900", "0", "900"] in rows
    assert ["023817", "板柳町", "300", "500", "800"] in rows
    assert ["合計", "1,200", "500", "1,700"] in rows
    assert "令和3年4月〜5月分は参加していないので、負担はありません。" in text
    assert "この団体だけの費用（個別負担）なので、500円の全額を負担します。" in text
    why = "令和3年6月〜令和4年3月分 800円 × 国勢調査人口 1 ÷ 参加2団体の計 4 ＝ 200円"
    assert why in text


def test_the_text_shows_a_refund_with_a_triangle_and_the_rest_below_the_table() -> None:
    paths = {path.stem: str(path) for path in CASES}
    text = CliRunner().invoke(share_command, [paths["refund_mirrors_charge"]]).stdout
    assert ["022021", "弘前市", "△43", "△43"] in [line.split() for line in text.splitlines()]
    text = CliRunner().invoke(share_command, [paths["residual_unallocated"]]).stdout
    assert "端数差額　2円（合計 100円）" in text.splitlines()
    assert "※ 端数差額 2円は、どの団体にも割り当てていません。" in text.splitlines()


# ---- expect ----------------------------------------------------------------------------------


def test_an_amount_that_differs_from_expect_gives_exit_one_and_a_table(share: Share) -> None:
    result = share(GOOD + 'expect: {"022021": 901, "023817": 800}\n')
    assert result.exit_code == 1
    assert result.stdout == GOOD_JSON + "\n"
    rows = [line.split() for line in result.stderr.splitlines()]
    assert rows[1:] == [
        ["団体コード", "団体", "expect", "計算結果", "差"],
        ["022021", "弘前市", "901", "900", "△1"],
    ]


def test_a_member_that_expect_does_not_name_is_not_compared(share: Share) -> None:
    assert share(GOOD + 'expect: {"023817": 800}\n').exit_code == 0


def test_one_differing_file_among_several_gives_exit_one(share: Share) -> None:
    wrong = GOOD + 'expect: {"022021": 0}\n'
    result = share(GOOD, wrong)
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2


def test_the_text_says_that_a_grant_to_a_member_comes_off_its_share(share: Share) -> None:
    granted = (
        'grants: [{name: 町補助, item: 運用費, member: "023817", amount: 50, treatment: %s}]\n'
    )
    result = share(GOOD + granted % "PER_MEMBER", options=("--format", "text"))
    lines = [line.strip() for line in result.stdout.splitlines()]
    # Of 1,200 yen 板柳町 bears 100 and 200, and 弘前市 the same as without the grant.
    assert (
        "「運用費」1,200円のうち、板柳町の負担額は、300円からこの団体への補助50円を引いた250円です。"
    ) in lines
    assert "この団体への補助（町補助）50円を引きます。" in lines
    assert "「運用費」1,200円のうち、弘前市の負担額は900円です。" in lines


# ---- bad input -------------------------------------------------------------------------------

DEEP = "[" * 5_000 + "]" * 5_000
HUGE = "9" * 5_000
OVERLONG = {
    "huge yen": ("amount: 1200", f"amount: {HUGE}", "items[0].amount: ", "整数で"),
    "endless decimals": (
        *('weight: "80"', f'weight: "0.{HUGE}"'),
        *("rules[0].components[1].weight: ", "18桁以内"),
    ),
    "deep nesting": ("category: 運用", f"category: {DEEP}", "算定ケースを", "深すぎます"),
}
#: what → (text to replace, replacement, start of the line, a piece of the sentence)
BAD = OVERLONG | {
    what: (each["replace"], each["by"], each["starts"], each["says"])
    for what, each in yaml.safe_load(
        Path(__file__).with_name("bad_cases.yaml").read_text(encoding="utf-8")
    ).items()
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_gives_exit_two_and_one_line_that_names_the_key(share: Share, what: str) -> None:
    old, new, start, piece = BAD[what]
    assert old in GOOD
    line = refused(share(GOOD.replace(old, new, 1)))
    assert line.startswith(start)
    assert piece in line
    assert len(line) < 300


@pytest.mark.parametrize(
    ("content", "piece"),
    [
        (b"", "空です"),
        (b"# nothing but a comment\n", "空です"),
        (b"- a\n- b\n", "並びです"),
        (b"just a text", "文字"),
        (b"42", "「42」は整数です"),
        (b"null", "空です"),
        (b"{}", "members"),
        ("name: 弘前市".encode("cp932"), "UTF-8"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"\x00\x01\x02", "YAML"),
        (b"a: 1\n" * 200_001, "1MB"),
        (b"{" * 100_000, "深すぎます"),
        (b"a: " + b"1:" * 100_000 + b"1", "知らないキー"),
        (b"? " * 50_000, "深すぎます"),
    ],
    ids=lambda value: value[:12] if isinstance(value, bytes) else None,
)  # fmt: skip
def test_what_is_no_case_at_all_is_refused(share: Share, content: bytes, piece: str) -> None:
    line = refused(share(content))
    if content != b"{}":
        assert piece in line


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "ない.yaml"
    line = refused(CliRunner().invoke(share_command, [str(path)]))
    assert str(path) in line


def test_a_folder_is_refused_by_name(tmp_path: Path) -> None:
    assert str(tmp_path) in refused(CliRunner().invoke(share_command, [str(tmp_path)]))


def test_a_bad_file_among_several_is_named_and_nothing_is_printed(share: Share) -> None:
    line = refused(share(GOOD, GOOD.replace("amount: 1200", "amount: 1.5")))
    assert "case2.yaml: items[0].amount: " in line


# ---- whatever the bytes ----------------------------------------------------------------------

PIECES = [
    *re.findall(r"[\w]+|[^\w\s]|\s+", GOOD),
    *("&a", "*a", "<<", "!!int", "!!binary", "!!set", "? ", "|", ">", "---", "...", "%YAML 9.9"),
    *("~", "null", "yes", ".nan", "-.inf", "1e400", "0x7f", "0o7", "1:30", "2021-06-01", "9" * 400),
    *("\\ud800", '"\\x00"', "\u2028", "\x85", "\ufeff", "\U0001f5fe", "が", "\t", "\r", "\x00"),
]


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """Take the good case and put something else somewhere, a few times."""
    text = GOOD
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        stop = min(len(text), start + draw(st.integers(0, 30)))
        text = text[:start] + draw(st.sampled_from(PIECES)) + text[stop:]
    return text.encode("utf-8", "surrogatepass")


@pytest.mark.property
@examples(1_000)
@given(st.one_of(mangled(), st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_no_bytes_ever_make_it_stumble(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)
    for options in ([], ["--format", "json"]):
        result = CliRunner().invoke(share_command, [*options, str(path)])
        if result.exit_code == 2:
            refused(result)
        else:
            assert result.exit_code == 0
            assert result.stderr == ""
