"""The menu and the frame of every page (メニュー).

A new page of the menu is one line in MENU; who sees it follows from policy.yaml.
"""

from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, current_app, g, request, url_for

from consortium.usecases.viewer import Viewer
from consortium.web import access, context
from consortium.web.redirects import HOME


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One line of the menu: shown to the roles that policy.yaml lets in.

    `roles` narrows that, for a page that a role may open but does not work with. `also` are the
    blueprints of pages that are reached through it.
    """

    endpoint: str
    label: str
    group: str = ""
    roles: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


MENU: Final = (
    MenuItem("home.index", "今月の仕事"),
    MenuItem("year_plan.index", "年間予定", also=("year_start",)),
    MenuItem("town.index", "自団体"),
    MenuItem("charges.index", "負担金"),
    MenuItem("inbox.index", "帳票の受取"),
    MenuItem("base_figures.index", "基礎数値の提出"),
    MenuItem("questions.index", "質疑"),
    MenuItem("members.index", "構成団体", "登録"),
    MenuItem("costs.index", "費用", "登録", also=("funding", "invoices", "exchange", "usage")),
    MenuItem("bases.index", "算定基礎", "登録"),
    MenuItem("base_rounds.index", "基礎数値の提出", "登録"),
    MenuItem("rules.index", "負担ルール", "登録", also=("terms", "dampening")),
    MenuItem("runs.index", "算定", "算定と発行"),
    MenuItem("register.index", "発行台帳", "算定と発行", also=("archives",)),
    MenuItem("receipts.index", "受領簿", "算定と発行", also=("outbox",)),
    MenuItem("authenticity.index", "照合", "算定と発行"),
    MenuItem(
        "payments.index",
        "納付・精算",
        "算定と発行",
        also=("instalments", "payment_imports", "settlements", "notices"),
    ),
    MenuItem("closings.index", "締め", "算定と発行"),
    MenuItem("schedules.index", "配信予定", "算定と発行", also=("schedule_editing",)),
    MenuItem("report_runs.index", "帳票の作成", "算定と発行"),
    MenuItem(
        "plans.index",
        "加入工程",
        "加入",
        also=("plan_pictures", "plan_sheets", "plan_changes", "plan_comparing"),
    ),
    MenuItem("standardisation.index", "標準化", "加入"),
    MenuItem("simulator.index", "シミュレーター", "試算"),
    MenuItem("closed_days.index", "閉庁日", "設定"),
    MenuItem("council_sessions.index", "議会会期", "設定"),
    MenuItem("stage_templates.index", "工程雛形", "設定"),
    MenuItem("registration.index", "一括登録", "設定"),
    MenuItem("settings.index", "設定", "設定"),
    MenuItem("health.index", "稼働状況", "設定"),
    MenuItem("accounts.show", "利用者情報", "設定", also=("feeds",)),
)


def init_navigation(app: Flask, *, is_sample: bool) -> None:
    """Give every template the menu, the user and the consortium."""

    def frame() -> dict[str, Any]:
        # A page that reports a fault must not cause the next one by asking the database.
        viewer = None if g.get("is_bare", False) else context.viewer_or_none()
        if viewer is None:
            return {"is_sample": is_sample, "home_url": HOME}
        return {
            "is_sample": is_sample or viewer.is_sample,
            "home_url": HOME,
            "logout_url": url_for("accounts.logout"),
            "consortium_name": viewer.consortium_name,
            "account": {"name": viewer.name, "body": viewer.body, "role": viewer.role_label},
            "viewer": viewer,
            "nav": menu_for(viewer),
        }

    app.context_processor(frame)


def menu_for(viewer: Viewer) -> list[dict[str, Any]]:
    """List the pages of the menu that exist and that the viewer may open."""
    return [
        {
            "label": item.label,
            "group": item.group,
            "url": url_for(item.endpoint),
            "current": is_current(item.endpoint) or request.blueprint in item.also,
        }
        for item in MENU
        if is_offered(item, viewer)
    ]


def is_offered(item: MenuItem, viewer: Viewer) -> bool:
    """Say whether a viewer gets a line of the menu."""
    entry = access.policy().get(item.endpoint)
    if entry is None or item.endpoint not in current_app.view_functions:
        return False
    is_wanted = not item.roles or viewer.role in item.roles
    return is_wanted and access.refusal(entry, viewer, {}) is None


def is_current(endpoint: str) -> bool:
    """Say whether the page shown belongs to a line of the menu: it stands in the same blueprint."""
    return request.blueprint == endpoint.partition(".")[0]
