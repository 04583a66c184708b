"""`flask account …`: users of an installation (利用者)."""

import click

from consortium.clock import SystemClock
from consortium.usecases import accounts, mail_addresses
from consortium.usecases.viewer import ROLE_LABELS


@click.group("account")
def account_command() -> None:
    """利用者を登録し、パスワードを再発行し、停止します。"""


@account_command.command("create")
@click.argument("login")
@click.option("--name", required=True, help="氏名")
@click.option("--role", required=True, type=click.Choice(list(ROLE_LABELS)), help="役割")
@click.option("--code", help="団体コード（構成団体の役割のとき）")
@click.option("--consortium", help="協議会の略称（複数あるとき）")
def create(login: str, name: str, role: str, code: str | None, consortium: str | None) -> None:
    """利用者を登録し、最初のパスワードを一度だけ表示します。"""
    new = accounts.NewAccount(login, name, role, code, consortium)
    password = accounts.create_account(new, SystemClock().now())
    click.echo(f"利用者「{login}」を登録しました。パスワード（表示は一度だけ）: {password}")


@account_command.command("reset-password")
@click.argument("login")
def reset_password(login: str) -> None:
    """新しいパスワードを一度だけ表示します。いまのログインはすべて終わり、ロックも外れます。"""
    password = accounts.reset_password(login, SystemClock().now())
    click.echo(f"利用者「{login}」の新しいパスワード（表示は一度だけ）: {password}")


@account_command.command("list")
def show_list() -> None:
    """利用者を一覧します。"""
    for each in accounts.list_accounts():
        state = "有効" if each.is_active else "停止"
        role = ROLE_LABELS[each.role]
        click.echo("\t".join((each.login, each.name, each.body, role, state)))


@account_command.command("email")
@click.argument("login")
@click.argument("address")
def set_email(login: str, address: str) -> None:
    """利用者のメールアドレスを登録します。空（""）にすると、お知らせを送りません。"""
    saved = mail_addresses.set_address(login, address, SystemClock().now())
    said = f"{saved} を登録しました。" if saved else "メールアドレスを消しました。"
    click.echo(f"利用者「{login}」: {said}")


@account_command.command("disable")
@click.argument("login")
def disable(login: str) -> None:
    """利用者を停止します。すぐにログアウトされ、記録は残ります。"""
    accounts.disable_account(login, SystemClock().now())
    click.echo(f"利用者「{login}」を停止しました。")
