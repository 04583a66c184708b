"""Every page stands in policy.yaml exactly once, and every view asks it exactly once (権限)."""

import ast
import re
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask, abort
from werkzeug.routing import BaseConverter, Rule

import config
from consortium import create_app
from consortium.clock import SystemClock
from consortium.domain.errors import NotFoundError
from consortium.usecases.viewer import ROLE_LABELS, Viewer
from consortium.web import access
from consortium.web.access import Entry, PolicyError, guarded, read_policy, refusal
from tests.people import FUJISAKI, ITAYANAGI, People

WEB = Path(access.__file__).parent
POLICY = read_policy(access.POLICY_FILE.read_text(encoding="utf-8"))
HTTP = ("route", "get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Give the portal without a database: only its routes are read."""
    tmp_path = tmp_path_factory.mktemp("portal")
    settings = config.TestConfig(
        secret_key="k3y-0f-tests-0nly-with-32-characters",
        database_url=f"sqlite:///{tmp_path / 'none.sqlite3'}",
        instance=tmp_path,
    )
    return create_app(settings, SystemClock())


def rules_of(portal: Flask, endpoint: str) -> list[Rule]:
    return list(portal.url_map.iter_rules(endpoint))


def kinds(portal: Flask, rule: Rule) -> dict[str, str]:
    """Name the converter of each part of a URL as policy.yaml does."""
    names: dict[type[BaseConverter], str] = {
        kind: name for name, kind in portal.url_map.converters.items() if name != "default"
    }
    return {part: names[type(converter)] for part, converter in rule._converters.items()}


# ---- the table and the routes --------------------------------------------------------------------


def test_every_endpoint_stands_in_the_table_and_every_entry_is_an_endpoint(portal: Flask) -> None:
    assert {rule.endpoint for rule in portal.url_map.iter_rules()} == set(POLICY)


@pytest.mark.parametrize("endpoint", sorted(POLICY))
def test_the_table_states_the_methods_of_the_route(portal: Flask, endpoint: str) -> None:
    rules = rules_of(portal, endpoint)
    assert len(rules) == 1
    assert (rules[0].methods or set()) - {"HEAD"} == POLICY[endpoint].methods


@pytest.mark.parametrize("endpoint", sorted(POLICY))
def test_the_table_states_the_typed_parts_of_the_url(portal: Flask, endpoint: str) -> None:
    (rule,) = rules_of(portal, endpoint)
    assert kinds(portal, rule) == POLICY[endpoint].parts


@pytest.mark.parametrize("endpoint", sorted(POLICY))
def test_ids_are_uuids_and_paths_are_kebab_case(portal: Flask, endpoint: str) -> None:
    (rule,) = rules_of(portal, endpoint)
    for name, kind in POLICY[endpoint].parts.items():
        assert kind == "uuid" or not name.endswith("id"), f"{endpoint}: {name}"
    fixed = "".join(text for is_part, text in rule._trace if not is_part)
    assert fixed.lstrip("|") == fixed.lstrip("|").lower()
    assert "_" not in fixed


@pytest.mark.parametrize("endpoint", sorted(POLICY))
def test_the_view_of_an_endpoint_is_guarded(portal: Flask, endpoint: str) -> None:
    assert portal.view_functions[endpoint] in access.GUARDED


def decorators(function: ast.FunctionDef) -> list[str]:
    """Name the decorators of a function from the outermost inwards, without their arguments."""
    found = [each.func if isinstance(each, ast.Call) else each for each in function.decorator_list]
    return [each.attr if isinstance(each, ast.Attribute) else ast.unparse(each) for each in found]


def test_every_view_carries_guarded_once_below_its_route() -> None:
    views = 0
    for path in sorted(WEB.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and set(names := decorators(node)) & set(HTTP):
                views += 1
                assert names.count("guarded") == 1, f"{path.name}: {node.name}"
                routes = [at for at, name in enumerate(names) if name in HTTP]
                assert max(routes) < names.index("guarded"), f"{path.name}: {node.name}"
    assert views >= 3


def test_a_view_cannot_be_guarded_twice() -> None:
    with pytest.raises(PolicyError, match="twice"):
        guarded(guarded(lambda: "x"))


# ---- reading the table ---------------------------------------------------------------------------

WHOLE = "a.b: {methods: [GET], allow: {lead_staff: any}}\n"


def test_an_endpoint_named_twice_is_refused() -> None:
    with pytest.raises(PolicyError, match="twice"):
        read_policy(WHOLE + WHOLE)


def test_a_role_named_twice_is_refused() -> None:
    with pytest.raises(PolicyError, match="twice"):
        read_policy("a.b: {methods: [GET], allow: {auditor: own, auditor: any}}")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a.b: {methods: [GET], allow: {boss: any}}", "unknown role boss"),
        ("a.b: {methods: [GET], allow: {auditor: all}}", "unknown scope all"),
        ("a.b: {methods: [GET], allow: {auditor: any}, anonymous: 200}", "unknown answer 200"),
        ("a.b: {methods: [GET], alow: {auditor: any}}", "unknown key alow"),
        ("a.b: {allow: {auditor: any}}", "no methods"),
        ("a.b: {methods: [GET]}", "nobody may"),
    ],
)
def test_a_slip_in_the_table_stops_the_portal(text: str, fault: str) -> None:
    with pytest.raises(PolicyError, match=fault):
        read_policy(text)


def test_left_out_means_the_login_page() -> None:
    assert read_policy(WHOLE)["a.b"].anonymous == "login"


# ---- the rule of a role --------------------------------------------------------------------------


def somebody(role: str, code: str | None = None) -> Viewer:
    return Viewer("u", "名", role, "c", code)


def entry(**allow: str) -> Entry:
    return Entry(frozenset({"GET"}), {}, allow, "login")


LEAD_ONLY = entry(lead_staff="any", lead_approver="any")
OWN_TOWN = entry(member_staff="own", member_admin="own", lead_staff="any")


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("lead_staff", None),
        ("lead_approver", None),
        ("lead_admin", 403),
        ("auditor", 403),
        ("member_staff", 404),
        ("member_admin", 404),
    ],
)
def test_a_page_of_the_lead_city_does_not_exist_for_a_town(role: str, status: int | None) -> None:
    assert refusal(LEAD_ONLY, somebody(role, ITAYANAGI if "member" in role else None), {}) == status


@pytest.mark.parametrize(
    ("role", "own", "code", "status"),
    [
        ("member_staff", ITAYANAGI, ITAYANAGI, None),
        ("member_staff", ITAYANAGI, FUJISAKI, 404),
        ("member_admin", FUJISAKI, ITAYANAGI, 404),
        ("lead_staff", None, FUJISAKI, None),
        ("lead_approver", None, FUJISAKI, 403),
    ],
)
def test_another_towns_page_does_not_exist(
    role: str, own: str | None, code: str, status: int | None
) -> None:
    assert refusal(OWN_TOWN, somebody(role, own), {"code": code}) == status


def test_a_town_without_the_right_role_is_refused_on_its_own_page() -> None:
    assert refusal(entry(member_admin="own"), somebody("member_staff", ITAYANAGI), {}) == 403


@pytest.mark.parametrize("role", sorted(ROLE_LABELS))
def test_nobody_passes_an_entry_that_does_not_name_the_role(role: str) -> None:
    others = {each: "any" for each in ROLE_LABELS if each != role}
    code = ITAYANAGI if role.startswith("member") else None
    assert refusal(entry(**others), somebody(role, code), {}) == 403


# ---- at run time ---------------------------------------------------------------------------------


def add_page(app: Flask, endpoint: str, path: str, table: dict[str, Entry]) -> None:
    """Add a page for a test: a town's page, which says its code."""

    def view(code: str) -> str:
        return code

    app.add_url_rule(path, endpoint, guarded(view))
    app.extensions["consortium-policy"] = {**POLICY, **table}


def test_a_route_missing_in_the_table_does_not_exist(app: Flask) -> None:
    add_page(app, "forgotten", "/forgotten/<code:code>", {})
    assert app.test_client().get(f"/forgotten/{ITAYANAGI}").status_code == 404


def test_a_view_without_guarded_does_not_exist(app: Flask, cast: People) -> None:
    app.add_url_rule("/open", "open", lambda: "open")
    app.extensions["consortium-policy"] = {**POLICY, "open": entry(auditor="any")}
    assert cast.client("auditor").get("/open").status_code == 404


def masked(body: str) -> str:
    """Take out what differs for each request: its id and the token of its forms."""
    body = re.sub(r'name="csrf_token" value="[^"]+"', "", body)
    return re.sub(r"受付番号 [0-9a-f]{12}", "", body)


def test_another_towns_page_answers_exactly_like_one_that_does_not_exist(
    app: Flask, cast: People
) -> None:
    add_page(app, "town", "/towns/<code:code>", {"town": OWN_TOWN})
    lead_only = {**app.extensions["consortium-policy"], "lead": LEAD_ONLY}
    app.add_url_rule("/lead/<code:code>", "lead", guarded(lambda code: code))
    app.extensions["consortium-policy"] = lead_only

    def missing_thing(thing_id: str) -> str:
        raise NotFoundError("開こうとしました。", f"{thing_id}がありません。", "一覧へ。")

    app.add_url_rule("/things/<uuid:thing_id>", "things", guarded(missing_thing))
    app.extensions["consortium-policy"]["things"] = OWN_TOWN
    town = cast.client("member_staff", ITAYANAGI)
    assert town.get(f"/towns/{ITAYANAGI}").text == ITAYANAGI
    town.get("/account")  # the first page of a browser also gets its CSRF cookie
    missing = [
        "/nowhere",
        "/towns/1",
        f"/towns/{FUJISAKI}",
        f"/lead/{FUJISAKI}",
        f"/things/{uuid4()}",
        "/things/1",
    ]
    answers = [town.get(path) for path in missing]
    assert {answer.status_code for answer in answers} == {404}
    assert len({masked(answer.text) for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.keys())) for answer in answers}) == 1


def test_a_page_of_an_office_role_refuses_the_others_with_403(app: Flask, cast: People) -> None:
    app.add_url_rule("/lead", "lead", guarded(lambda: abort(418)))
    app.extensions["consortium-policy"] = {**POLICY, "lead": LEAD_ONLY}
    answer = cast.client("auditor").get("/lead")
    assert answer.status_code == 403
    assert "この操作はできません" in answer.text


def test_a_file_asks_for_a_login_with_401(app: Flask) -> None:
    file = Entry(frozenset({"GET"}), {}, {"auditor": "any"}, 401)
    add_page(app, "file", "/files/<code:code>", {"file": file})
    answer = app.test_client().get(f"/files/{ITAYANAGI}")
    assert answer.status_code == 401
    assert "ログインが必要です" in answer.text


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"])
@pytest.mark.parametrize("path", ["/login", "/logout", "/account", "/static/css/frame.css"])
def test_an_undeclared_method_is_refused(app: Flask, method: str, path: str) -> None:
    with app.test_client().open(path, method=method) as answer:
        assert answer.status_code == 405
