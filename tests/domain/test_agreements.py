"""Every agreement that the design read is entered as data (実際の協定): one case file each."""

from pathlib import Path

import pytest

from consortium.domain.sharing.result import Result
from consortium.usecases.cases import Outcome, as_json, compute

CASES = Path(__file__).with_name("cases")

#: What each agreement teaches, and the case file that enters it.
AGREEMENTS = {
    "上伊那 個別負担を先に、残りを均等割5・人口割95": "agreement_kamiina",
    "上伊那 設計費（公表値）": "published_kamiina",
    "渋川 経費区分ごとに四つのルール、見込の値": "agreement_shibukawa",
    "安房 市100・町50の重みつき均等割": "agreement_awa",
    "弘前地区環境 区分だけの値": "agreement_hirosaki_environment",
    "御殿場・小山 所在地40％、前年度9月30日、公債費は借入年度の割合": "agreement_gotemba",
    "新潟 1,000円未満切捨て、端数差額": "agreement_niigata",
    "串本 小数の割合": "agreement_kushimoto",
    "鳥取 最後の負担者が残り（公表値）": "published_tottori",
    "鳥栖 25％×3期を1,000円に切上げ": "agreement_tosu_instalments",
    "利根沼田 脱退は年度末まで": "agreement_tone_numata",
    "北海道 HARP 逓減人口割": "agreement_harp",
    "英国 増加の上限と許容幅": "agreement_yearly_cap",
    "英国 上限を超えた額を順番に": "agreement_cap_only",
}


def outcome(name: str) -> Outcome:
    return compute((CASES / f"{name}.yaml").read_bytes())


@pytest.mark.parametrize("name", AGREEMENTS.values(), ids=AGREEMENTS)
def test_the_agreement_comes_out_as_worked_by_hand(name: str) -> None:
    case = outcome(name)
    assert list(case.differences()) == []
    assert set(case.case.expect or ()) == {party.code for party in case.result.parties}


def test_no_agreement_file_is_forgotten() -> None:
    found = {path.stem for path in CASES.glob("agreement_*.yaml")}
    assert found <= set(AGREEMENTS.values())


def lines(result: Result, code: str) -> list[tuple[str, str, int]]:
    return [
        (line.item.name, line.component, line.amount)
        for line in result.lines()
        if line.code == code
    ]


def test_kamiina_shares_what_is_left_after_the_direct_charges() -> None:
    result = outcome("agreement_kamiina").result
    assert result.total == 840_201_000
    direct = [line.amount for line in result.lines() if line.component == "direct"]
    assert sum(direct) == 303_413_000


def test_shibukawa_says_that_a_figure_is_not_fixed_yet() -> None:
    findings = outcome("agreement_shibukawa").result.findings
    assert [each.text for each in findings] == ["算定基礎「利用者数」は見込の値です。"]
    assert not findings[0].blocks


def test_gotemba_charges_the_host_first_and_keeps_old_debt_at_its_old_ratio() -> None:
    result = outcome("agreement_gotemba").result
    assert lines(result, "222151") == [
        ("運用費", "所在地", 40_000),
        ("運用費", "equal", 6_000),
        ("運用費", "residents", 36_000),
        ("公債費", "equal", 10_000),
        ("公債費", "residents", 64_000),
    ]
    assert [series.edition for series in result.series] == ["平成22年9月末", "令和2年9月末"]


def test_niigata_leaves_the_rest_to_nobody_and_says_so() -> None:
    result = outcome("agreement_niigata").result
    assert result.unallocated == 2_000
    assert result.total == 1_000_000
    (finding,) = result.findings
    assert "端数差額 2,000円" in finding.text


def test_tosu_pays_three_rounded_instalments_and_the_rest() -> None:
    case = outcome("agreement_tosu_instalments")
    (member,) = as_json(case.result, case.case.instalments)["members"]
    assert member["instalments"] == [1_894_000, 1_894_000, 1_894_000, 1_890_857]
