"""pg_dump and pg_restore (PostgreSQLの道具): how they are found, told where, and understood.

Where the database is, and its password, goes to them in the environment: a command line can be
read by everybody on the computer.
"""

import logging
import os
import shutil
import subprocess

from sqlalchemy import URL, make_url

from consortium.db.backup_error import BackupError

log = logging.getLogger(__name__)

#: What may stand in the address after 「?」, and what libpq calls it.
_OPTIONS = {
    "host": "PGHOST",
    "port": "PGPORT",
    "options": "PGOPTIONS",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "channel_binding": "PGCHANNELBINDING",
    "sslmode": "PGSSLMODE",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcrl": "PGSSLCRL",
}
_ASKED = "PostgreSQLのデータベースを書き出すか、読み込もうとしました。"


def environment(url: str) -> dict[str, str]:
    """Give the environment in which the programs find the database of an address.

    Raises: BackupError for an option of the address that they could not be told.
    """
    parsed: URL = make_url(url)
    told = {name: str(value) for name, value in parsed.query.items()}
    if unknown := sorted(told.keys() - _OPTIONS.keys()):
        raise BackupError(
            _ASKED,
            f"データベースのURLの「{unknown[0]}」を pg_dump に伝えられません。",
            f"使えるのは {'、'.join(_OPTIONS)} です。",
        )
    given = {
        "PGHOST": parsed.host,
        "PGPORT": None if parsed.port is None else str(parsed.port),
        "PGUSER": parsed.username,
        "PGPASSWORD": None if parsed.password is None else str(parsed.password),
        "PGDATABASE": parsed.database,
        **{_OPTIONS[name]: value for name, value in told.items()},
        "PGCLIENTENCODING": "UTF8",
        "LC_ALL": "C",
    }
    # The keys of the portal are no business of theirs.
    inherited = {
        key: value for key, value in os.environ.items() if not key.startswith("CONSORTIUM")
    }
    return {**inherited, **{key: value for key, value in given.items() if value is not None}}


def run(program: str, *arguments: str, url: str = "") -> None:
    """Run a program of PostgreSQL to its end.

    Raises: BackupError where it is not installed, or says that it failed.
    """
    found = shutil.which(program)
    if found is None:
        raise BackupError(
            _ASKED,
            f"このコンピューターに {program} がありません（PATHにもありません）。",
            "PostgreSQLのクライアント（Debianでは postgresql-client）を入れてください。",
        )
    told = environment(url) if url else None
    done = subprocess.run(
        [found, "--no-password", *arguments] if url else [found, *arguments],
        env=told,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise BackupError(_ASKED, *_why(program, done.stderr))


def _why(program: str, said: str) -> tuple[str, str]:
    """Give what the first complaint of a program means; its later lines may hold data."""
    lines = [line for line in said.splitlines() if "error:" in line] or [""]
    first = lines[0].partition("error:")[2].strip()
    log.error("%s: %s", program, first)
    if "server version mismatch" in first:
        found = f"{program} の版が、データベースのサーバーより古いです。"
        return found, "サーバーと同じか、より新しい版のクライアントを入れてください。"
    if "connection" in first and "failed" in first:
        found = f"{program} がデータベースに接続できません。"
        return found, "サーバーが動いているか、URLとパスワードを確かめてください。"
    return f"{program} が失敗しました（{first[:200]}）。", "記録（ログ）を確かめてください。"
