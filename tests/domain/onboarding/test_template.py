"""Templates are read line by line, and the legal form decides the gates (工程雛形・関門)."""

import csv
from datetime import date
from pathlib import Path

import pytest

from consortium.domain.errors import BadInputError
from consortium.domain.onboarding.gates import VotingTown, tasks_for, under
from consortium.domain.onboarding.network import Link
from consortium.domain.onboarding.plan import LEGAL_FORMS
from consortium.domain.onboarding.template import Template, in_order, read_template, write_rows

SEED = Path(__file__).parents[3] / "consortium" / "seed"
DAY = date(2027, 4, 1)
TSURUTA = VotingTown("023841", "鶴田町")
HIROSAKI = VotingTown("022021", "弘前市", is_lead=True)
HIRAKAWA = VotingTown("022101", "平川市")
MEMBERS = (HIROSAKI, HIRAKAWA)

# Codes, days and predecessors as the design's table has them, R1 → H0 added; typed from it.
DESIGN = """
A1 40 ; A2 60 A1; A3 60 A2; A4 40 A2+20; A5 5 A3 A4; B1 20 A5; B2 40 B1; B3 15 B2; C1 20 B3;
C2 20 C1; D1 20 C2; D2 60 C2; D3 80 D1; D4 80 D1; E1 60 D1; E2 20 E1 D4-20; E3 20 E2+10;
F1 40 D3 D4; F2 40 E3; F3 20 E3; E4 15 F1 F2; G1 20 E4 F3 D2; G2 1 G1; E5 3 G2; H0 0 E5 R1;
H1 60 H0; R1 40 A5
"""


def shipped(name: str) -> Template:
    with (SEED / name).open(encoding="utf-8", newline="") as file:
        return read_template(list(csv.DictReader(file)), "join")


def line(code: str, days: str = "1", before: str = "", **others: str) -> dict[str, str]:
    named = {"code": code, "name": f"工程{code}", "business_days": days, "predecessors": before}
    return named | others


def test_under_an_agreement_the_shipped_template_is_the_table_of_the_design() -> None:
    found = {
        row["code"]: (row["business_days"], row["predecessors"])
        for row in write_rows(under(shipped("onboarding_template.csv"), "agreement"))
    }
    wanted = {}
    for part in DESIGN.replace("\n", " ").split(";"):
        code, days, *before = part.split()
        wanted[code] = (days, " ".join(before))
    assert found == wanted
    assert len(found) == 27


def test_a_table_of_four_columns_gets_what_the_shipped_one_says_of_phase_and_window() -> None:
    rows = [line("A5"), line("B3", before="A5"), line("R1", before="A5"), line("H0", "0", "B3")]
    found = read_template(rows)
    assert [(task.phase, task.window_kind) for task in found.tasks] == [
        ("仕様検討", "assembly"), ("調達", "council"), ("導入・移行", "council"), ("運用", ""),
    ]  # fmt: skip
    # R1 has to be over by H0 although the table does not say so; the design asks for it.
    assert found.links[-1] == Link("R1", "H0")


def test_links_of_every_kind_are_read_typed_full_width_or_with_another_minus() -> None:
    rows = [line("A1"), line("A2", before="Ａ１＋２０"), line("A3", before="A1:SS+5 A2:FF \u22123")]
    with pytest.raises(BadInputError, match="先行「-3」"):
        read_template(rows)
    rows[2]["predecessors"] = "A1:SS+5、A2:FF\u22123"
    assert read_template(rows).links == (
        Link("A1", "A2", "FS", 20), Link("A1", "A3", "SS", 5), Link("A2", "A3", "FF", -3),
    )  # fmt: skip
    assert write_rows(read_template(rows))[2]["predecessors"] == "A1:SS+5 A2:FF-3"


# Two ways round: the shorter one is named.
LOOP = [
    line("B3"), line("C1", before="B3 C2"), line("N1", before="C1"), line("C2", before="N1 C1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "path", "text"),
    [
        (LOOP, "rows[1].predecessors", "先行が輪になっています（C1 → C2 → C1）。"),
        ([line("A1", before="A1")], "rows[0].predecessors", "（A1 → A1）"),
        ([line("A1"), line("A2", before="A9+20")], "rows[1].predecessors", "A2の先行「A9」"),
        ([line("A1"), line("A2", "-5")], "rows[1].business_days", "負の数（-5）"),
        ([line("A1", "3.5")], "rows[0].business_days", "「3.5」は整数ではありません"),
        ([line("A1", "2001")], "rows[0].business_days", "2000日まで"),
        ([line("A1"), line("A1")], "rows[1].code", "番号「A1」が二つ"),
        ([line("本番")], "rows[0].code", "「本番」は使えません"),
        ([line("A1"), line("A2", before="A1 A1+3")], "rows[1].predecessors", "「A1」が二度"),
        ([line("A1"), line("A2", before="A1:XX")], "rows[1].predecessors", "種類が分かりません"),
        ([line("A1", owner="市長")], "rows[0].owner", "担当が「市長」"),
        ([line("A1", legal_forms="kyotei")], "rows[0].legal_forms", "「kyotei」"),
        ([line("A1", evidence="あ" * 81)], "rows[0].evidence", "81文字"),
        ([line("A1", evidence="判定\x07書")], "rows[0].evidence", "制御文字"),
        ([line("A1") | {"name": " "}], "rows[0].name", "工程名が空"),
    ],
)
def test_a_line_that_cannot_be_read_is_refused_where_it_stands(
    rows: list[dict[str, str]], path: str, text: str
) -> None:
    with pytest.raises(BadInputError) as refused:
        read_template(rows)
    assert refused.value.path == path
    assert text in str(refused.value)


def test_three_hundred_stages_in_a_row_are_no_loop_and_one_link_back_is() -> None:
    codes = [f"{letter}{number}" for letter in "ABC" for number in range(100)]
    rows = [line(code, before=before) for code, before in zip(codes, ["", *codes], strict=False)]
    assert len(read_template(rows).links) == 299
    rows[0]["predecessors"] = "C99"
    with pytest.raises(BadInputError, match=r"A0 → A1 → .* → C99 → A0"):
        read_template(rows)


def test_new_stages_stand_behind_those_of_their_letter() -> None:
    rows = [line(code) for code in ("A1", "A2", "A10", "B1", "A3", "Z1", "B1.2")]
    ordered = in_order(read_template(rows), ["A1", "A2", "A10", "B1"])
    assert [task.code for task in ordered.tasks] == ["A1", "A2", "A3", "A10", "B1", "B1.2", "Z1"]


# Which councils vote and which gates follow, from the design's section 7 and the law it names.
GATES = {
    "agreement": ({"B3"}, set()),
    "council": ({"B3-023841", "B3-022021", "B3-022101"}, {"N1"}),
    "delegation": ({"B3-023841", "B3-022021"}, {"N1"}),
    "union": ({"B3-023841", "B3-022021", "B3-022101"}, {"N2"}),
    "joint_organ": ({"B3-023841", "B3-022021", "B3-022101"}, {"N1"}),
}


@pytest.mark.parametrize("form", LEGAL_FORMS)
def test_the_legal_form_decides_which_councils_vote_and_what_follows(form: str) -> None:
    tasks, links = tasks_for(shipped("onboarding_template.csv"), form, TSURUTA, MEMBERS, DAY)
    councils, gates = GATES[form]
    assert {task.code for task in tasks if task.owner == "各議会"} == councils
    assert {task.code for task in tasks if task.code.startswith("N")} == gates
    # Every gate stands between B2 and the contract.
    assert {link.after for link in links if link.before == "B2"} == councils
    assert {link.before for link in links if link.after == "C1"} == councils
    assert {link.before for link in links if link.after == "C2"} == {"C1", *gates}
    assert [task.position for task in tasks] == list(range(1, len(tasks) + 1))


def test_each_council_has_its_own_window_and_its_name() -> None:
    tasks, _ = tasks_for(shipped("onboarding_template.csv"), "delegation", TSURUTA, MEMBERS, DAY)
    votes = [task for task in tasks if task.owner == "各議会"]
    assert [(task.name, task.window_kind, task.window_code) for task in votes] == [
        ("議会の議決（鶴田町）", "council", "023841"),
        ("議会の議決（弘前市）", "council", "022021"),
    ]
    # The bylaws of the joining town are its own council's matter under every form.
    assert next(task for task in tasks if task.code == "R1").window_code == ""


def test_another_council_votes_where_it_is_asked_to() -> None:
    asked = VotingTown("022101", "平川市", votes=True)
    template = shipped("onboarding_template.csv")
    tasks, _ = tasks_for(template, "agreement", TSURUTA, (HIROSAKI, asked), DAY)
    votes = [task.code for task in tasks if task.owner == "各議会"]
    assert votes == ["B3-023841", "B3-022101"]
    with pytest.raises(BadInputError, match="法的な形「会社」"):
        under(template, "会社")


def test_the_wave_template_moves_each_group_of_business_on_its_own() -> None:
    tasks, links = tasks_for(shipped("wave_template.csv"), "agreement", TSURUTA, MEMBERS, DAY)
    groups = ["住基・印鑑", "税", "福祉", "戸籍"]
    for stage in ("E2", "E3", "E4", "E5", "H0"):
        own = [task for task in tasks if task.code.partition(".")[0] == stage]
        assert [task.wave for task in own] == groups
    # A month of 20 業務日 lies between two groups: 17 and the three of the cut-over.
    assert Link("H0", "E5.2", "FS", 17) in links
    assert {link.before for link in links if link.after == "H1"} == {"H0", "H0.2", "H0.3", "H0.4"}
