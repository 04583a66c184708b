"""Style sheets, scripts, pictures (静的ファイル): our own route, so that policy.yaml has it, too.

An address carries a mark of the content, so a browser may keep the file for a year.
"""

import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, g, request, send_from_directory
from werkzeug.security import safe_join

from consortium.web.access import guarded

FOLDER: Final = Path(__file__).with_name("static")
_YEAR: Final = 365 * 24 * 60 * 60


def init_assets(app: Flask) -> None:
    """Serve the folder under the endpoint `static`."""
    # What a computer's own list says of .js may be wrong, and browsers then refuse the script.
    mimetypes.add_type("text/javascript", ".js")
    app.add_url_rule("/static/<path:filename>", "static", _static, methods=["GET"])
    app.url_defaults(_mark)


@guarded
def _static(filename: str) -> Response:
    is_marked = request.args.get("v") == content_mark(filename)
    response = send_from_directory(FOLDER, filename, max_age=_YEAR if is_marked else None)
    response.cache_control.immutable = is_marked
    g.may_be_kept = True
    return response


def _mark(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "static" and "filename" in values:
        values.setdefault("v", content_mark(values["filename"]))


def content_mark(filename: str) -> str | None:
    """Give the mark of a file's content, None if there is no such file."""
    path = safe_join(str(FOLDER), filename)
    if path is None or not Path(path).is_file():
        return None
    return _digest(path, Path(path).stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _digest(path: str, _changed: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]
