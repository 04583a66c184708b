"""カレンダー配信: an address that calendar programs read, made and switched off by its user."""

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from consortium.usecases import calendar_feeds
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.accounts import drawn
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
    return response


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
