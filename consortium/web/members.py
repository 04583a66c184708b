"""構成団体: who belongs since when, joining and leaving."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, SelectMultipleField, StringField
from wtforms.validators import InputRequired

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError, DuplicateError
from consortium.domain.municipality import municipality_code
from consortium.usecases import members
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.fields import Plain, TypedField, WarekiDateField, plain_text
from consortium.web.forms import PortalForm, show_refusal
from consortium.web.rights import may
from consortium.web.svg import Lane, membership_timeline

pages = Blueprint("members", __name__, url_prefix="/members")


def _read_code(typed: str) -> str:
    try:
        return municipality_code(typed)
    except BadInputError as error:
        raise ValueError(f"{error.found}{error.todo}") from None


class JoinForm(PortalForm):
    """加入の登録."""

    code = TypedField(
        "団体コード",
        _read_code,
        validators=[InputRequired("団体コードを入力してください。")],
        description="検査数字を含む6桁。例：023817",
    )
    name = StringField(
        "団体名", [Plain("団体名", 40)], filters=[plain_text], description="例：板柳町"
    )
    kana = StringField(
        "よみ", [Plain("よみ", 60)], filters=[plain_text], description="例：いたやなぎまち"
    )
    kind = RadioField(
        "区分",
        [InputRequired("区分を選んでください。")],
        choices=list(members.KINDS),
    )
    since = WarekiDateField(
        "加入日",
        validators=[InputRequired("加入日を入力してください。")],
        description="加入する最初の日。例：令和3年6月1日、R3.6.1、2021-06-01",
    )
    services = SelectMultipleField(
        "利用するサービス",
        choices=[],
        description="加入日から利用を始めるものを選びます。",
        validate_choice=False,
    )
    source = StringField(
        "根拠",
        [Plain("根拠", 200)],
        filters=[plain_text],
        description="加入を決めた文書。例：令和3年3月議会議決、協定書の変更",
    )

    def entry(self) -> members.Joining:
        """Give what was entered, for the use case."""
        return members.Joining(
            code=self.code.data,
            name=self.name.data,
            kana=self.kana.data,
            kind=self.kind.data,
            since=self.since.data,
            source=self.source.data,
            service_ids=tuple(self.services.data or ()),
        )


class EndForm(PortalForm):
    """利用終了の登録."""

    last_day = WarekiDateField(
        "利用終了日",
        validators=[InputRequired("利用終了日を入力してください。")],
        description="加入している最後の日。例：令和9年3月31日",
    )
    reason = StringField(
        "理由・根拠",
        [Plain("理由・根拠", 200)],
        filters=[plain_text],
        description="操作記録に残ります。例：令和8年12月議会議決",
    )


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    roster = members.show_roster(context.viewer())
    today = context.today()
    sinces = [stay.period.since for each in roster.standings for stay in each.stays]
    timeline = None
    if sinces:
        lanes = [
            Lane(each.member.name, tuple(stay.period for stay in each.stays), each.member.is_lead)
            for each in roster.settled
        ]
        first = FiscalYear.containing(min(sinces))
        timeline = membership_timeline(lanes, first, FiscalYear.containing(max([today, *sinces])))
    return render_template(
        "members.html",
        roster=roster,
        today=today,
        timeline=timeline,
        story=_story(roster),
        last_day=members.last_day,
        may_join=may("members.join"),
    )


def _story(roster: members.Roster) -> str:
    """Tell the picture in one sentence, for whoever does not see it."""
    parts = []
    for each in roster.standings:
        for stay in each.stays:
            parts.append(f"{each.member.name}は{wareki(stay.period.since)}に加入")
    return "、".join(parts) + "。" if parts else ""


@pages.route("/join", methods=["GET", "POST"])
@guarded
def join() -> ResponseReturnValue:
    viewer = context.viewer()
    form = JoinForm()
    roster = members.show_roster(viewer)
    today = context.today()
    form.services.choices = [
        (service.id, service.name)
        for service in roster.services
        if service.period.until is None or service.period.until > today
    ]
    if form.validate_on_submit():
        try:
            members.join_member(viewer, form.entry(), context.now())
        except (BadInputError, DuplicateError) as error:
            show_refusal(form, error)
        else:
            flash(f"{form.name.data}の加入を登録しました。", "success")
            return redirect(url_for(".index"))
    return render_template("member_join.html", form=form), 400 if form.errors else 200


@pages.route("/<code:code>/end", methods=["GET", "POST"])
@guarded
def end(code: str) -> ResponseReturnValue:
    viewer = context.viewer()
    standing = members.show_leaving(viewer, code)
    form = EndForm()
    if form.validate_on_submit():
        try:
            members.end_membership(
                viewer, code, form.last_day.data, form.reason.data, context.now()
            )
        except BadInputError as error:
            show_refusal(form, error)
        else:
            flash(f"{standing.member.name}の利用終了を登録しました。", "success")
            return redirect(url_for(".index"))
    page = render_template("member_end.html", form=form, standing=standing)
    return page, 400 if form.errors else 200
