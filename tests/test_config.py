"""The settings: what is read, what the portal refuses to start with (設定)."""

import secrets
from pathlib import Path

import pytest

from config import Config, ConfigError, DemoConfig, TestConfig, current_config

KEY = "0123456789abcdef" * 4


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Take every setting of this shell away; the folder is the test's own."""
    for name in ("SECRET_KEY", "DATABASE_URL", "ALLOWED_HOSTS", "TRUSTED_PROXY", "DEMO"):
        monkeypatch.delenv(f"CONSORTIUM_{name}", raising=False)
    monkeypatch.delenv("FLASK_DEBUG", raising=False)
    monkeypatch.setenv("CONSORTIUM_INSTANCE", str(tmp_path))
    return tmp_path


def test_the_key_written_by_setup_is_enough(alone: Path) -> None:
    (alone / "secret_key").write_text(KEY + "\n", encoding="ascii")
    config = Config.from_env()
    assert config.secret_key == KEY
    assert config.database_url == f"sqlite:///{alone.as_posix()}/consortium.sqlite3"


def test_the_environment_comes_before_the_file(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (alone / "secret_key").write_text(secrets.token_hex(32), encoding="ascii")
    (alone / "settings.toml").write_text(
        'DATABASE_URL = "postgresql+psycopg://file"\nALLOWED_HOSTS = ["a.lg.jp"]\n'
        'TRUSTED_PROXY = "192.0.2.1"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("CONSORTIUM_SECRET_KEY", KEY)
    monkeypatch.setenv("CONSORTIUM_ALLOWED_HOSTS", "b.lg.jp, c.lg.jp")
    config = Config.from_env()
    assert config.secret_key == KEY
    assert config.database_url == "postgresql+psycopg://file"
    assert config.allowed_hosts == ("b.lg.jp", "c.lg.jp")
    assert config.trusted_proxy == "192.0.2.1"


@pytest.mark.parametrize(
    "key", ["", "short", "a" * 64, "change-me-change-me-change-me-change-me", "dev" + KEY]
)
def test_a_missing_or_sample_key_is_refused(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("CONSORTIUM_SECRET_KEY", key)
    with pytest.raises(ConfigError, match="秘密鍵"):
        Config.from_env()


def test_debug_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSORTIUM_SECRET_KEY", KEY)
    monkeypatch.setenv("FLASK_DEBUG", "1")
    with pytest.raises(ConfigError, match="FLASK_DEBUG"):
        Config.from_env()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("DATABASE = 'x'", "知らない項目"),
        ("ALLOWED_HOSTS = 'a'", "文字列の並び"),
        ("TRUSTED_PROXY = 1", "文字列"),
        ("x", "読み取れません"),
    ],
)
def test_a_slip_in_the_settings_file_is_named(
    alone: Path, monkeypatch: pytest.MonkeyPatch, text: str, words: str
) -> None:
    monkeypatch.setenv("CONSORTIUM_SECRET_KEY", KEY)
    (alone / "settings.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        Config.from_env()


def test_the_demo_never_meets_the_database_of_an_installation(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSORTIUM_SECRET_KEY", KEY)
    monkeypatch.setenv("CONSORTIUM_DEMO", "1")
    monkeypatch.setenv("CONSORTIUM_DATABASE_URL", "postgresql+psycopg://real")
    config = current_config()
    assert isinstance(config, DemoConfig)
    assert config.database_url == f"sqlite:///{alone.as_posix()}/demo.sqlite3"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Config, "__Host-consortium"),
        (DemoConfig, "consortium"),
        (TestConfig, "consortium"),
    ],
)
def test_a_plain_cookie_is_for_demo_and_tests_on_this_computer(
    alone: Path, kind: type[Config], name: str
) -> None:
    config = kind(secret_key=KEY, database_url="sqlite://", instance=alone)
    settings = config.flask_settings()
    assert settings["SESSION_COOKIE_NAME"] == name
    assert settings["SESSION_COOKIE_SECURE"] is name.startswith("__Host-")


def test_the_sample_keeps_its_backups_apart(monkeypatch: pytest.MonkeyPatch, alone: Path) -> None:
    monkeypatch.setenv("CONSORTIUM_SECRET_KEY", KEY)
    monkeypatch.setenv("CONSORTIUM_BACKUP_FOLDER", "/mnt/backups")
    monkeypatch.setenv("CONSORTIUM_BACKUP_DAYS", "400")
    real, demo = (each.from_env().flask_settings() for each in (Config, DemoConfig))
    assert (real["BACKUPS_DIR"], real["BACKUP_DAYS"]) == (Path("/mnt/backups"), 400)
    assert demo["BACKUPS_DIR"] == alone / "demo-backups"
    monkeypatch.setenv("CONSORTIUM_BACKUP_DAYS", "１４日")
    with pytest.raises(ConfigError, match="BACKUP_DAYS"):
        Config.from_env()


def test_no_secret_shows_in_a_traceback(alone: Path) -> None:
    config = Config(secret_key=KEY, database_url="postgresql://u:pw@h/d", instance=alone)
    assert KEY not in repr(config)
    assert "pw" not in repr(config)


MAIL = """
MAIL_HOST = "mail.example.lg.jp"
MAIL_SENDER = "cloud@example.lg.jp"
BASE_URL = "https://portal.example.lg.jp"
"""


def test_mail_is_off_until_a_server_is_named_and_always_in_the_sample(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSORTIUM_SECRET_KEY", KEY)
    assert Config.from_env().mailer() is None
    (alone / "settings.toml").write_text(MAIL, encoding="utf-8")
    monkeypatch.setenv("CONSORTIUM_REMIND_DAYS", "7")
    monkeypatch.setenv("CONSORTIUM_MAIL_USER", "cloud")
    monkeypatch.setenv("CONSORTIUM_MAIL_PASSWORD", "geheim-1")
    config = Config.from_env()
    mailer = config.flask_settings()["MAILER"]
    assert (mailer.host, mailer.port, mailer.remind_days) == ("mail.example.lg.jp", 587, 7)
    assert "geheim" not in repr(config)
    assert DemoConfig.from_env().flask_settings()["MAILER"] is None
    monkeypatch.setenv("CONSORTIUM_REMIND_DAYS", "many")
    with pytest.raises(ConfigError, match="REMIND_DAYS は 0 から 60 まで"):
        Config.from_env()
