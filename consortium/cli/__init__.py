"""The commands (コマンド): `flask --app consortium.cli:create_app_for_commands …`.

One module per command `x`, holding `x_command`:

- share: compute case files; needs neither key nor database (算定ケース)
- plan: schedule; dates of a template, needs neither either (工程の試算)
- account: create, reset-password, list, disable (利用者)
- consortium: create, register, export, template, list (協議会・一括登録)
- register: verify, export, reconcile (発行台帳)
- statement: pdf (文書のPDF)
- backup: create, verify, list, restore (バックアップ); audit: verify (操作記録)
- db_copy: from SQLite to PostgreSQL (データベースの移し替え)
- serve: the portal for an installation (本番の起動); integrity: check the records (整合性)
"""

import importlib
from contextlib import nullcontext
from copy import copy
from importlib.util import find_spec
from typing import Any, Final

import click
from flask import Flask, has_app_context
from flask.cli import AppGroup

from config import ConfigError, current_config
from consortium import create_app
from consortium.cli.usage import in_japanese
from consortium.clock import SystemClock
from consortium.db.errors import BusyError, is_unmade
from consortium.domain.errors import DomainError

#: Commands that only compute, and those that need the settings and the database.
COMPUTING: Final = ("share", "plan")
OFFICE: Final = (
    "account",
    "consortium",
    "seed",
    "demo",
    "scheduler",
    "register",
    "statement",
    "audit",
    "backup",
    "db_copy",
    "serve",
    "integrity",
)


class Refusal(click.ClickException):
    """One Japanese line on standard error, exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """Say it as it is, without 'Error:'."""
        click.echo(self.message, file=file, err=file is None)


def create_app_for_commands() -> Flask:
    """Give the portal with its commands; without settings only those that just compute."""
    try:
        app = create_app(current_config(), SystemClock())
    except (ConfigError, DomainError) as error:
        return _computing_only(str(error))
    _add_commands(app, (*COMPUTING, *OFFICE))
    return app


def _computing_only(why: str) -> Flask:
    app = _Unconfigured(why)
    _add_commands(app, COMPUTING)
    return app


def _add_commands(app: Flask, names: tuple[str, ...]) -> None:
    for name in names:
        if find_spec(f"{__name__}.{name}") is None:
            continue
        command: click.Command = getattr(
            importlib.import_module(f"{__name__}.{name}"), f"{name}_command"
        )
        app.cli.add_command(_speaking(command, app))


def _speaking(command: click.Command, app: Flask) -> click.Command:
    """Let a command, and those below it, answer a refusal with one line instead of a traceback."""
    speaking = copy(command)  # the command itself stays as it is: another application may have it
    run, read = command.invoke, speaking.make_context

    def make_context(*args: Any, **options: Any) -> click.Context:
        try:
            return read(*args, **options)
        except click.UsageError as error:
            raise _usage(error) from error

    def invoke(ctx: click.Context) -> Any:
        # `flask` has entered the application already; a test may call the command by itself.
        is_inside = has_app_context() or isinstance(app, _Unconfigured)
        try:
            with nullcontext() if is_inside else app.app_context():
                return run(ctx)
        except (DomainError, BusyError) as error:
            raise Refusal(" ".join(str(error).split())) from error
        except click.UsageError as error:
            raise _usage(error) from error
        except Exception as error:
            if not is_unmade(error):
                raise
            raise Refusal(
                "データベースに表がまだありません。flask db upgrade を行ってください"
                "（見本のときは flask のあとに --demo を付けます）。"
            ) from error

    speaking.invoke = invoke  # type: ignore[method-assign]  # any class of command, also a group
    speaking.make_context = make_context  # type: ignore[method-assign]  # as above
    return speaking


def _usage(error: click.UsageError) -> click.UsageError | Refusal:
    """Answer a mistake in one Japanese line; a group called by its name alone shows its help."""
    return (
        error
        if isinstance(error, click.exceptions.NoArgsIsHelpError)
        else Refusal(in_japanese(error))
    )


class _Unconfigured(Flask):
    """Stands in for the portal while its settings are missing."""

    def __init__(self, why: str) -> None:
        super().__init__("consortium", static_folder=None)
        self.why = why
        self.cli = _RefusingGroup(self)

    def app_context(self) -> Any:
        """Refuse commands that work on the portal, e.g. `flask db upgrade`."""
        ctx = click.get_current_context(silent=True)
        # Flask enters the context, too, while it only looks up a command by its name.
        if ctx is None or ctx.find_root().invoked_subcommand is not None:
            raise Refusal(self.why)
        return super().app_context()


class _RefusingGroup(AppGroup):
    """Knows the computing commands and answers every other with what is missing."""

    def __init__(self, app: _Unconfigured) -> None:
        super().__init__("consortium")
        self.app = app

    def get_command(self, ctx: click.Context, name: str) -> click.Command:
        """Refuse what is not known here: without settings nobody can say whether it exists."""
        known = super().get_command(ctx, name)
        if known is None:
            raise Refusal(self.app.why)
        return known
