"""The portal for a WSGI server: `gunicorn --no-control-socket wsgi:app`."""

from config import Config
from consortium import create_app
from consortium.clock import SystemClock
from consortium.db import restore_mark
from consortium.web.security import behind_proxy

_config = Config.from_env()

app = create_app(_config, SystemClock())
restore_mark.refuse_marked(app.config["FILES_DIR"], "ポータルを起動しようとしました。")
app.wsgi_app = behind_proxy(app.wsgi_app, _config.trusted_proxy)  # type: ignore[method-assign, assignment]  # Flask's way to add a layer
