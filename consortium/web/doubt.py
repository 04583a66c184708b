"""No figures while records differ from what was saved (数字を表示しない状態)."""

from typing import Final

from flask import Response, current_app, g, make_response, render_template

from consortium.usecases.viewer import Viewer

#: Set where a check found differences that could not even be kept in the database.
UNSAVED: Final = "consortium-doubt"
_RETRY_SECONDS: Final = "300"


class DoubtError(Exception):
    """The page shows figures that nobody can vouch for now."""

    def __init__(self, *, is_lead_side: bool) -> None:
        """Say whether whoever asks can do something about it."""
        super().__init__("records differ from what was saved")
        self.is_lead_side = is_lead_side


def refuse_doubtful(asks: Viewer | None) -> None:
    """Refuse a page with figures after a check found a difference. Raises: DoubtError."""
    is_doubtful = current_app.extensions.get(UNSAVED, False)
    if is_doubtful or (asks is not None and not asks.shows_figures):
        raise DoubtError(is_lead_side=asks is not None and not asks.is_member)


def doubt_page(error: DoubtError) -> Response:
    """Say why there are no figures, and what to do."""
    g.is_bare = True
    content = render_template("doubt.html", is_lead_side=error.is_lead_side)
    response = make_response(content, 503)
    response.headers["Retry-After"] = _RETRY_SECONDS
    return response
