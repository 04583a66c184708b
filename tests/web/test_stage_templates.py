"""工程雛形の画面: a new version from the old one, refusals at their row, versions in use."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consortium.db.store import stage_templates as store
from consortium.db.unit import reading
from consortium.domain.onboarding.network import Link
from consortium.domain.onboarding.template import Template
from consortium.usecases import busy_periods
from consortium.usecases.viewer import Viewer
from tests.factories import seed_sample
from tests.pages import errors_of, fields_on, submit, token
from tests.people import People

INDEX = "/stage-templates"
BUSY = f"{INDEX}/busy"


@pytest.fixture
def officer(app: Flask) -> Viewer:
    with app.app_context():
        return seed_sample()


@pytest.fixture
def lead(officer: Viewer, cast: People) -> FlaskClient:
    return cast.client("lead_staff")


def versions(app: Flask, officer: Viewer) -> list[store.Version]:
    with app.app_context(), reading() as session:
        found = store.versions(session, officer.consortium_id)
    return [each for each in found if each.key == "join"]


def template(app: Flask, officer: Viewer, template_id: str) -> Template:
    with app.app_context(), reading() as session:
        return store.template(session, officer.consortium_id, template_id)


def edit_url(app: Flask, officer: Viewer, place: int = 0) -> str:
    return f"{INDEX}/{versions(app, officer)[place].id}/edit"


def line_of(form: dict[str, str], code: str) -> str:
    """Find the number of the line of a stage."""
    return next(
        name.partition("-")[2]
        for name, text in form.items()
        if name.startswith("code-") and text == code
    )


def test_the_shipped_templates_are_there_from_the_beginning(
    app: Flask, officer: Viewer, lead: FlaskClient
) -> None:
    page = lead.get(INDEX)
    assert "加入工程（標準）" in page.text
    assert "業務別移行（波）" in page.text
    assert "同梱の雛形を登録する" not in page.text
    (first,) = versions(app, officer)
    assert len(template(app, officer, first.id).tasks) == 29  # 27 of the design, N1 and N2
    shown = lead.get(f"{INDEX}/{first.id}").text
    assert "D4-20" in shown
    assert "法定協議会・事務の委託・機関等の共同設置" in shown  # N1
    # The busy weeks and what others took stand beside them.
    assert "2月16日" in page.text
    assert "29（13＋16）" in page.text
    assert "sakaietsuko.net/news/1946/" in page.text


def test_what_is_edited_becomes_the_next_version_and_the_old_one_stays(
    app: Flask, officer: Viewer, lead: FlaskClient
) -> None:
    url = edit_url(app, officer)
    form = fields_on(lead.get(url))
    trial, new = line_of(form, "G1"), line_of(form, "")
    removed = line_of(form, "R1")
    form |= {
        "source": "給与系のため",
        f"business_days-{trial}": "60",
        f"code-{new}": "c3",
        f"name-{new}": "保守契約",
        f"business_days-{new}": "１０",
        f"predecessors-{new}": "C2+5",
        f"gone-{removed}": "y",
    }
    refused = lead.post(url, data=form)
    assert errors_of(refused) == {
        f"predecessors-{line_of(form, 'H0')}": (
            "H0の先行「R1」は、この雛形にありません。"
            "ある番号を、A2、A2+20、D4-20 のように空白で区切って書いてください。"
        )
    }
    form[f"predecessors-{line_of(form, 'H0')}"] = "E5"
    saved = lead.post(url, data=form, follow_redirects=True)
    assert "第2版を保存しました" in saved.text
    newest, oldest = versions(app, officer)
    old, found = (template(app, officer, each.id) for each in (oldest, newest))
    codes = [task.code for task in found.tasks]
    assert codes[codes.index("C2") : codes.index("C2") + 3] == ["C2", "C3", "D1"]
    assert "R1" not in codes
    assert Link("C2", "C3", "FS", 5) in found.links
    assert {task.code: task.days for task in found.tasks}["G1"] == 60
    assert {task.code: task.days for task in old.tasks}["G1"] == 20
    assert newest.source == "給与系のため"
    for part in ("保守契約", "追加", "削除", "20", "60"):
        assert part in saved.text.partition('id="differences"')[2]
    # Sent again it adds nothing; from the old version nothing can be saved any more.
    assert lead.post(url, data=form).status_code == 302
    late = lead.post(url, data=form | {"record_id": "00000000-0000-4000-8000-000000000001"})
    assert late.status_code == 409
    assert "第2版が先に保存されました。" in late.text
    assert len(versions(app, officer)) == 2


@pytest.mark.parametrize(
    ("code", "column", "typed", "message"),
    [
        ("C1", "predecessors", "B3 C2", "先行が輪になっています（C1 → C2 → C1）。"),
        ("A4", "predecessors", "A9+20", "A4の先行「A9」は、この雛形にありません。"),
        ("B1", "business_days", "-20", "B1の業務日が負の数（-20）です。"),
        ("H0", "business_days", "1", "H0（本稼働）が1業務日です。"),
        ("H0", "legal_forms", "union", "H0（本稼働）が、一部の法的な形にしかありません。"),
    ],
)
def test_a_bad_line_is_refused_where_it_stands(
    app: Flask, officer: Viewer, lead: FlaskClient, code: str, column: str, typed: str, message: str
) -> None:
    url = edit_url(app, officer)
    form = fields_on(lead.get(url)) | {"source": "試し"}
    field = f"{column}-{line_of(form, code)}"
    page = lead.post(url, data=form | {field: typed})
    assert page.status_code == 400
    assert errors_of(page).keys() == {field}
    assert errors_of(page)[field].startswith(message)
    assert f'value="{typed}"' in page.text  # what was typed stands there again
    assert len(versions(app, officer)) == 1


def test_a_version_without_going_live_or_without_a_change_is_not_saved(
    app: Flask, officer: Viewer, lead: FlaskClient
) -> None:
    url = edit_url(app, officer)
    form = fields_on(lead.get(url))
    source = template(app, officer, versions(app, officer)[0].id).source
    same = lead.post(url, data=form | {"source": source})
    assert "変わったところがありません。" in same.text
    last = {f"gone-{line_of(form, 'H0')}": "y", f"predecessors-{line_of(form, 'H1')}": ""}
    without = lead.post(url, data=form | {"source": "試し"} | last)
    assert "本稼働（H0）がありません。" in without.text
    assert len(versions(app, officer)) == 1


def test_the_last_version_in_use_stays_in_use(
    app: Flask, officer: Viewer, lead: FlaskClient
) -> None:
    (only,) = versions(app, officer)
    page = f"{INDEX}/{only.id}"
    sent = {"csrf_token": token(lead.get(page)), "is_retired": "1"}
    refused = lead.post(f"{page}/retire", data=sent, follow_redirects=True)
    assert "使う版がほかにありません。" in refused.text
    url = edit_url(app, officer)
    form = fields_on(lead.get(url))
    lead.post(url, data=form | {"source": "変更", f"business_days-{line_of(form, 'G1')}": "60"})
    lead.post(f"{page}/retire", data=sent)
    assert [each.is_retired for each in versions(app, officer)] == [False, True]


def test_busy_weeks_are_a_list_of_the_office(
    app: Flask, officer: Viewer, lead: FlaskClient
) -> None:
    form = fields_on(lead.get(BUSY))
    assert (form["name-1"], form["first-1"], form["last-1"]) == ("税", "2月16日", "3月15日")
    bad = submit(lead, BUSY, form | {"last-2": "2月30日"})
    assert errors_of(bad) == {
        "last-2": "毎年は2月30日がありません。どの年にもある日にしてください。"
    }
    new = {"name-3": "福祉", "first-3": "６/１", "last-3": "06-30", "source-3": "現況届"}
    assert submit(lead, BUSY, form | new).status_code == 302
    with app.app_context():
        page = busy_periods.show_periods(officer)
    assert [(each.name, each.first, each.last) for each in page.periods] == [
        ("税", (2, 16), (3, 15)), ("住基", (3, 15), (4, 15)), ("福祉", (6, 1), (6, 30)),
    ]  # fmt: skip
    assert not page.is_shipped
    stale = lead.post(BUSY, data=form | {"name-1": "市税"})
    assert stale.status_code == 409
    assert "ほかの人が先に変更しました。" in stale.text
