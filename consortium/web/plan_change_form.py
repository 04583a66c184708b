"""A change of a plan as the address of its preview (工程の変更の入力).

The preview is read by GET: an address holds the whole change, can be kept, and handed to the
approver. A form adds one thing to the change and leads to the address with it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, IntegerField, TextAreaField
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError
from consortium.domain.onboarding.change import MOST_LAG, PlanChange
from consortium.domain.onboarding.network import LINK_TYPES, MOST_DAYS, WINDOW_KINDS, Link
from consortium.domain.onboarding.plan import Plan, PlanTask
from consortium.web.fields import ChoiceField, Plain, WarekiDateField, plain_text
from consortium.web.forms import PortalForm

_KEEP, _NONE = "", "none"
_LINK_LABELS: Final = {
    "FS": "先行が終わってから始める",
    "SS": "先行が始まってから始める",
    "FF": "先行が終わってから終える",
    "SF": "先行が始まってから終える",
}


class AskingForm(PortalForm):
    """A form that only looks: sent by GET, nothing is changed."""

    only_looks = True

    class Meta:
        """Nothing needs to be proved."""

        locales = ("ja",)
        csrf = False


class TaskForm(AskingForm):
    """作業の変更."""

    task = ChoiceField("作業", validators=[InputRequired("作業を選んでください。")])
    task_days = IntegerField(
        "業務日",
        [Optional(), NumberRange(0, MOST_DAYS, f"0から{MOST_DAYS}までの数を入力してください。")],
        description="かかる日数（開庁日の数）。変えないときは空欄。",
    )
    task_before = WarekiDateField(
        "着手可能日", description="この日より前には始めない日。変えないときは空欄。"
    )
    task_freed = BooleanField("着手可能日をなくす")
    task_window = ChoiceField("日の制約", description="終わりの日が満たすべきこと。")

    def offer(self, plan: Plan) -> None:
        """Offer the tasks that can still move."""
        self.task.offer(_tasks(plan), nothing="選んでください")
        self.task_window.offer([(_NONE, "なし"), *WINDOW_KINDS.items()], nothing="変えない")

    def added(self, change: PlanChange) -> PlanChange:
        """Give the change with what was typed."""
        code = self.task.data
        if self.task_days.data is not None:
            change = replace(change, days={**change.days, code: self.task_days.data})
        if self.task_before.data or self.task_freed.data:
            day = None if self.task_freed.data else self.task_before.data
            change = replace(change, not_before={**change.not_before, code: day})
        if self.task_window.data:
            kind = "" if self.task_window.data == _NONE else self.task_window.data
            change = replace(change, windows={**change.windows, code: (kind, "")})
        return change


class LinkForm(AskingForm):
    """依存の変更."""

    link_before = ChoiceField("先行", validators=[InputRequired("作業を選んでください。")])
    link_after = ChoiceField("後続", validators=[InputRequired("作業を選んでください。")])
    link_type = ChoiceField("種類")
    link_lag = IntegerField(
        "間隔",
        [Optional(), NumberRange(-MOST_LAG, MOST_LAG, "数を確かめてください。")],
        description="業務日。重ねるときは負の数。空欄は0。",
    )
    link_dropped = BooleanField("この依存をなくす")

    def offer(self, plan: Plan) -> None:
        """Offer tasks and types."""
        self.link_before.offer(_tasks(plan), nothing="選んでください")
        self.link_after.offer(_tasks(plan), nothing="選んでください")
        self.link_type.offer(_LINK_LABELS.items())

    def validate_link_after(self, field: ChoiceField) -> None:
        """Refuse a task that would wait for itself."""
        if field.data == self.link_before.data:
            raise ValidationError("先行とは別の作業を選んでください。")

    def added(self, change: PlanChange) -> PlanChange:
        """Give the change with the dependency added, its lag replaced, or without it."""
        lag = self.link_lag.data or 0
        link = Link(self.link_before.data, self.link_after.data, self.link_type.data, lag)
        links = tuple(each for each in change.links if _ends(each) != _ends(link))
        dropped = tuple(each for each in change.dropped if _ends(each) != _ends(link))
        if self.link_dropped.data:
            return replace(change, links=links, dropped=(*dropped, replace(link, lag=0)))
        return replace(change, links=(*links, link), dropped=dropped)


class DayForm(AskingForm):
    """本稼働日・着手日の変更."""

    day_anchor = WarekiDateField("新しい本稼働日", description="変えないときは空欄。")
    day_start = WarekiDateField("新しい着手日", description="変えないときは空欄。")

    def offer(self, plan: Plan) -> None:
        """Offer nothing: days are typed."""

    def added(self, change: PlanChange) -> PlanChange:
        """Give the change with the days typed."""
        return replace(
            change,
            anchor_on=self.day_anchor.data or change.anchor_on,
            start_on=self.day_start.data or change.start_on,
        )


class ConfirmForm(PortalForm):
    """変更の確定."""

    seen_revision = HiddenField("工程の版", [InputRequired("画面を開き直してください。")])
    seen_digest = HiddenField("画面の内容", [InputRequired("画面を開き直してください。")])
    reason = TextAreaField(
        "理由",
        [Plain("理由", 500)],
        filters=[plain_text],
        description="操作記録に、動いた日付ごとに残ります。例：差異の検討に時間を要したため",
    )
    replans = BooleanField(
        "再計画として、新しい基準計画も残す",
        description="今の基準計画もそのまま残り、いつでも比べられます。",
    )


def _tasks(plan: Plan) -> list[tuple[str, str]]:
    open_ones = (task for task in plan.tasks if task.finished_on is None)
    return [(task.code, f"{task.code} {task.name}") for task in open_ones]


def _ends(link: Link) -> tuple[str, str, str]:
    return link.before, link.after, link.type


# ---- the change as an address --------------------------------------------------------------------


def fields_of(change: PlanChange) -> list[tuple[str, str]]:
    """Write a change as the fields of its address, e.g. days=A3 80 (変更の欄)."""
    found = [("days", f"{code} {days}") for code, days in change.days.items()]
    found += [("before", f"{code} {day or ''}".strip()) for code, day in change.not_before.items()]
    found += [("window", " ".join((code, *each)).strip()) for code, each in change.windows.items()]
    found += [("link", " ".join((*_ends(each), str(each.lag)))) for each in change.links]
    found += [("drop", " ".join(_ends(each))) for each in change.dropped]
    found += [("pull", code) for code in change.pulled]
    found += [("anchor", str(change.anchor_on))] if change.anchor_on else []
    found += [("start", str(change.start_on))] if change.start_on else []
    return found


def read_fields(given: MultiDict[str, str]) -> PlanChange:
    """Read a change from the fields of an address. Raises: BadInputError for one not ours."""
    try:
        return PlanChange(
            days={code: int(text) for code, text in _parts(given, "days", 2)},
            not_before={
                each[0]: date.fromisoformat(each[1]) if each[1:] else None
                for each in _parts(given, "before", 1, 2)
            },
            windows={each[0]: _window(each) for each in _parts(given, "window", 1, 3)},
            links=tuple(_link(each) for each in _parts(given, "link", 4)),
            dropped=tuple(_link([*each, "0"]) for each in _parts(given, "drop", 3)),
            anchor_on=_day(given.get("anchor")),
            start_on=_day(given.get("start")),
            pulled=tuple(dict.fromkeys(given.getlist("pull"))),
        )
    except ValueError:
        raise BadInputError(
            "工程の変更を読みました。",
            "アドレスの一部が読めません。",
            "工程の画面から開き直してください。",
        ) from None


def _parts(given: MultiDict[str, str], key: str, least: int, most: int = 0) -> Iterator[list[str]]:
    for text in given.getlist(key):
        parts = text.split(" ")
        if not least <= len(parts) <= (most or least):
            raise ValueError(text)
        yield parts


def _window(parts: list[str]) -> tuple[str, str]:
    _, kind, council, *_ = (*parts, "", "")
    return kind, council


def _link(parts: list[str]) -> Link:
    before, after, kind, lag = parts
    if kind not in LINK_TYPES:
        raise ValueError(kind)
    return Link(before, after, kind, int(lag))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def without(change: PlanChange, key: str, value: str) -> list[tuple[str, str]]:
    """Give the fields of a change without one of them (変更の取りやめ)."""
    return [each for each in fields_of(change) if each != (key, value)]


def without_any(change: PlanChange, key: str) -> list[tuple[str, str]]:
    """Give the fields of a change without those of one kind, which a form asks anew."""
    return [each for each in fields_of(change) if each[0] != key]


def in_words(change: PlanChange, plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Say each part of a change: its field, its value, what it says (変更の内容)."""
    tasks = {task.code: task for task in plan.tasks}
    for key, value in fields_of(change):
        code, *rest = value.split(" ")
        task = tasks.get(code)
        name = f"{code} {task.name}" if task else code
        yield key, value, _SAYING[key](name, rest, task)


def _says_days(name: str, rest: list[str], task: PlanTask | None) -> str:
    return f"{name}：業務日を{f'{task.days}日から' if task else ''}{rest[0]}日に"


def _says_before(name: str, rest: list[str], _task: PlanTask | None) -> str:
    if not rest:
        return f"{name}：着手可能日をなくす"
    return f"{name}：{wareki(date.fromisoformat(rest[0]))}より前には始めない"


def _says_window(name: str, rest: list[str], _task: PlanTask | None) -> str:
    return f"{name}：日の制約を「{WINDOW_KINDS.get(rest[0], '') if rest else 'なし'}」に"


def _says_link(name: str, rest: list[str], _task: PlanTask | None) -> str:
    return f"{name} → {rest[0]}：{_LINK_LABELS[rest[1]]}（間隔 {rest[2]}業務日）"


_SAYING: Final[Mapping[str, Callable[[str, list[str], PlanTask | None], str]]] = {
    "days": _says_days,
    "before": _says_before,
    "window": _says_window,
    "link": _says_link,
    "drop": lambda name, rest, _: f"{name} → {rest[0]}：依存をなくす",
    "pull": lambda name, _rest, _task: f"{name}：前倒しする",
    "anchor": lambda name, _rest, _task: f"本稼働日を{wareki(date.fromisoformat(name))}に",
    "start": lambda name, _rest, _task: f"着手日を{wareki(date.fromisoformat(name))}に",
}
