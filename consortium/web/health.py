"""稼働状況: whether the portal does what nobody watches; the same for machines that watch."""

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    url_for,
)
from flask.typing import ResponseReturnValue

from consortium.clock import TOKYO
from consortium.usecases import health, integrity, kinds
from consortium.usecases.health import CHECKS, MB, Health
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.doubt import UNSAVED
from consortium.web.rights import may

pages = Blueprint("health", __name__)


@pages.get("/livez")
@guarded
def livez() -> ResponseReturnValue:
    """Say that the process lives: for the proxy, which must not go away over one late report."""
    return Response("ok\n", mimetype="text/plain")


@pages.get("/healthz")
@guarded
def healthz() -> ResponseReturnValue:
    """Say how everything is, without names, amounts or places; 503 where something is wrong."""
    try:
        found = health.machine(current_app.config["FILES_DIR"], context.now())
    except Exception:
        # Whoever watches needs the answer most when the database gives none.
        current_app.logger.exception("healthz: no answer from the database")
        checks = {name: "unknown" for name in CHECKS} | {"database": "failed"}
        return jsonify(status="failed", checks=checks), 503
    checks = {name: "failed" if name in found.problems else "ok" for name in CHECKS}
    if current_app.extensions.get(UNSAVED, False):
        checks["integrity"] = "failed"
    is_well = set(checks.values()) == {"ok"}
    status = "ok" if is_well else "failed"
    return jsonify(status=status, checks=checks, **_numbers(found)), 200 if is_well else 503


def _numbers(found: Health) -> dict[str, object]:
    return {
        "last_tick": found.last_tick and found.last_tick.astimezone(TOKYO).isoformat(),
        "overdue": found.work.overdue,
        "open_leases": found.work.leased,
        "runs": found.work.by_state,
        "free_mb": found.free // MB,
        "next_due": [
            {"kind": due.kind, "period": due.period_key, "at": due.due_at.isoformat()}
            for due in found.coming
        ],
    }


@pages.get("/health")
@guarded
def index() -> ResponseReturnValue:
    viewer = context.viewer()
    page = health.show_health(viewer, current_app.config["FILES_DIR"], context.now())
    return render_template(
        "health.html",
        page=page,
        health=page.health,
        checks=CHECKS,
        free_mb=page.health.free // MB,
        found=page.health.found[0] if page.health.found else None,
        occasions=integrity.OCCASIONS,
        states=kinds.REPORT_STATES,
        title_of=kinds.title_of,
        period_name=kinds.period_name,
        can_verify=may("health.verify"),
    )


@pages.post("/health/verify")
@guarded
def verify() -> ResponseReturnValue:
    folder, now = current_app.config["FILES_DIR"], context.now()
    if current_app.extensions.get(UNSAVED, False):
        integrity.check_all(folder, now, "asked")  # of the others nothing is known either
        current_app.extensions.pop(UNSAVED)
    found = integrity.check_now(context.viewer(), folder, now)
    if found.fault_count:
        flash(f"検証しました。保存した時と異なるものが{found.fault_count}件あります。", "error")
    else:
        flash("検証しました。相違はありません。", "success")
    return redirect(url_for(".index"))
