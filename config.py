"""The settings (設定): from the environment (CONSORTIUM_*), then instance/settings.toml.

It refuses to start rather than to run with a missing or published secret key.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from consortium.mail import Mailer

ROOT = Path(__file__).resolve().parent
PREFIX = "CONSORTIUM_"
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
#: The mail server of the office; consortium/mail.py says what each may be.
MAIL_KEYS = (
    "MAIL_HOST",
    "MAIL_PORT",
    "MAIL_SECURITY",
    "MAIL_SENDER",
    "MAIL_USER",
    "MAIL_PASSWORD",
    "BASE_URL",
    "REMIND_DAYS",
)
#: Where backups lie (another disk is best), and for how many days.
BACKUP_KEYS = ("BACKUP_FOLDER", "BACKUP_DAYS")
KEYS = ("DATABASE_URL", "ALLOWED_HOSTS", "TRUSTED_PROXY", *BACKUP_KEYS, *MAIL_KEYS)
SHORTEST_KEY = 32
SAMPLE_WORDS = ("change", "sample", "example", "secret", "dev", "test", "tralala", "見本")


class ConfigError(Exception):
    """The portal cannot start with these settings; the text is a Japanese sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of a real installation (本番)."""

    secret_key: str = field(repr=False)
    database_url: str = field(repr=False)
    instance: Path
    allowed_hosts: tuple[str, ...] = LOOPBACK_NAMES
    #: Address of the only proxy whose X-Forwarded-… is believed; empty means none.
    trusted_proxy: str = ""
    #: What is set of MAIL_KEYS, as typed; without a host the portal sends no mail.
    mail: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: Folder of backups; empty means one in the instance folder.
    backup_folder: str = ""
    backup_days: str = "30"

    database_name: ClassVar[str] = "consortium.sqlite3"
    files_name: ClassVar[str] = "files"
    backups_name: ClassVar[str] = "backups"
    reads_database_url: ClassVar[bool] = True
    #: The portal of a sample or a test: everything shown is 見本.
    is_sample: ClassVar[bool] = False
    is_testing: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Refuse a secret key that others may know."""
        refuse_weak_key(self.secret_key)
        self.mailer()
        if not (self.backup_days.isascii() and self.backup_days.isdigit()):
            raise ConfigError("BACKUP_DAYS には、バックアップを残す日数を整数で書いてください。")

    @classmethod
    def from_env(cls) -> Self:
        """Read the settings of this process.

        Raises: ConfigError with a Japanese sentence when the portal must not start.
        """
        if os.environ.get("FLASK_DEBUG", "0").lower() not in {"", "0", "false", "no"}:
            raise ConfigError("FLASK_DEBUG が入っています。外してから起動してください。")
        if any(name.startswith(f"{PREFIX}FAILPOINT") for name in os.environ):
            raise ConfigError(
                "試験用の CONSORTIUM_FAILPOINT が設定されています。外してから起動してください。"
            )
        instance = Path(os.environ.get(f"{PREFIX}INSTANCE") or ROOT / "instance").resolve()
        found = {**read_settings(instance / "settings.toml"), **read_environment()}
        if not cls.reads_database_url:  # backups of the sample lie apart, too
            found.pop("DATABASE_URL", None)
            found.pop("BACKUP_FOLDER", None)
        own_url = found.pop("DATABASE_URL", "")
        mail = {key: found.pop(key) for key in MAIL_KEYS if key in found}
        names = {key.lower(): value for key, value in found.items()}
        return cls(
            secret_key=read_secret_key(instance),
            database_url=own_url or f"sqlite:///{(instance / cls.database_name).as_posix()}",
            instance=instance,
            mail=mail,
            **names,
        )

    @property
    def is_cookie_secure(self) -> bool:
        """Plain cookies are for the demo and tests, which listen on this very computer only."""
        return not self.is_sample

    def mailer(self) -> "Mailer | None":
        """Give the mail server; the portal of a sample sends no mail, whatever is set."""
        # Here and not above: the commands that know no database need no mail either.
        from consortium.mail import read_mailer

        try:
            return None if self.is_sample else read_mailer(self.mail)
        except ValueError as error:
            raise ConfigError(f"メールの設定が正しくありません。{error}") from error

    def flask_settings(self) -> dict[str, Any]:
        """Give the settings in Flask's words."""
        secure = self.is_cookie_secure
        return {
            "SECRET_KEY": self.secret_key,
            "TESTING": self.is_testing,
            "IS_SAMPLE": self.is_sample,
            "TRUSTED_PROXY": self.trusted_proxy,
            "INSTANCE_DIR": self.instance,
            "MAILER": self.mailer(),
            # Produced files (帳票ファイル); the scheduler writes them, the portal serves them.
            "FILES_DIR": self.instance / self.files_name,
            "BACKUPS_DIR": Path(self.backup_folder or self.instance / self.backups_name),
            "BACKUP_DAYS": int(self.backup_days),
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "PROVIDE_AUTOMATIC_OPTIONS": False,
            "MAX_CONTENT_LENGTH": 11 * 1024 * 1024,
            "SESSION_COOKIE_NAME": "__Host-consortium" if secure else "consortium",
            "SESSION_COOKIE_SECURE": secure,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_PATH": "/",
            "SESSION_REFRESH_EACH_REQUEST": False,
            # The longest login; a signed cookie older than this is not read.
            "PERMANENT_SESSION_LIFETIME": timedelta(hours=10),
            # A token lives as long as its session: nobody loses a form to a timer of its own.
            "WTF_CSRF_TIME_LIMIT": None,
            "WTF_I18N_ENABLED": False,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoConfig(Config):
    """The settings of `manage.py demo` (見本): always a database of its own.

    DATABASE_URL is not read: `demo --reset` must never meet the database of an installation.
    """

    database_name: ClassVar[str] = "demo.sqlite3"
    files_name: ClassVar[str] = "demo-files"
    backups_name: ClassVar[str] = "demo-backups"
    reads_database_url: ClassVar[bool] = False
    is_sample: ClassVar[bool] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TestConfig(Config):
    """The settings of a test: everything is given by the test."""

    __test__: ClassVar[bool] = False  # pytest would collect it by its name
    is_sample: ClassVar[bool] = True
    is_testing: ClassVar[bool] = True


def current_config() -> Config:
    """Read the settings of this process; `manage.py demo` sets CONSORTIUM_DEMO."""
    is_demo = os.environ.get(f"{PREFIX}DEMO") == "1"
    return DemoConfig.from_env() if is_demo else Config.from_env()


def read_secret_key(instance: Path) -> str:
    """Read the key of sessions: from the environment, or as `manage.py setup` wrote it."""
    if key := os.environ.get(f"{PREFIX}SECRET_KEY"):
        return key
    path = instance / "secret_key"
    return path.read_text(encoding="ascii").strip() if path.is_file() else ""


def refuse_weak_key(key: str) -> None:
    """Refuse a missing, published or short key: with it anybody could log in as anybody."""
    todo = "「python3 manage.py setup」で instance/secret_key を作るか、"
    todo += "CONSORTIUM_SECRET_KEY に32文字以上の乱数を設定してください。"
    if not key:
        raise ConfigError(f"秘密鍵がありません。{todo}")
    if len(key) < SHORTEST_KEY or len(set(key)) < 8 or key.lower().startswith(SAMPLE_WORDS):
        raise ConfigError(f"秘密鍵が見本のままか、短すぎます。{todo}")


def read_environment() -> dict[str, Any]:
    """Read CONSORTIUM_*; hosts are separated by commas."""
    found = {key: os.environ[f"{PREFIX}{key}"] for key in KEYS if os.environ.get(f"{PREFIX}{key}")}
    hosts = found.pop("ALLOWED_HOSTS", "")
    names = tuple(name.strip() for name in hosts.split(",") if name.strip())
    return {**found, "ALLOWED_HOSTS": names} if names else dict(found)


def read_settings(path: Path) -> dict[str, Any]:
    """Read instance/settings.toml, if there is one; an unknown key is refused, not ignored."""
    if not path.is_file():
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} を読み取れません（{error}）。") from error
    if unknown := sorted(found.keys() - set(KEYS)):
        known = "、".join(KEYS)
        raise ConfigError(
            f"{path} に知らない項目があります（{unknown[0]}）。使えるのは {known} です。"
        )
    return _typed(found, path)


def _typed(found: Mapping[str, Any], path: Path) -> dict[str, Any]:
    for key, value in found.items():
        is_list = isinstance(value, list) and all(isinstance(name, str) for name in value)
        if not (is_list if key == "ALLOWED_HOSTS" else isinstance(value, str)):
            shape = "文字列の並び" if key == "ALLOWED_HOSTS" else "文字列"
            raise ConfigError(f"{path} の {key} は{shape}で書いてください。")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in found.items()}
