"""The macros that every page is built from (部品)."""

from pathlib import Path

from flask import Flask, render_template

from consortium.web import styleguide
from consortium.web.filters import FILTERS

WEB = Path(__file__).parents[2] / "consortium" / "web"


def small_app() -> Flask:
    app = Flask(__name__, template_folder=str(WEB / "templates"), static_folder=str(WEB / "static"))
    app.secret_key = "only for this test"
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals["csrf_token"] = lambda: "the-token"
    app.add_url_rule("/styleguide", "styleguide", lambda: "")
    return app


def drawn(source: str, **values: object) -> str:
    app = small_app()
    with app.test_request_context():
        return app.jinja_env.from_string(source).render(**values)


FIELD = '{% from "macros/form.html" import form_field %}{{ form_field(form.amount) }}'
SUMMARY = '{% from "macros/form.html" import error_summary %}{{ error_summary(form) }}'


def test_an_error_stands_at_its_field_and_is_tied_to_it() -> None:
    form = styleguide.SampleForm(data={"amount": ""})
    form.amount.errors = ["金額が空です。"]
    html = drawn(FIELD, form=form)
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="amount-hint amount-error"' in html
    assert '<div id="amount-error">' in html
    assert "金額が空です。" in html


def test_a_field_without_error_has_neither_mark_nor_message() -> None:
    html = drawn(FIELD, form=styleguide.SampleForm())
    assert "aria-invalid" not in html
    assert 'aria-describedby="amount-hint"' in html
    assert "必須" in html


def test_the_summary_links_to_each_faulty_field() -> None:
    form = styleguide.SampleForm(data={"amount": ""})
    form.amount.errors = ["金額が空です。"]
    assert '<a href="#amount">金額（税込）：金額が空です。</a>' in drawn(SUMMARY, form=form)


def test_a_form_without_errors_has_no_summary() -> None:
    assert drawn(SUMMARY, form=styleguide.SampleForm()).strip() == ""


def test_what_a_user_wrote_is_never_markup() -> None:
    hostile = '"><b>甲</b>'
    for source in (
        '{% from "macros/status.html" import status %}{{ status(text) }}',
        '{% from "macros/page.html" import page_header %}{{ page_header(text, lead=text) }}',
        '{% from "macros/banner.html" import banner %}{{ banner("error", text, text, [text]) }}',
        '{% from "macros/table.html" import row_head %}{{ row_head(text, url=text, note=text) }}',
        '{% from "macros/why.html" import why %}{{ why([{"label": text, "value": text}]) }}',
    ):
        html = drawn(source, text=hostile)
        assert "<b>" not in html
        assert "&lt;b&gt;甲" in html


def test_a_button_that_changes_something_is_a_post_form_with_the_token() -> None:
    html = drawn(
        '{% from "macros/button.html" import post_button %}'
        '{{ post_button("受領する", "/receipts", fields={"edition": 2}) }}'
    )
    assert 'method="post" action="/receipts"' in html
    assert 'name="csrf_token" value="the-token"' in html
    assert 'name="edition" value="2"' in html


def test_the_style_guide_draws_every_component_once_with_unique_ids() -> None:
    app = small_app()
    with app.test_request_context():
        html = render_template("styleguide.html", **styleguide.context(), is_sample=True)
    ids = [part.split('"', 1)[0] for part in html.split(' id="')[1:]]
    assert len(ids) == len(set(ids))
    assert html.count("<h1") == 1


def test_a_page_without_account_has_neither_menu_nor_logout() -> None:
    app = small_app()
    with app.test_request_context():
        html = render_template("base.html")
    assert 'id="menu"' not in html
    assert "ログアウト" not in html
    assert "見本" not in html
