"""The form of one component (構成割の入力): fields of every kind, of which a kind uses some.

Those that the kind does not use are neither read nor checked, and a change of the kind loses
nothing that was typed.
"""

import re
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any, Final

from wtforms import StringField
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta
from wtforms.validators import InputRequired

from consortium.domain.calendar.wareki import wareki
from consortium.domain.errors import BadInputError
from consortium.domain.municipality import MunicipalityCode
from consortium.domain.sharing.bases import BASES, component_label
from consortium.domain.sharing.dating import DATINGS, Dating
from consortium.domain.sharing.facts import Series
from consortium.domain.sharing.roots import check_exponent
from consortium.usecases.rule_versions import (
    Component,
    Editor,
    narrow,
    parse_value,
    write_value,
)
from consortium.web.fields import (
    ChoiceField,
    Plain,
    RatioField,
    TypedField,
    WarekiDateField,
    plain_text,
)

_MONTH_DAY: Final = re.compile(r"([0-9]{1,2}) ?[-/.月] ?([0-9]{1,2})日?", re.ASCII)


def parse_month_day(typed: str) -> tuple[int, int]:
    """Read a day of the year: 9月30日, 09-30, 9/30.

    Raises: ValueError with a Japanese sentence.
    """
    match = _MONTH_DAY.fullmatch(narrow(typed))
    if match is None:
        raise ValueError("月日として読めません。9月30日 のように入力してください。")
    month, day = int(match[1]), int(match[2])
    try:
        date(_COMMON_YEAR, month, day)
    except ValueError:
        raise ValueError("毎年ある月日を、9月30日 のように入力してください。") from None
    return month, day


#: A year without 29 February stands for all.
_COMMON_YEAR: Final = 2021


def decimal_text(value: Fraction) -> str:
    """Write an exact decimal as agreements do, without separators: 80, 9.5 (小数の文字)."""
    return write_value(value).replace(",", "")


class ValueField(TypedField):
    """A number of 0 or more (数値)."""

    def __init__(self, label: str, **options: Any) -> None:
        """Read values."""
        super().__init__(label, parse_value, **options)

    def write(self, value: Fraction) -> str:
        """Write 177,411 and 9.5."""
        return write_value(Fraction(value))


class MonthDayField(TypedField):
    """A day of every year (月日)."""

    def __init__(self, label: str, **options: Any) -> None:
        """Read days of a year."""
        super().__init__(label, parse_month_day, **options)

    def write(self, value: tuple[int, int]) -> str:
        """Write 9月30日."""
        return f"{value[0]}月{value[1]}日"


class _Meta(DefaultMeta):
    locales = ("ja",)


class PartForm(BaseForm):
    """構成割: the fields of every kind; `used` names those of the kind chosen."""

    def __init__(self, number: int, editor: Editor) -> None:
        """Offer what there is."""
        self.number = number
        self.editor = editor
        self.codes: dict[str, str] = {f"own_{t.code}": t.code for t in editor.members}
        super().__init__(_fields(editor), prefix=f"c{number}", meta=_Meta())

    @property
    def kind(self) -> str:
        """Give the kind chosen (種類)."""
        return str(self["kind"].data or "")

    @property
    def has_own(self) -> bool:
        """Say whether values of its own were typed, so that the page shows them."""
        fields = (*self.codes, "own_source")
        return self._has_values or any(self[name].errors for name in fields)

    @property
    def used(self) -> set[str]:
        """Name the fields that the kind uses (使う欄)."""
        names = {"kind", "weight", "label"}
        if self.kind not in BASES:
            return names
        if self.kind == "host":
            return names | {"host"}
        if not BASES[self.kind].reads_series:
            return names if self.kind == "equal" else names | {"own_source", *self.codes}
        names |= {"series", "dating", "own_source", *self.codes}
        names |= {"power"} if self.kind == "power" else set()
        return names | _dating_fields(str(self["dating"].data))

    def check(self) -> bool:
        """Check the fields that the kind uses; say whether all is well."""
        self.validate()
        used = self.used
        for name, field in self._fields.items():
            if name not in used:
                field.errors = []
        self._check_own(used)
        return not self.errors

    def _check_own(self, used: set[str]) -> None:
        if self.kind == "fixed":
            missing = [name for name in self.codes if self[name].data is None]
            for name in missing:
                if not self[name].errors:
                    self[name].errors = ["値がありません（負担しないなら0）。"]
        elif "own_source" in used and not self["own_source"].data and self._has_values:
            self["own_source"].errors = ["区分だけの値を使う根拠を入力してください。"]

    @property
    def _has_values(self) -> bool:
        return any(self[name].data is not None for name in self.codes)

    def component(self, position: int) -> Component:
        """Give the component; call it after `check`.

        Raises: BadInputError for a date rule that says too little; its path is a field here.
        """
        used, kind = self.used, self.kind
        series = self["series"].data if "series" in used else None
        own = {
            MunicipalityCode(code): self[name].data
            for name, code in self.codes.items()
            if name in used and self[name].data is not None
        }
        if kind == "host":
            own = {MunicipalityCode(self["host"].data): Fraction(1)}
        return Component(
            position,
            kind,
            self["label"].data or component_label(kind, self._series_label(series)),
            decimal_text(self["weight"].data),
            series,
            self._dating() if "dating" in used else None,
            decimal_text(self["power"].data) if "power" in used else None,
            own,
            self["own_source"].data if own and "own_source" in used else "",
        )

    def _series_label(self, series: str | None) -> str:
        editions = self.editor.series.get(series or "", ())
        return editions[0].label if editions else ""

    def _dating(self) -> Dating:
        kind = self["dating"].data
        if kind == "frozen":
            series, day, edition = split_frozen(self["frozen"].data)
            if series != self["series"].data:
                raise _refuse(
                    "frozen", "ほかの算定基礎の版です。", "同じ算定基礎の版を選んでください。"
                )
            return Dating(kind, first=day, edition=edition)
        used = _dating_fields(kind)
        given = {name: self[name].data for name in ("month_day", "first", "last") if name in used}
        return Dating(kind, **given)


def _dating_fields(kind: str) -> set[str]:
    if kind not in DATINGS:
        return set()
    if kind == "frozen":
        return {"frozen"}
    return set(DATINGS[kind].needs)


def _power(typed: str) -> Fraction:
    exponent = parse_value(typed)
    try:
        check_exponent(exponent)
    except BadInputError as error:
        raise ValueError(f"{error.found}{error.todo}") from None
    return exponent


def _fields(editor: Editor) -> dict[str, Any]:
    """Make the fields of a part, unbound; 必須 is what a kind needs that uses the field."""
    series = [(key, editions[0].label) for key, editions in editor.series.items()]
    towns = [(str(town.code), town.name) for town in editor.members]
    return {
        "kind": _offered("種類", [(key, each.title) for key, each in BASES.items()]),
        "weight": RatioField("割合", validators=_needed("割合を入力してください。")),
        "label": StringField(
            "名前", [Plain("名前", 40, is_required=False)], filters=[plain_text],
            description="明細書に載る名前。空なら、人口割などと付けます。",
        ),
        "power": TypedField(
            "指数", _power, validators=_needed("指数を入力してください。"),
            description="0より大きい数。例：0.585",
        ),
        "series": _offered("算定基礎", series, "選んでください"),
        "dating": _offered(
            "基準日の定め方", [(key, each.label) for key, each in DATINGS.items()],
            "選んでください",
        ),
        "month_day": MonthDayField(
            "月日", validators=_needed("月日を入力してください。"), description="例：9月30日"
        ),
        "frozen": _offered("固定する版", list(_frozen_choices(editor)), "選んでください"),
        "first": WarekiDateField(
            "期間の初日", validators=_needed("期間の初日を入力してください。"),
            description="例：令和2年1月1日",
        ),
        "last": WarekiDateField(
            "期間の終わりの日", validators=_needed("期間の終わりの日を入力してください。"),
            description="例：令和4年12月31日",
        ),
        "host": _offered("負担する団体", towns, "選んでください"),
        "own_source": StringField(
            "根拠", [Plain("根拠", 200, is_required=False)], filters=[plain_text],
            description="例：協定書別表第2、旧平賀町と旧碇ケ関村の人口だけを数える",
        ),
        **{f"own_{town.code}": ValueField(town.name) for town in editor.members},
    }  # fmt: skip


def _offered(label: str, choices: list[tuple[str, str]], nothing: str = "") -> Any:
    """Make a choice among what there is, unbound; WTForms would keep the class's choices."""
    needed = _needed(f"{label}を選んでください。")
    return _Offered(
        label, offered=[*([("", nothing)] if nothing else []), *choices], validators=needed
    )


def _needed(message: str) -> list[InputRequired]:
    return [InputRequired(message)]


class _Offered(ChoiceField):
    def __init__(self, label: str, offered: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(label, **options)
        self.choices = offered


def _frozen_choices(editor: Editor) -> Iterator[tuple[str, str]]:
    """List what a component may be fixed to: a day's latest edition, or one edition for good."""
    for key, editions in editor.series.items():
        days = sorted({each.reference_date for each in editions if each.reference_date})
        for day in reversed(days):
            of_day = [each for each in editions if each.reference_date == day]
            yield from (_choice(key, day, each) for each in of_day)
            if not any(each.period_from for each in of_day):
                yield (
                    f"{key}@{day}/",
                    f"{of_day[0].label} {wareki(day)}時点（版は最後に公表されたもの）",
                )


def _choice(key: str, day: date, edition: Series) -> tuple[str, str]:
    label = f"{edition.label} {wareki(day)}時点（{edition.edition}）"
    return f"{key}@{day}/{edition.edition}", label


def split_frozen(value: str) -> tuple[str, date, str]:
    """Read what `_frozen_choices` wrote: series, reference date, edition (固定する版)."""
    series, _, rest = value.partition("@")
    day, _, edition = rest.partition("/")
    return series, date.fromisoformat(day), edition


def part_data(component: Component | None) -> dict[str, Any]:
    """Fill a part from a component, or for a new one (構成割の初期値)."""
    if component is None:
        return {"kind": "equal", "dating": "latest"}
    dating = component.dating
    is_frozen = dating is not None and dating.kind == "frozen"
    frozen = f"{component.series}@{dating.first}/{dating.edition}" if dating and is_frozen else ""
    return {
        "kind": component.basis,
        "weight": component.weight,
        "label": component.label,
        "power": component.power,
        "series": component.series or "",
        "dating": dating.kind if dating else "latest",
        "month_day": dating.month_day if dating else None,
        "frozen": frozen,
        "first": dating.first if dating and not is_frozen else None,
        "last": dating.last if dating else None,
        "host": next(iter(component.own), "") if component.basis == "host" else "",
        "own_source": component.own_source,
        **{f"own_{code}": value for code, value in component.own.items()},
    }


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("構成割を読みました。", found, todo, path=path)
