"""Login, logout, one's own password (利用者)."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired

from consortium.domain.errors import BadInputError
from consortium.usecases import accounts, calendar_feeds, logins, mail_addresses
from consortium.web import context, logged_in
from consortium.web.access import guarded
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.records import NewRecordForm
from consortium.web.redirects import safe_next

pages = Blueprint("accounts", __name__)

# The same words whatever the reason: nobody learns which users exist.
REFUSED = "利用者IDかパスワードが違います。続けて間違えたときは、15分ほど待ってからお試しください。"


class LoginForm(PortalForm):
    """ログイン."""

    login = StringField("利用者ID", [InputRequired("利用者IDを入力してください。")])
    password = PasswordField("パスワード", [InputRequired("パスワードを入力してください。")])


class PasswordForm(PortalForm):
    """パスワードの変更."""

    current = PasswordField(
        "現在のパスワード", [InputRequired("現在のパスワードを入力してください。")]
    )
    new = PasswordField(
        "新しいパスワード",
        [InputRequired("新しいパスワードを入力してください。")],
        description="8文字以上。15文字以上の、ほかで使っていないものをお勧めします。",
    )
    again = PasswordField(
        "新しいパスワード（もう一度）",
        [
            InputRequired("確認のため、もう一度入力してください。"),
            EqualTo("new", "新しいパスワードと一致しません。"),
        ],
    )


@pages.route("/login", methods=["GET", "POST"])
@guarded
def login() -> ResponseReturnValue:
    target = safe_next(request.args.get("next"))
    if context.viewer_or_none() is not None:
        return redirect(target)
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("login.html", form=form), 400 if form.errors else 200
    attempt = logins.Attempt(
        login=form.login.data,
        password=form.password.data,
        address=request.remote_addr or "",
        user_agent=request.user_agent.string,
    )
    found = logins.log_in(attempt, context.now())
    if found is None:
        return render_template("login.html", form=form, refused=REFUSED), 400
    logged_in.begin(*found)
    return redirect(target)


@pages.route("/logout", methods=["POST"])
@guarded
def logout() -> ResponseReturnValue:
    logged_in.end()
    flash("ログアウトしました。", "success")
    return redirect(url_for(".login"))


class MailForm(PortalForm):
    """メールアドレス."""

    email = StringField(
        "メールアドレス",
        description="帳票が公開された時と、受け取られていない時に、お知らせを送ります。"
        "空にすると送りません。",
    )


def drawn(
    password: PasswordForm | None = None,
    mail: MailForm | None = None,
    feed_url: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    """Draw the user's own page; `feed_url` is shown this once (利用者情報)."""
    viewer, feed = context.viewer(), NewRecordForm(formdata=None)
    feed.renew()
    page = render_template(
        "account.html",
        form=password or PasswordForm(formdata=None),
        mail=mail or MailForm(formdata=None, data={"email": mail_addresses.own_address(viewer)}),
        feed=feed,
        feed_since=calendar_feeds.feed_since(viewer),
        feed_url=feed_url,
        sends_mail=current_app.config["MAILER"] is not None,
        login=context.logged_in(),
    )
    return page, status


@pages.post("/account/mail")
@guarded
def save_mail() -> ResponseReturnValue:
    form = MailForm()
    if not form.validate_on_submit():
        return drawn(mail=form, status=400)
    try:
        address = mail_addresses.change_own_address(
            context.viewer(), form.email.data or "", context.now()
        )
    except BadInputError as error:
        show_refusal(form, error)
        return drawn(mail=form, status=400)
    said = f"お知らせを {address} へ送ります。" if address else "お知らせのメールは送りません。"
    flash(said, "success")
    return redirect(url_for(".show"))


@pages.route("/account", methods=["GET", "POST"])
@guarded
def show() -> ResponseReturnValue:
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            accounts.change_own_password(
                context.viewer(), form.current.data, form.new.data, context.now()
            )
        except BadInputError as error:
            show_refusal(form, error)
        else:
            logged_in.forget()
            flash("パスワードを変更しました。新しいパスワードでログインしてください。", "success")
            return redirect(url_for(".login"))
    return drawn(form, status=400 if form.errors else 200)
