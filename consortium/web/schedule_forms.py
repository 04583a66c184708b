"""The form of a schedule (配信予定の入力): only what its kind of period needs."""

from typing import Final

from wtforms import RadioField, SelectMultipleField, StringField
from wtforms.validators import InputRequired

from consortium.domain.calendar.opendays import ROLL_RULES
from consortium.domain.fiscalyear.schedule_rules import DAYS, MOST_OFFSET, WEEKDAYS
from consortium.usecases.schedule_entry import Entry, Offer
from consortium.web.checking import CheckedForm
from consortium.web.fields import ChoiceField, Plain, WarekiDateField, plain_text
from consortium.web.records import NewRecordForm, SeenForm

#: Fields by period type; the others are left out of the form.
_FIELDS: Final = {
    "month": ("offset", "day"),
    "quarter": ("offset", "day"),
    "fiscal_year": ("step",),
    "instalment": ("step",),
    "week": ("offset", "weekday"),
    "day": ("weekdays",),
}
#: By period type: the same, the next, and how many later (期日の月・週).
_OFFSETS: Final = {
    "month": ("対象の月と同じ月", "対象の月の次の月", "対象の月の{}か月後"),
    "quarter": ("四半期の最後の月", "四半期の次の月", "四半期の{}か月後"),
    "week": ("対象の週と同じ週", "対象の週の次の週", "対象の週の{}週後"),
}
_DATES: Final = "例：令和9年4月1日、2027-04-01"


def _offsets(period_type: str) -> list[tuple[str, str]]:
    """Name how much later than its period a report falls due."""
    same, following, later = _OFFSETS.get(period_type, ("", "", ""))
    names = (same, following, *(later.format(n) for n in range(2, MOST_OFFSET + 1)))
    return [(str(n), name) for n, name in enumerate(names)]


class ScheduleForm(CheckedForm):
    """配信予定; `fit` leaves the fields that its period needs."""

    offset = ChoiceField(
        "作成する月", validators=[InputRequired("作成する月を選んでください。")], default="1"
    )
    day = ChoiceField(
        "日",
        validators=[InputRequired("日を選んでください。")],
        default="1",
        description="その日がない月は、その月の末日に作成します。",
    )
    step = ChoiceField("作成する日", validators=[InputRequired("作成する日を選んでください。")])
    weekday = ChoiceField(
        "曜日", validators=[InputRequired("曜日を選んでください。")], default="mon"
    )
    weekdays = SelectMultipleField(
        "曜日",
        choices=[],
        validate_choice=False,
        default=list(WEEKDAYS),
        description="作成する曜日をすべて選びます。",
    )
    at_time = StringField(
        "時刻",
        [Plain("時刻", 10)],
        default="06:00",
        filters=[plain_text],
        description="日本時間。00:00 から 23:59 まで。例：06:00",
    )
    roll_rule = RadioField(
        "閉庁日に当たるとき",
        [InputRequired("扱いを選んでください。")],
        choices=ROLL_RULES,
        default="stay",
        description="幹事市の閉庁日で動かします。対象の期間と年度は変わりません。",
    )
    first_day = WarekiDateField(
        "始まりの日", description=f"空欄なら今から。過ぎた期間の分は作りません。{_DATES}"
    )
    last_day = WarekiDateField(
        "終わりの日", description=f"この日まで作成します。空欄なら終わりなし。{_DATES}"
    )
    towns = SelectMultipleField(
        "配信先",
        choices=[],
        validate_choice=False,
        description="一つも選ばなければ全団体。選ぶと、その団体の分だけを作ります。"
        "幹事市はいつでも見られます。",
    )

    def fit(self, period_type: str, offer: Offer) -> None:
        """Leave the fields of a kind of period, and offer what can be chosen in them."""
        offered = {
            "offset": _offsets(period_type),
            "day": [(each, "末日" if each == "last" else f"{each}日") for each in DAYS],
            "step": [("", "選んでください"), *offer.steps],
            "weekday": list(WEEKDAYS.items()),
            "weekdays": list(WEEKDAYS.items()),
        }
        for name, choices in offered.items():
            if name in _FIELDS[period_type]:
                self[name].choices = choices
            else:
                del self[name]
        if period_type == "week":
            self.offset.label.text = "作成する週"
        if period_type == "day":
            self.roll_rule.choices = [("stay", ROLL_RULES["stay"])]
        if offer.towns:
            self.towns.choices = list(offer.towns)
        else:
            del self.towns

    def fill(self, entry: Entry, *, has_begun: bool) -> None:
        """Show what was saved; when it began cannot be changed any more."""
        if has_begun:
            del self.first_day
        if self.is_submitted():
            return
        shown = {
            "offset": str(entry.offset),
            "day": entry.day,
            "step": entry.step,
            "weekday": "".join(entry.weekdays[:1]),
            "weekdays": list(entry.weekdays),
            "at_time": entry.at_time,
            "roll_rule": entry.roll_rule,
            "first_day": entry.first_day,
            "last_day": entry.last_day,
            "towns": list(entry.towns),
        }
        for name, value in shown.items():
            if name in self:
                self[name].process(None, value)

    def entry(self, kind: str, period_type: str) -> Entry:
        """Give what was entered, for the use case."""
        typed = {field.name: field.data for field in self}
        one = typed.get("weekday")
        return Entry(
            kind,
            period_type,
            typed["at_time"],
            typed["roll_rule"],
            typed.get("day") or "",
            (one,) if one else tuple(typed.get("weekdays") or ()),
            typed.get("step") or "",
            int(typed.get("offset") or 0),
            typed.get("first_day"),
            typed["last_day"],
            tuple(typed.get("towns") or ()),
        )


class NewForm(NewRecordForm, ScheduleForm):
    """配信予定の登録."""


class ChangeForm(SeenForm, ScheduleForm):
    """配信予定の編集."""


class StopForm(SeenForm):
    """配信予定の一時停止・再開・終了."""
