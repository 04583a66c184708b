"""Questions on an amount (質疑): who asks, who sees, what is kept, what 確定 waits for."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from consortium.clock import FrozenClock
from consortium.db import models
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear
from consortium.domain.errors import (
    BadInputError,
    InvalidTransitionError,
    NotFoundError,
    StaleError,
)
from consortium.usecases import questions, runs
from consortium.usecases.questions import About, Upload, Words
from tests import factories
from tests.asking import PDF, ask, folder, take, town
from tests.db import rows
from tests.kept import made_once
from tests.office import FUJISAKI, ITAYANAGI, Office, chain_faults, count, open_office

pytestmark = pytest.mark.usefixtures("plain_files")

CODES = [ITAYANAGI, FUJISAKI]


@pytest.fixture
def office(database: Flask, tmp_path: Path, clock: FrozenClock) -> Office:
    return open_office(tmp_path / "files", clock)


@pytest.fixture
def run_id(office: Office) -> str:
    """Issue 確定 of FY2021."""
    return made_once(("run",), folder(office), lambda: office.issued().id)


# ---- asking --------------------------------------------------------------------------------------


def test_a_town_asks_about_a_cell_and_the_amount_is_kept_with_it(
    office: Office, run_id: str
) -> None:
    question_id = ask(office, run_id, town(office))
    found = questions.show_question(town(office), question_id).question
    cell = runs.explain_cell(office.staff, run_id, 1, ITAYANAGI)
    entry = next(each for each in cell.result.items if each.item.no == 1)
    assert found.amount == entry.amounts[cell.result.position(ITAYANAGI)]
    assert (found.subject, found.state, found.is_from_lead) == (entry.item.name, "open", False)
    assert [(each.kind, each.text, each.body) for each in found.entries] == [
        ("asked", "なぜですか。", "板柳町")
    ]
    assert chain_faults(office) == []


def test_a_town_asks_about_all_it_pays(office: Office, run_id: str) -> None:
    question_id = ask(office, run_id, town(office), None)
    found = questions.show_question(office.staff, question_id).question
    payers = {each.code: each.amount for each in runs.show_run(office.staff, run_id).payers}
    assert (found.subject, found.amount) == ("負担金の全体", payers[ITAYANAGI])


@pytest.mark.parametrize("state", ["draft", "in_review", "approved"])
def test_a_town_cannot_ask_about_what_was_not_issued_to_it(office: Office, state: str) -> None:
    run_id = office.draft()
    office.move(run_id, *{"draft": [], "in_review": ["submit"]}.get(state, ["submit", "approve"]))
    before = factories.everything()
    with pytest.raises(NotFoundError):
        ask(office, run_id, town(office))
    assert factories.everything() == before


def test_a_town_cannot_ask_about_anothers_amount(office: Office, run_id: str) -> None:
    about = About(run_id, 1, FUJISAKI)
    with pytest.raises(NotFoundError):
        questions.ask(town(office), about, Words("なぜ"), now=factories.NOW, folder=folder(office))


@pytest.mark.parametrize("about", [(99, ITAYANAGI), (1, "022012"), (None, "022012")])
def test_what_is_not_in_the_run_cannot_be_asked_about(
    office: Office, run_id: str, about: tuple[int | None, str]
) -> None:
    with pytest.raises(NotFoundError):
        questions.show_subject(office.staff, About(run_id, *about))


def test_another_towns_own_item_cannot_be_asked_about(office: Office, run_id: str) -> None:
    # 藤崎町 データ移行費 is charged to 藤崎町 alone.
    result = runs.show_run(office.staff, run_id).result
    (no,) = [each.item.no for each in result.items if each.item.charge_to == FUJISAKI]
    with pytest.raises(NotFoundError):
        questions.show_subject(town(office), About(run_id, no, ITAYANAGI))
    assert questions.show_subject(town(office, FUJISAKI), About(run_id, no, FUJISAKI)).amount > 0


def test_the_lead_asks_about_a_draft_and_no_town_sees_it_before_the_issue(office: Office) -> None:
    run_id = office.draft()
    question_id = ask(office, run_id, office.staff)
    assert questions.show_question(office.approver, question_id).question.is_from_lead
    with pytest.raises(NotFoundError):
        questions.show_question(town(office), question_id)
    assert questions.list_questions(town(office)).questions == ()
    take(office, question_id, "answer", office.staff)
    office.move(run_id, "submit", "approve")
    office.issue(run_id)
    assert questions.show_question(town(office), question_id).question.id == question_id


def test_a_discarded_draft_takes_its_questions_with_it(office: Office) -> None:
    run_id = office.draft()
    question_id = ask(office, run_id, office.staff)
    take(office, question_id, "answer", office.staff, upload=Upload("答.pdf", PDF))
    runs.discard(office.staff, run_id, seen=office.seen(run_id), now=office.clock.now())
    for table in (models.Question, models.QuestionEntry, models.QuestionFile):
        assert count(table) == 0
    assert chain_faults(office) == []


@pytest.mark.parametrize("text", ["", "  \n", "長" * 2001])
def test_a_question_needs_a_text_of_reasonable_length(
    office: Office, run_id: str, text: str
) -> None:
    before = factories.everything()
    with pytest.raises(BadInputError) as refused:
        ask(office, run_id, town(office), text=text)
    assert refused.value.path == "text"
    assert factories.everything() == before


def test_a_form_sent_twice_asks_once(office: Office, run_id: str) -> None:
    words = Words("なぜですか。", str(uuid4()), Upload("問.pdf", PDF))
    about = About(run_id, 1, ITAYANAGI)
    given = {"now": office.clock.now(), "folder": folder(office)}
    first = questions.ask(town(office), about, words, **given)
    before = factories.everything()
    assert questions.ask(town(office), about, words, **given) == first
    assert factories.everything() == before
    with pytest.raises(BadInputError, match="もう送信されています"):
        questions.ask(town(office), about, replace(words, text="別の質問"), **given)
    other = About(run_id, 1, FUJISAKI)
    with pytest.raises(NotFoundError):
        questions.ask(town(office, FUJISAKI), other, words, **given)
    assert factories.everything() == before


# ---- who sees it ---------------------------------------------------------------------------------


def test_a_question_is_seen_by_its_town_and_the_lead_city_only(office: Office, run_id: str) -> None:
    asked = {code: ask(office, run_id, town(office, code)) for code in CODES}
    for code in CODES:
        seen = questions.list_questions(town(office, code)).questions
        assert [each.id for each in seen] == [asked[code]]
        of_run = questions.questions_of_run(town(office, code), run_id)
        assert [each.id for each in of_run] == [asked[code]]
    assert len(questions.list_questions(office.approver).questions) == 2
    with pytest.raises(NotFoundError):
        questions.show_question(town(office), asked[FUJISAKI])


@pytest.mark.parametrize("step", ["answer", "ask_again", "close", "withdraw", "overrule"])
def test_another_town_can_do_nothing_with_it(office: Office, run_id: str, step: str) -> None:
    question_id = ask(office, run_id, town(office))
    before = factories.everything()
    with pytest.raises(NotFoundError):
        take(office, question_id, step, town(office, FUJISAKI))
    assert factories.everything() == before


def test_another_consortium_sees_nothing(office: Office, run_id: str) -> None:
    question_id = ask(office, run_id, town(office))
    foreign = factories.add_foreign_consortium()
    assert questions.list_questions(foreign).questions == ()
    with pytest.raises(NotFoundError):
        questions.show_question(foreign, question_id)


# ---- answering -----------------------------------------------------------------------------------


def test_it_is_answered_asked_again_answered_and_closed(office: Office, run_id: str) -> None:
    question_id = ask(office, run_id, town(office))
    assert take(office, question_id, "answer", office.staff).state == "answered"
    assert take(office, question_id, "ask_again", town(office), "では、端数は。").state == "open"
    assert take(office, question_id, "answer", office.staff, "端数は人口の順です。").state == (
        "answered"
    )
    closed = take(office, question_id, "close", town(office), "")
    assert closed.state == "closed"
    assert [each.kind for each in closed.entries] == [
        "asked", "answered", "asked", "answered", "closed",
    ]  # fmt: skip
    assert closed.answer is not None
    assert closed.answer.text == "端数は人口の順です。"
    assert chain_faults(office) == []


@pytest.mark.parametrize(
    ("step", "by"),
    [
        ("answer", "approver"),
        ("answer", "town"),
        ("overrule", "staff"),
        ("overrule", "town"),
        ("withdraw", "staff"),
        ("ask_again", "staff"),
    ],
)
def test_whoever_may_not_is_refused_and_nothing_changes(
    office: Office, run_id: str, step: str, by: str
) -> None:
    question_id = ask(office, run_id, town(office))
    viewer = {"approver": office.approver, "staff": office.staff, "town": town(office)}[by]
    before = factories.everything()
    with pytest.raises(InvalidTransitionError, match="行える人ではありません"):
        take(office, question_id, step, viewer)
    assert factories.everything() == before


def test_a_town_answers_what_the_lead_city_asked(office: Office, run_id: str) -> None:
    question_id = ask(office, run_id, office.staff)
    assert take(office, question_id, "answer", town(office)).state == "answered"
    with pytest.raises(InvalidTransitionError):
        take(office, question_id, "withdraw", town(office))


def test_a_colleague_of_the_asker_goes_on_with_it(office: Office, run_id: str) -> None:
    question_id = ask(office, run_id, town(office))
    colleague = replace(town(office), user_id="u-2", role="member_admin")
    assert take(office, question_id, "withdraw", colleague, "").state == "withdrawn"


def test_overruling_needs_a_reason_and_keeps_it(office: Office, run_id: str) -> None:
    question_id = ask(office, run_id, town(office))
    with pytest.raises(BadInputError) as refused:
        take(office, question_id, "overrule", office.approver, " ")
    assert refused.value.path == "text"
    found = take(office, question_id, "overrule", office.approver, "協議会で決定済みのため。")
    assert found.state == "overruled"
    assert found.answer is not None
    assert found.answer.text == "協議会で決定済みのため。"


def test_the_second_of_two_who_answer_is_told(office: Office, run_id: str) -> None:
    question_id = ask(office, run_id, town(office))
    seen = questions.show_question(office.staff, question_id).question.row_version
    take(office, question_id, "answer", office.staff, "先の回答")
    before = factories.everything()
    with pytest.raises(StaleError):
        questions.write(
            office.staff, question_id, "answer", seen, Words("後の回答"),
            now=office.clock.now(), folder=folder(office),
        )  # fmt: skip
    assert factories.everything() == before


def test_an_answer_sent_twice_counts_once(office: Office, run_id: str) -> None:
    question_id = ask(office, run_id, town(office))
    seen = questions.show_question(office.staff, question_id).question.row_version
    words = Words("お答えします。", str(uuid4()))
    for _ in range(2):
        questions.write(
            office.staff, question_id, "answer", seen, words,
            now=office.clock.now(), folder=folder(office),
        )  # fmt: skip
    assert len(questions.show_question(office.staff, question_id).question.entries) == 2


@pytest.mark.parametrize("table", ["question_entry", "question_file"])
def test_the_database_refuses_to_rewrite_what_was_said(
    office: Office, run_id: str, database_url: str, table: str
) -> None:
    question_id = ask(office, run_id, town(office))
    take(office, question_id, "answer", office.staff, upload=Upload("答.pdf", PDF))
    column = "text" if table == "question_entry" else "display_name"
    with pytest.raises(IntegrityError, match="never changed"):
        rows.by_hand(database_url, f"UPDATE {table} SET {column} = 'x'")


# ---- 確定 ----------------------------------------------------------------------------------------


def test_an_open_question_of_the_year_blocks_the_final_issue_until_answered(
    office: Office, run_id: str
) -> None:
    question_id = ask(office, run_id, town(office))
    second = office.approved(reason="再算定")
    before = factories.everything()
    with pytest.raises(InvalidTransitionError, match=r"未回答の質疑が1件.*板柳町"):
        office.issue(second)
    assert factories.everything() == before
    take(office, question_id, "answer", office.staff)
    assert office.issue(second).state == "issued"


@pytest.mark.parametrize(("step", "by"), [("overrule", "approver"), ("withdraw", "town")])
def test_overruled_or_withdrawn_it_blocks_no_longer(
    office: Office, run_id: str, step: str, by: str
) -> None:
    question_id = ask(office, run_id, town(office))
    second = office.approved(reason="再算定")
    viewer = office.approver if by == "approver" else town(office)
    take(office, question_id, step, viewer, "協議会で決定済みのため。")
    assert office.issue(second).state == "issued"


def test_asked_again_it_blocks_again(office: Office, run_id: str) -> None:
    question_id = ask(office, run_id, town(office))
    take(office, question_id, "answer", office.staff)
    second = office.approved(reason="再算定")
    take(office, question_id, "ask_again", town(office), "では、端数は。")
    with pytest.raises(InvalidTransitionError, match="未回答"):
        office.issue(second)


def test_other_stages_and_years_are_not_blocked(office: Office, run_id: str) -> None:
    ask(office, run_id, town(office))
    assert office.issued(2020).state == "issued"
    assert office.issued(2026, "planned").state == "issued"


def test_what_waits_is_listed_by_year(office: Office, run_id: str) -> None:
    question_id = ask(office, run_id, town(office))
    with reading() as session:
        owner = office.consortium_id
        assert [each.id for each in questions.open_questions(session, owner)] == [question_id]
        assert questions.open_questions(session, owner, FiscalYear(2020)) == ()
    take(office, question_id, "answer", office.staff)
    with reading() as session:
        assert questions.open_questions(session, owner) == ()


def test_the_open_ones_stand_first_and_a_year_can_be_chosen(office: Office, run_id: str) -> None:
    first = ask(office, run_id, town(office))
    office.clock.advance(timedelta(minutes=1))
    second = ask(office, run_id, town(office), 2)
    take(office, second, "answer", office.staff)
    page = questions.list_questions(office.staff)
    assert [each.id for each in page.questions] == [first, second]
    assert page.years == (FiscalYear(2021),)
    assert questions.list_questions(office.staff, FiscalYear(2020)).questions == ()
