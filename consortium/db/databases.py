"""How each of the two databases is saved and put back (データベースごとのバックアップ)."""

from types import ModuleType

from flask import current_app
from sqlalchemy import make_url

from consortium.db import postgresql_backup, sqlite_backup
from consortium.db.backup_file import Place
from consortium.db.engine import MIGRATIONS, db

#: kind of a database → the module that knows it
BY_KIND = {each.KIND: each for each in (sqlite_backup, postgresql_backup)}


#: A database being put back, of either kind (復元中のデータベース)
Restoring = sqlite_backup.Restoring | postgresql_backup.Restoring


def of_url(url: str) -> ModuleType:
    """Give the module that saves the database of an address."""
    return BY_KIND[make_url(url).get_backend_name()]


def present_url() -> str:
    """Give the address of the portal's own database, its password included."""
    return db.engine.url.render_as_string(hide_password=False)


def backup_place() -> Place:
    """Give the folder of the portal's backups, and for how many days they are kept (保存場所)."""
    config = current_app.config
    return Place(config["BACKUPS_DIR"], config["BACKUP_DAYS"], config["IS_SAMPLE"])


def let_go() -> None:
    """Close the portal's own connections, so that the database can be exchanged."""
    db.session.remove()
    db.engine.dispose()


def known_revisions() -> list[str]:
    """Give the revisions that this program knows, the newest last (移行の版)."""
    names = (path.name for path in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    return sorted(name.partition("_")[0] for name in names)
