"""Who may see a page or do a thing (権限): policy.yaml, read once, enforced for every request.

Denied by default: an endpoint that is not in the table, or whose view is not `@guarded`, does not
exist. Another town's object and a page of the lead city do not exist for a member town either.
"""

import functools
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import yaml
from flask import Flask, abort, current_app, flash, redirect, request, url_for
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.wrappers import Response

from consortium.usecases.viewer import MEMBER_ROLES, ROLE_LABELS, Viewer
from consortium.web import context, doubt, logged_in
from consortium.web.redirects import here

POLICY_FILE: Final = Path(__file__).with_name("policy.yaml")
#: "alone": only where the setting of a one-person office lets the staff approve (一人の事務局).
SCOPES: Final = ("own", "any", "alone")
#: What somebody not logged in gets: the login page, 401 (files), or the page itself.
ANONYMOUS: Final = ("login", 401, "allow")
_KEYS: Final = {"methods", "object", "allow", "anonymous", "figures"}
_POLICY: Final = "consortium-policy"

P = ParamSpec("P")
R = TypeVar("R")

#: Every view that checks its policy entry; filled by `@guarded`.
GUARDED: Final[set[Hashable]] = set()


class PolicyError(ValueError):
    """policy.yaml is wrong: the portal does not start."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What policy.yaml says of one endpoint."""

    methods: frozenset[str]
    #: The typed parts of the URL: name → converter.
    parts: Mapping[str, str]
    #: Role → "own" (its own town's objects), "any" or "alone"; a role not named is refused.
    allow: Mapping[str, str]
    anonymous: str | int
    #: False for what stays open while records differ from what was saved (整合性の検証).
    shows_figures: bool = True

    @property
    def is_for_members(self) -> bool:
        """Say whether a member town knows this page at all."""
        return any(role in self.allow for role in MEMBER_ROLES)


# ---- reading the table ---------------------------------------------------------------------------


class _UniqueKeys(yaml.SafeLoader):
    """Refuses an endpoint that stands twice; YAML would silently keep the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Read a mapping whose keys are all different."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise PolicyError(f"twice in the table: {sorted(map(str, twice))}{node.start_mark}")
        return super().construct_mapping(node, deep=deep)


def read_policy(text: str) -> dict[str, Entry]:
    """Read the table.

    Raises: PolicyError for an endpoint named twice, an unknown key, role, scope or answer.
    """
    table = yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 -- a SafeLoader, one rule stricter
    return {str(endpoint): _entry(str(endpoint), given) for endpoint, given in table.items()}


def _entry(endpoint: str, given: Mapping[str, Any]) -> Entry:
    entry = Entry(
        methods=frozenset(given.get("methods", ())),
        parts=dict(given.get("object", {})),
        allow=dict(given.get("allow", {})),
        anonymous=given.get("anonymous", "login"),
        shows_figures=given.get("figures", True),
    )
    faults = (
        *(f"unknown key {key}" for key in given.keys() - _KEYS),
        *(f"unknown role {role}" for role in entry.allow.keys() - ROLE_LABELS.keys()),
        *(f"unknown scope {scope}" for scope in entry.allow.values() if scope not in SCOPES),
        *([] if entry.methods else ["no methods"]),
        *([] if entry.anonymous in ANONYMOUS else [f"unknown answer {entry.anonymous}"]),
        *([] if entry.allow or entry.anonymous == "allow" else ["nobody may"]),
    )
    if faults:
        raise PolicyError(f"{endpoint}: {', '.join(faults)}")
    return entry


@functools.cache
def _shipped_policy() -> Mapping[str, Entry]:
    return read_policy(POLICY_FILE.read_text(encoding="utf-8"))


def policy() -> Mapping[str, Entry]:
    """Give the table of this application."""
    table: Mapping[str, Entry] = current_app.extensions[_POLICY]
    return table


# ---- enforcing it --------------------------------------------------------------------------------


def init_access(app: Flask) -> None:
    """Read the table and put its check before every request."""
    app.extensions[_POLICY] = _shipped_policy()
    app.before_request(_refuse_unlisted)


def _refuse_unlisted() -> None:
    endpoint = request.endpoint
    if endpoint is None:
        return  # no such URL or method: Flask refuses it right after this
    entry = policy().get(endpoint)
    if entry is None or current_app.view_functions[endpoint] not in GUARDED:
        current_app.logger.error("endpoint %s is not in policy.yaml or not @guarded", endpoint)
        abort(404)
    asked = "GET" if request.method == "HEAD" else request.method
    if asked not in entry.methods:
        raise MethodNotAllowed(sorted(entry.methods))


def guarded(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Enforce the view's entry of policy.yaml; every view carries this exactly once."""
    if view in GUARDED:
        raise PolicyError(f"{view.__name__} is guarded twice")

    @functools.wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        entry = policy()[request.endpoint or ""]
        asks = None if entry.anonymous == "allow" else context.viewer_or_none()
        if entry.anonymous != "allow" and asks is None:
            return _ask_to_log_in(entry)
        if (status := refusal(entry, asks, kwargs)) is not None:
            abort(status)
        if entry.shows_figures and entry.anonymous != "allow":
            doubt.refuse_doubtful(asks)
        return view(*args, **kwargs)

    GUARDED.add(checked)
    return checked


def refusal(entry: Entry, asks: Viewer | None, parts: Mapping[str, object]) -> int | None:
    """Give the status that refuses a viewer, or None if the entry lets the viewer pass.

    A member town gets 404 for what is not its own, exactly as for what does not exist.
    """
    if entry.anonymous == "allow":
        return None
    if asks is None:
        return 401
    scope = entry.allow.get(asks.role)
    if scope is None:
        return 404 if asks.is_member and not entry.is_for_members else 403
    if scope == "alone" and not asks.is_one_person:
        return 403
    if scope == "own" and parts.get("code", asks.code) != asks.code:
        return 404
    return None


def _ask_to_log_in(entry: Entry) -> Response:
    if entry.anonymous == 401:
        abort(401)
    if logged_in.had_login():
        logged_in.forget()
        flash(
            "しばらく操作がなかったため、ログアウトしました。もう一度ログインしてください。", "info"
        )
    return redirect(url_for("accounts.login", next=here()))
