"""カレンダー配信: addresses that calendar programs read, made and switched off by their user."""

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField

from consortium.domain.errors import BadInputError
from consortium.usecases import calendar_feeds
from consortium.usecases.plan_days import Choices, OfPlans, choices
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.accounts import drawn
from consortium.web.fields import ChoiceField
from consortium.web.forms import show_refusal
from consortium.web.records import NewRecordForm

pages = Blueprint("feeds", __name__)

CALENDAR = "text/calendar"
#: Readings that one address may ask for in a window; a town's calendars share one address.
MOST, WINDOW = 120, timedelta(minutes=1)
_KNOWN_ADDRESSES = 1_000


class Throttle:
    """Counts readings by address in the memory of this process (読取りの上限)."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self._lock = Lock()
        self._counts: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def allows(self, address: str, now: datetime) -> bool:
        """Count one reading; False if the address had enough in this window."""
        with self._lock:
            began, count = self._counts.pop(address, (now, 0))
            if not timedelta() <= now - began < WINDOW:
                began, count = now, 0
            self._counts[address] = (began, count + 1)
            while len(self._counts) > _KNOWN_ADDRESSES:
                self._counts.popitem(last=False)
        return count < MOST


_throttle = Throttle()


@pages.get("/feeds/<string:token>.ics")
@guarded
def show(token: str) -> ResponseReturnValue:
    now = context.now()
    if not _throttle.allows(request.remote_addr or "", now):
        text = "短い間に何度も読まれています。1分ほど待ってください。"
        headers = {"Retry-After": str(int(WINDOW.total_seconds()))}
        return Response(text, 429, headers, mimetype="text/plain")
    content = calendar_feeds.read_feed(token, now)
    response = Response(content, mimetype=CALENDAR)
    response.headers["Content-Disposition"] = 'attachment; filename="calendar.ics"'
    # Whoever asks every hour is told that nothing changed, where nothing did.
    response.add_etag()
    return response.make_conditional(request)


@pages.post("/account/feed")
@guarded
def create() -> ResponseReturnValue:
    form = NewRecordForm()
    if not form.validate_on_submit():
        return drawn(status=400)
    token = calendar_feeds.create_feed(context.viewer(), form.record_id.data or "", context.now())
    if token is None:
        flash("このアドレスはもう作成し、一度だけ表示しました。", "info")
        return redirect(url_for("accounts.show"))
    # In the answer itself: a flashed message would lie in the cookie, a redirect in the address.
    return drawn(feed_url=url_for(".show", token=token, _external=True))


@pages.post("/account/feed/revoke")
@guarded
def revoke() -> ResponseReturnValue:
    calendar_feeds.revoke_feed(context.viewer(), context.now())
    flash("カレンダー配信を停止しました。前のアドレスは、もう使えません。", "success")
    return redirect(url_for("accounts.show"))


# ---- plans (工程のカレンダー) --------------------------------------------------------------------


class PlanFeedForm(NewRecordForm):
    """工程のカレンダー: of which town, of whom, and how much of it."""

    code = ChoiceField("団体")
    in_charge = ChoiceField("担当")
    with_tasks = BooleanField(
        "作業も載せる（載せないときは、節目、議会・総会で決める日、課題の期限だけです）"
    )

    def offer(self, found: Choices) -> None:
        """Offer what the viewer has plans of."""
        self.code.offer(found.towns, nothing="すべての団体")
        words = [(word, word) for word in found.in_charge]
        self.in_charge.offer(words, nothing="すべての担当")


@pages.route("/account/plan-feeds", methods=["GET", "POST"])
@guarded
def plans() -> ResponseReturnValue:
    form, offered = PlanFeedForm(), choices(context.viewer())
    form.offer(offered)
    if not form.validate_on_submit():
        return _plans_page(form, offered)
    asked = OfPlans(form.code.data or "", form.in_charge.data or "", bool(form.with_tasks.data))
    feed_id = form.record_id.data or ""
    try:
        token = calendar_feeds.create_feed(context.viewer(), feed_id, context.now(), asked)
    except BadInputError as error:
        show_refusal(form, error)
        return _plans_page(form, offered)
    if token is None:
        flash("このアドレスはもう作成し、一度だけ表示しました。", "info")
        return redirect(url_for(".plans"))
    fresh = PlanFeedForm(formdata=None)
    fresh.offer(offered)
    return _plans_page(fresh, offered, url_for(".show", token=token, _external=True))


def _plans_page(form: PlanFeedForm, offered: Choices, feed_url: str = "") -> ResponseReturnValue:
    form.renew()
    page = render_template(
        "plan_feeds.html",
        form=form,
        feeds=calendar_feeds.plan_feeds(context.viewer()),
        towns=dict(offered.towns),
        feed_url=feed_url,
    )
    return page, 400 if form.errors else 200


@pages.post("/account/plan-feeds/<uuid:feed_id>/revoke")
@guarded
def revoke_plans(feed_id: str) -> ResponseReturnValue:
    calendar_feeds.revoke_feed(context.viewer(), context.now(), feed_id)
    flash("工程のカレンダーを停止しました。そのアドレスは、もう使えません。", "success")
    return redirect(url_for(".plans"))
