"""A small consortium for the test of whole fiscal years, and copies of its life (試験の協議会)."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.store import settings
from consortium.db.unit import reading, writing
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.sharing.dating import Dating
from consortium.domain.timeline import Source
from consortium.domain.yen import Rounding
from consortium.usecases import rule_versions, rules, seed
from consortium.usecases.reporting import Worker
from consortium.usecases.rule_versions import Component, RuleVersion
from consortium.usecases.viewer import Viewer
from tests import databases
from tests.factories import OFFICER
from tests.office import APPROVER, Office

YEAR: Final = FiscalYear(2026)
#: The first day of the year, in the morning.
BEGINNING: Final = datetime(2026, 4, 1, 9, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
HIROSAKI, HIRAKAWA, FUJISAKI, ITAYANAGI = "022021", "022101", "023612", "023817"
#: Who counts how many people in the beginning: code → (name, よみ, people).
TOWNS: Final = {
    HIROSAKI: ("弘前市", "ひろさきし", 168_466),
    HIRAKAWA: ("平川市", "ひらかわし", 30_567),
    FUJISAKI: ("藤崎町", "ふじさきまち", 14_573),
    ITAYANAGI: ("板柳町", "いたやなぎまち", 12_700),
}
#: Another approver: who issued a document may not cancel it.
OTHER_APPROVER: Final = "u-8"
#: Two items of every stage: name → whole yen. Neither divides.
COSTS: Final = {"システム利用料": 9_100_003, "拠点間回線": 960_001}
STAGES: Final = ("planned", "revised", "final", "settlement")
_LEAD = "弘前市"


def _tables() -> dict[str, list[str]]:
    """Write the lines that `seed` reads, one list for each of its files (見本の表)."""
    towns = [
        f"{code},{name},{kana},{name[-1]},{int(name == _LEAD)},2015-04-01,day,試験"
        for code, (name, kana, _) in TOWNS.items()
    ]
    people = [
        f"population,人口,2025-10-01,初め,2026-01-15,{code},{count},確定,試験"
        for code, (_, _, count) in TOWNS.items()
    ]
    rule = "負担ルール,core,,2015-04-01,協定書,,,1,floor,component,largest_remainder,monthly"
    months = f"{YEAR.start_year}-04,{YEAR.start_year + 1}-03"
    return {
        "members": towns,
        "bases": people,
        "services": ["core,基幹系共同クラウド,協議会,2015-04-01,,構成団体,試験"],
        "cost_categories": ["core,1,運用,試験"],
        "rules": [f"{rule},1,equal,,,,均等割,20,試験"],
        "cost_items": [
            f"{YEAR.start_year},{stage},core,運用,{name},{amount},,{months},,,見本"
            for stage in STAGES
            for name, amount in COSTS.items()
        ],
    }


def found_consortium(folder: Path) -> Office:
    """Register the consortium in an empty database; files go into a folder (協議会の登録)."""
    source = folder / "seed"
    source.mkdir(parents=True)
    for name, lines in _tables().items():
        text = "\n".join([seed.COLUMNS[name], *lines, ""])
        (source / f"{name}.csv").write_text(text, encoding="utf-8")
    seed.seed(BEGINNING, OFFICER, source)
    office = open_office(folder / "files", BEGINNING)
    _add_people(office)
    (rule,) = rules.list_rules(office.staff, BEGINNING.date())
    agreed = rule_version(YEAR.period.since, 20, 80)
    rule_versions.add_version(office.staff, rule.id, agreed, BEGINNING)
    return office


def open_office(files: Path, at: datetime) -> Office:
    """Give the office of the consortium that is there (事務局)."""
    with reading() as session:
        owner = settings.find_consortium_id(session, seed.KEY)
    assert owner
    staff = Viewer("u-1", "弘前 花子", "lead_staff", owner, body=_LEAD, is_sample=True)
    approver = replace(staff, user_id=APPROVER, name="弘前 承認", role="lead_approver")
    clock = FrozenClock(at)
    return Office(staff, approver, Worker("process-1", files, clock.now), clock)


def _add_people(office: Office) -> None:
    """Give the officers accounts: a cancellation names its person."""
    people = ((office.staff.user_id, "lead_staff"), (APPROVER, "lead_approver"))
    with writing(OFFICER, BEGINNING) as unit:
        for user_id, role in (*people, (OTHER_APPROVER, "lead_approver")):
            unit.session.add(
                models.UserAccount(
                    id=user_id, consortium_id=office.consortium_id, login=user_id,
                    display_name=f"{user_id} の人", role=role, password_hash="-",
                    created_at=BEGINNING,
                )
            )  # fmt: skip
        unit.record(office.consortium_id, "test.user", "user_account", APPROVER, "試験の利用者")


def rule_version(since: date, equal: int, people: int) -> RuleVersion:
    """Make a version: so much in equal parts, so much by the latest population (負担ルールの版)."""
    parts = (
        Component(1, "equal", "均等割", str(equal)),
        Component(2, "table", "人口割", str(people), "population", Dating("latest")),
    )
    return RuleVersion(
        str(uuid4()), since, Source("協定書"), Rounding(), "monthly",
        tuple(part for part in parts if Fraction(part.weight)),
    )  # fmt: skip


# ---- copies --------------------------------------------------------------------------------------


@contextmanager
def copied(
    source: databases.Source, url: str, files: Path, folder: Path
) -> Iterator[tuple[str, Path]]:
    """Enter a copy of a database and of its stored files, thrown away afterwards (写し)."""
    own = folder / uuid4().hex
    own.mkdir(parents=True)
    if files.is_dir():
        shutil.copytree(files, own / "files")
    copy = source.copy(url, own)
    try:
        with databases.opened(copy):
            yield copy, own / "files"
    finally:
        source.drop(copy)
        shutil.rmtree(own)
