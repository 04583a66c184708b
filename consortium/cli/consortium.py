"""`flask consortium …`: consortia, and the one workbook that holds one (協議会・一括登録)."""

from pathlib import Path

import click
from flask import current_app

from consortium.clock import CLOCK
from consortium.domain.errors import BadInputError
from consortium.usecases import accounts, consortia, register_check, registration
from consortium.usecases.registration import Outcome
from consortium.usecases.settings import Entry

REFUSED = 2


@click.group("consortium")
def consortium_command() -> None:
    """協議会を登録し、一括登録のブックに書き出します。"""


@consortium_command.command("create")
@click.argument("key")
@click.option("--name", required=True, help="協議会の名称")
@click.option("--office", required=True, help="事務局（幹事市）の名称")
@click.option("--admin", required=True, help="最初の管理者の利用者ID")
@click.option("--admin-name", required=True, help="最初の管理者の氏名")
def create(key: str, name: str, office: str, admin: str, admin_name: str) -> None:
    """団体のまだない協議会を作ります。登録は、ポータルの「一括登録」から続けます。"""
    now = current_app.extensions[CLOCK].now()
    entry = Entry(name, office, shows_other_members=True, label_2019="令和元年度")
    user = accounts.NewAccount(admin, admin_name, "lead_admin", consortium_key=key)
    password = registration.create(consortia.NewConsortium(key, entry), user, now)
    click.echo(f"協議会「{name}」を登録しました。")
    _tell_password(user, password)


@consortium_command.command("register")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--admin", help="最初の管理者の利用者ID")
@click.option("--admin-name", help="最初の管理者の氏名")
@click.option("--dry-run", is_flag=True, help="登録せず、確かめるだけ")
@click.pass_context
def register(
    ctx: click.Context, file: Path, admin: str | None, admin_name: str | None, dry_run: bool
) -> None:
    """一括登録のブックから、新しい協議会を登録します。

    誤りが一つでもあれば、すべてを示して、何も登録しません（終了コード2）。
    """
    user = None
    if admin and admin_name:
        user = accounts.NewAccount(admin, admin_name, "lead_admin")
    elif not dry_run:
        raise BadInputError(
            "協議会を登録しようとしました。",
            "最初の管理者が指定されていません。",
            "--admin 利用者ID --admin-name 氏名 を付けてください（確かめるだけなら --dry-run）。",
            path="--admin",
        )
    now = current_app.extensions[CLOCK].now()
    found = registration.register(_read(file), user, now, is_trial=dry_run)
    _tell(found)
    if not found.is_right:
        ctx.exit(REFUSED)
    if found.is_saved and user is not None:
        _tell_password(user, found.password)


@consortium_command.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--consortium", help="協議会の略称（複数あるとき）")
def export(file: Path, consortium: str | None) -> None:
    """登録内容を、一括登録のブックに書き出します。"""
    owners = register_check.owners(consortium)
    owner = register_check.only(owners, "登録内容を書き出そうとしました。")
    _write(file, registration.export(owner)[1])


@consortium_command.command("template")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def template(file: Path) -> None:
    """一括登録の空の様式（記入のしかたと記入例つき）を書き出します。"""
    _write(file, registration.template()[1])


@consortium_command.command("list")
def show_list() -> None:
    """協議会を一覧します。"""
    for each in consortia.list_consortia():
        kind = "見本" if each.is_sample else "本番"
        click.echo("\t".join((each.key, each.name, each.office_name, f"{each.members}団体", kind)))


def _tell(found: Outcome) -> None:
    """Say what was registered, or everything that is wrong."""
    for notice in found.findings.notes():
        click.echo(f"（注意）{notice}")
    for fault in found.faults:
        click.echo(str(fault), err=True)
    if not found.is_right:
        click.echo(f"{len(found.faults)}か所に誤りがあります。何も登録していません。", err=True)
        return
    counts = "、".join(f"{each.name}{each.rows}行" for each in found.comparison.sheets if each.rows)
    done = "を登録しました" if found.is_saved else "に誤りはありません（登録していません）"
    click.echo(f"「{found.name}」{done}：{counts}")


def _tell_password(user: accounts.NewAccount, password: str) -> None:
    login = accounts.normal_login(user.login)
    click.echo(f"管理者「{login}」を登録しました。パスワード（表示は一度だけ）: {password}")


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(registration.LARGEST_FILE + 1)
    except OSError as error:
        raise BadInputError(
            f"「{file}」を開こうとしました。",
            f"開けません（{error.strerror}）。",
            "ファイルの場所と名前を確かめてください。",
            path="FILE",
        ) from None


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise BadInputError(
            "一括登録のブックを書き出そうとしました。",
            f"「{file}」に書き込めません（{error.strerror}）。",
            "書き込める場所を指定してください。",
            path="FILE",
        ) from None
    click.echo(f"{file} に書き出しました。")
