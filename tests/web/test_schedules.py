"""配信予定の画面."""

from datetime import datetime
from io import BytesIO
from urllib.parse import unquote
from zipfile import ZipFile

import pytest
from flask import Flask

from consortium.clock import TOKYO, FrozenClock
from consortium.domain.errors import BadInputError
from consortium.usecases import reporting
from tests.office import report_runs
from tests.pages import submit
from tests.people import People
from tests.web.portal import Portal, open_portal, statements_of

pytestmark = pytest.mark.usefixtures("plain_files")


@pytest.fixture
def portal(app: Flask, cast: People, clock: FrozenClock) -> Portal:
    return open_portal(app, cast, clock)


def test_the_schedule_is_told_in_words_with_its_next_twelve_times(portal: Portal) -> None:
    page = portal.cast.client("auditor").get("/schedules").text
    assert "毎月1日 06:00に、前の月の分を作成" in page
    assert "移動しない" in page
    assert "令和8年12月分" in page
    assert "令和9年11月分" in page
    assert "令和9年12月分" not in page
    assert "定期実行がまだ一度も動いていません" in page


def test_what_was_made_late_and_what_waits_is_shown(portal: Portal) -> None:
    portal.run(2026, "planned")
    with portal.app.app_context():
        portal.office.tick(datetime(2027, 5, 2, tzinfo=TOKYO))
    page = portal.cast.client("lead_admin").get("/schedules").text
    # Four months of the year issued, and April of the next, which waits.
    assert (page.count("遅延作成"), page.count("作成済")) == (5, 4)
    assert "この年度の負担金の発行待ち" in page
    assert "最後の確認：" in page


def test_a_failed_report_is_tried_again_by_the_office_only(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = BadInputError("作成しました。", "値が誤りです。", "直してください。")
    portal.run(2026, "planned")
    with monkeypatch.context() as patch, portal.app.app_context():
        patch.setattr(reporting, "BACK_OFF", ())
        patch.setattr(reporting, "_write", lambda *_: (_ for _ in ()).throw(wrong))
        portal.office.tick(datetime(2027, 1, 1, 6, tzinfo=TOKYO))
        (report,) = report_runs("monthly_cost")
    staff = portal.cast.client("lead_staff")
    path = f"/report-runs/{report.id}/retry"
    assert path in staff.get("/schedules").text
    assert path not in portal.cast.client("auditor").get("/schedules").text
    assert "値が誤りです。" in staff.get("/this-month").text
    assert submit(staff, path, {}, page="/schedules").status_code == 302
    with portal.app.app_context():
        portal.office.tick(datetime(2027, 1, 1, 6, 20, tzinfo=TOKYO))
    assert "作成済" in staff.get("/schedules").text
    assert submit(staff, path, {}, page="/account").status_code == 404


def test_the_page_needs_four_statements(portal: Portal) -> None:
    portal.run(2026, "planned")
    with portal.app.app_context():
        portal.office.tick(datetime(2027, 4, 2, tzinfo=TOKYO))
    assert statements_of(portal, portal.cast.client("lead_staff"), "/schedules") == 4


def test_the_reports_of_a_month_are_handed_out_together(portal: Portal) -> None:
    portal.run(2026, "planned")
    with portal.app.app_context():
        portal.office.tick(datetime(2027, 1, 1, 6, tzinfo=TOKYO))
        (report,) = report_runs("monthly_cost")
    auditor, path = portal.cast.client("auditor"), f"/issues/{report.id}/files.zip"
    assert f'href="{path}"' in auditor.get("/schedules").text
    answer = auditor.get(path)
    names = unquote(answer.headers["Content-Disposition"])
    assert "filename=monthly_cost_FY2026_2026-12_all_v1.zip" in names
    assert "R08_月次費用報告_令和8年12月分_一式_第1版.zip" in names
    with ZipFile(BytesIO(answer.data)) as archive:
        towns = [name.split("_")[3] for name in archive.namelist()]
    assert len(towns) == 7
    assert towns == sorted(towns)
