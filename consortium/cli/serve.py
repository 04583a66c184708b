"""`flask serve`: the portal of an installation (本番の起動), behind a proxy that speaks HTTPS."""

import errno
import select
import signal
import socket
import sys
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn

import click
from flask import Flask

from consortium import scheduler
from consortium.cli.integrity import check_at_start
from consortium.cli.portal import portal
from consortium.db import restore_mark
from consortium.domain.errors import BadInputError
from consortium.web.security import LARGER

THREADS = 8
#: Connections at once. A thread works only for a request that has arrived whole, so a slow client
#: costs a connection and no thread; Windows waits for no more than 512 at once.
CONNECTIONS = 400
#: A connection on which nothing moves is closed after this (seconds).
SILENT = 30
#: A request head larger than this is refused (bytes).
LARGEST_HEAD = 32 * 1024


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="待ち受けるアドレス")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--threads", type=click.IntRange(1, 64), default=THREADS, show_default=True)
@click.option("--with-scheduler", is_flag=True, help="配信の時計も、この中で動かす")
def serve_command(host: str, port: int, threads: int, with_scheduler: bool) -> None:
    """ポータルを起動します（終了は Ctrl+C か SIGTERM）。"""
    app = portal()
    restore_mark.refuse_marked(app.config["FILES_DIR"], "ポータルを起動しようとしました。")
    check_at_start(app)
    server = listen(app, host, port, threads=threads)
    signal.signal(signal.SIGTERM, _leave)
    if with_scheduler:
        scheduler.run_in_background(app)
    click.echo(f"ポータル: http://{host}:{port}/　（終了は Ctrl+C）")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        server.run()  # it lets requests on their way end
    click.echo("終了しました。")


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def listen(app: Flask, host: str, port: int, *, threads: int = THREADS) -> Any:
    """Give a server that already holds its port (待受け).

    Raises: BadInputError where the port is taken or the address is not this computer's.
    """
    from waitress import create_server

    return create_server(
        app,
        # Bound here: where that fails, waitress would leave its own socket open.
        sockets=[_bound(host, port)],
        threads=threads,
        ident=None,
        connection_limit=CONNECTIONS,
        channel_timeout=SILENT,
        cleanup_interval=5,
        max_request_header_size=LARGEST_HEAD,
        max_request_body_size=max(app.config["MAX_CONTENT_LENGTH"], *LARGER.values()),
        asyncore_use_poll=hasattr(select, "poll"),
        **_proxy(app.config["TRUSTED_PROXY"]),
    )


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        raise BadInputError(
            f"{host} のポート{port}でポータルを起動しようとしました。",
            "ほかのプログラムが使っています。" if is_taken else "そこで待ち受けられません。",
            "--port で別の番号を、--host でこのコンピューターのアドレスを指定してください。",
            path="--port" if is_taken else "--host",
        ) from None


def _proxy(address: str) -> dict[str, Any]:
    """Believe what the one configured proxy says of its client; headers of others are dropped."""
    if not address:
        return {}
    return {
        "trusted_proxy": address,
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"},
        "clear_untrusted_proxy_headers": True,
    }
