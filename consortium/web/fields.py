"""Fields that read what officers type (入力欄): yen, ratios, dates in 和暦, months, plain text.

What was typed is shown again as it was typed; a refusal says what is wrong with it in Japanese.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final

from wtforms import Field, SelectField, StringField
from wtforms.validators import ValidationError
from wtforms.widgets import TextInput

from consortium.domain.calendar.period import FiscalYear, Month
from consortium.domain.calendar.wareki import parse_date, wareki, wareki_month
from consortium.domain.errors import BadInputError
from consortium.domain.invoicing import decimal
from consortium.domain.onboarding.records import LARGEST_COUNT
from consortium.domain.sharing.rule import plain as plain_number
from consortium.domain.yen import Yen

#: Far above any cost of the consortium, far below where a column or a workbook loses digits.
LARGEST_YEN: Final = 10**12 - 1
LARGEST_RATIO: Final = 10**9

_MINUS: Final = re.escape("△▲-−‐–—―ー")
_YEN: Final = re.compile(
    rf"(?P<before>[{_MINUS}]?) ?¥? ?(?P<after>[{_MINUS}]?) ?(?P<number>[0-9,.]+) ?円?", re.ASCII
)
_NUMBER: Final = re.compile(
    rf"(?P<before>[{_MINUS}]?) ?(?:(?:US)?\$|¥)? ?(?P<after>[{_MINUS}]?) ?"
    r"(?P<whole>[0-9,]{1,30})(?P<rest>(?:\.[0-9]{1,9})?) ?(?:円|ドル|米ドル)?",
    re.ASCII,
)
_GROUPED: Final = re.compile(r"[0-9]+|[0-9]{1,3}(,[0-9]{3})+", re.ASCII)
_DECIMAL: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?", re.ASCII)
#: Control and format characters, line ends, halves of characters: no name contains them.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_EARLIEST, _LATEST = date(1900, 1, 1), date(2999, 12, 31)


def parse_yen(typed: str, *, allow_negative: bool = False, least: int = 0) -> Yen:
    """Read an amount: 1234567, １，２３４円, ¥1,234, and △1,234 where a refund may stand.

    `least` is what the refusal of a negative amount asks for; the use case refuses the rest.

    Raises: ValueError with a Japanese sentence.
    """
    shown = _shown(typed)
    plain = _narrow(typed).replace("\\", "¥")
    match = _YEN.fullmatch(plain)
    if match is None or (match["before"] and match["after"]):
        raise ValueError(
            f"「{shown}」は金額として読めません。数字で、例えば 1,234,567 と入力してください。"
        )
    number = match["number"]
    if "." in number:
        raise ValueError(
            f"「{shown}」には小数点があります。1円未満は付けずに、円単位で入力してください。"
        )
    if not _GROUPED.fullmatch(number):
        raise ValueError(
            f"「{shown}」は桁区切りの位置が違います。3桁ごとに区切るか、区切らずに入力してください。"
        )
    digits = number.replace(",", "").lstrip("0") or "0"
    if len(digits) > len(str(LARGEST_YEN)):
        raise ValueError(f"「{shown}」は大きすぎます。1兆円未満で入力してください。")
    is_negative = bool(match["before"] or match["after"])
    if is_negative and not allow_negative:
        raise ValueError(f"「{shown}」は負の金額です。ここには{least}円以上を入力してください。")
    return Yen(-int(digits) if is_negative else int(digits))


def parse_ratio(typed: str) -> Fraction:
    """Read a weight: 80, ９．５; exact, more than zero.

    Raises: ValueError with a Japanese sentence.
    """
    shown = _shown(typed)
    plain = _narrow(typed)
    if not _DECIMAL.fullmatch(plain):
        raise ValueError(
            f"「{shown}」は割合として読めません。80 や 9.5 のように数字で入力してください。"
        )
    ratio = Fraction(plain)
    if ratio == 0:
        raise ValueError("割合が0です。0より大きい数を入力してください。")
    if ratio > LARGEST_RATIO:
        raise ValueError(f"「{shown}」は大きすぎます。割合を確かめてください。")
    return ratio


def parse_decimal(typed: str, *, allow_negative: bool = False) -> Fraction:
    """Read a price, a quantity, US dollars: 1,234.56, US$1,000, １２．５円; exact, zero or more.

    Raises: ValueError with a Japanese sentence.
    """
    shown = _shown(typed)
    match = _NUMBER.fullmatch(_narrow(typed).upper())
    if match is None or (match["before"] and match["after"]):
        raise ValueError(
            f"「{shown}」は数として読めません。数字で、例えば 1,234.56 と入力してください。"
        )
    if not _GROUPED.fullmatch(match["whole"]):
        raise ValueError(
            f"「{shown}」は桁区切りの位置が違います。3桁ごとに区切るか、区切らずに入力してください。"
        )
    number = Fraction(match["whole"].replace(",", "") + match["rest"])
    if number > LARGEST_YEN:
        raise ValueError(f"「{shown}」は大きすぎます。桁を確かめてください。")
    if match["before"] or match["after"]:
        if not allow_negative:
            raise ValueError(f"「{shown}」は負の数です。ここには0以上を入力してください。")
        return -number
    return number


def parse_whole(typed: str, most: int) -> int:
    """Read a whole number from 0 up to a bound: 80, ８０, 172,000 (整数).

    Raises: ValueError with a Japanese sentence.
    """
    plain, asked = _narrow(typed), f"0から{most:,}までの整数を入力してください。"
    if not _GROUPED.fullmatch(plain):
        raise ValueError(f"「{_shown(typed)}」は整数として読めません。{asked}")
    digits = plain.replace(",", "").lstrip("0") or "0"
    # Python reads no number of more than 4,300 digits: they are counted first.
    if len(digits) > len(str(most)) or int(digits) > most:
        raise ValueError(f"「{_shown(typed)}」は大きすぎます。{asked}")
    return int(digits)


def seen_number(sent: str | None) -> int:
    """Read the version or revision that a form hides (画面の版).

    0, which nothing ever has, for what no form of ours sent: it is refused as out of date.
    """
    try:
        return parse_whole(sent or "", LARGEST_COUNT)
    except ValueError:
        return 0


def parse_percent(typed: str) -> Fraction:
    """Read a percentage: 10, ３．５, 10％; exact, zero or more.

    Raises: ValueError with a Japanese sentence.
    """
    shown = _shown(typed)
    plain = _narrow(typed).removesuffix("%").rstrip()
    if not _DECIMAL.fullmatch(plain):
        raise ValueError(
            f"「{shown}」は％として読めません。10 や 3.5 のように数字で入力してください。"
        )
    percent = Fraction(plain)
    if (percent * 10**6).denominator != 1:
        raise ValueError(f"「{shown}」は細かすぎます。小数点以下は6桁までにしてください。")
    return percent


def parse_day(typed: str) -> date:
    """Read a day in 和暦 or ISO.

    Raises: ValueError with a Japanese sentence.
    """
    try:
        day = parse_date(typed)
    except BadInputError as error:
        raise ValueError(f"「{_shown(typed)}」：{error.found}{error.todo}") from None
    if not _EARLIEST <= day <= _LATEST:
        raise ValueError(f"「{_shown(typed)}」は扱える日付ではありません。年を確かめてください。")
    return day


def plain_text(typed: str | None) -> str:
    """Bring a text to one spelling: NFC, no space around it; full-width signs stay."""
    return unicodedata.normalize("NFC", typed or "").strip()


def _narrow(typed: str) -> str:
    """Bring full-width signs to their usual width; NFKC alone would read 10² as 102."""
    signs = (
        unicodedata.normalize("NFKC", sign)
        if "\uff01" <= sign <= "\uff5e" or sign in "￥　"
        else sign
        for sign in typed
    )
    return "".join(signs).strip()


def _shown(typed: str) -> str:
    """Quote what was typed, cut where nobody would read on."""
    text = "".join(sign for sign in typed.strip() if unicodedata.category(sign) not in _INVISIBLE)
    return text if len(text) <= 40 else f"{text[:40]}…"


class Plain:
    """Refuse a text that is blank, too long, or holds what cannot be seen or printed."""

    def __init__(self, what: str, longest: int, *, is_required: bool = True) -> None:
        """Say what the text is, how long it may be, and whether it may be left out."""
        self.what, self.longest, self.is_required = what, longest, is_required
        # Not `maxlength`: the browser would cut what was pasted, without a word.
        self.field_flags = {"required": True} if is_required else {}

    def __call__(self, form: Any, field: Field) -> None:
        """Check the text; line ends count as visible only in a field of several lines."""
        text = field.data or ""
        kept = text.replace("\r\n", "").replace("\n", "") if field.type == "TextAreaField" else text
        if not text and self.is_required:
            raise ValidationError(f"{self.what}を入力してください。")
        if len(text) > self.longest:
            raise ValidationError(
                f"{self.what}が長すぎます（{len(text)}文字）。{self.longest}文字までにしてください。"
            )
        if any(unicodedata.category(sign) in _INVISIBLE for sign in kept):
            raise ValidationError(
                f"{self.what}に、目に見えない制御文字が入っています。消して入力し直してください。"
            )


class TypedField(StringField):
    """A field whose text means a value: the text stays, the value is `data`, None if unread."""

    widget = TextInput()
    #: what was read; None while nothing, or nothing readable, was typed
    data: Any

    def __init__(self, label: str, read: Callable[[str], Any], **options: Any) -> None:
        """Keep the function that reads the text; it raises ValueError with a sentence."""
        super().__init__(label, **options)
        self.read = read
        self.typed: str | None = None

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Read what was typed."""
        self.data = None
        if not valuelist:
            return
        self.typed = valuelist[0]
        if self.typed.strip():
            self.data = self.read(self.typed)

    def pre_validate(self, form: Any) -> None:
        """Refuse spaces where a value is needed; InputRequired lets them pass."""
        if self.typed and not self.typed.strip() and self.flags.required:
            raise ValidationError(f"{self.label.text}を入力してください。")

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return "" if self.data is None else self.write(self.data)

    def write(self, value: Any) -> str:
        """Write a value as it stands in the field before anybody typed."""
        return str(value)


class YenField(TypedField):
    """An amount in whole yen (円)."""

    def __init__(
        self, label: str, *, allow_negative: bool = False, least: int = 0, **options: Any
    ) -> None:
        """Say whether a refund may stand here, and what the least amount is."""
        super().__init__(
            label,
            lambda typed: parse_yen(typed, allow_negative=allow_negative, least=least),
            **options,
        )

    def write(self, value: int) -> str:
        """Write 1,234 and △1,234."""
        return f"△{-value:,}" if value < 0 else f"{value:,}"


class RatioField(TypedField):
    """A weight, exact and more than zero (割合)."""

    def __init__(self, label: str, **options: Any) -> None:
        """Read weights."""
        super().__init__(label, parse_ratio, **options)


class PercentField(TypedField):
    """A percentage, exact (％)."""

    def __init__(self, label: str, **options: Any) -> None:
        """Read percentages."""
        super().__init__(label, parse_percent, **options)

    def write(self, value: Fraction) -> str:
        """Write 10 and 3.5."""
        return plain_number(value)


class DecimalField(TypedField):
    """A price, a quantity or US dollars, exact (数)."""

    def __init__(self, label: str, *, allow_negative: bool = False, **options: Any) -> None:
        """Say whether a credit may stand here."""
        super().__init__(
            label, lambda typed: parse_decimal(typed, allow_negative=allow_negative), **options
        )

    def write(self, value: Fraction) -> str:
        """Write 1,234.5 and △0.05."""
        return decimal(value)


class WarekiDateField(TypedField):
    """A day, typed in 和暦 or ISO (日付)."""

    def __init__(self, label: str, **options: Any) -> None:
        """Read days."""
        super().__init__(label, parse_day, **options)

    def write(self, value: date) -> str:
        """Write 令和3年6月1日; a day before the first era as it is, so that it can be corrected."""
        try:
            return wareki(value)
        except BadInputError:
            return value.isoformat()


class MonthField(SelectField):
    """One of the twelve months of a fiscal year (月)."""

    def __init__(self, label: str, **options: Any) -> None:
        """Read months; `offer` gives them."""
        super().__init__(label, coerce=str, choices=[], **options)

    def offer(self, year: FiscalYear) -> None:
        """Offer the months of a year, April first."""
        self.choices = [(str(month), wareki_month(month)) for month in year.months()]

    @property
    def month(self) -> Month:
        """Give the month chosen; call it after validation only."""
        return Month.parse(self.data)

    def pre_validate(self, form: Any) -> None:
        """Refuse what is not one of the twelve."""
        if not self.data:
            raise ValidationError(f"{self.label.text}を選んでください。")
        if self.data not in [value for value, *_ in self.iter_choices()]:
            raise ValidationError(f"「{_shown(self.data)}」は、{self._range()}の月ではありません。")

    def _range(self) -> str:
        labels = [label for _, label, *_ in self.iter_choices()]
        return f"{labels[0]}から{labels[-1]}まで"


class ChoiceField(SelectField):
    """One of the things offered (選択)."""

    def __init__(self, label: str, **options: Any) -> None:
        """Offer nothing yet."""
        super().__init__(label, choices=[], **options)

    def offer(self, choices: Iterable[tuple[str, str]], nothing: str = "") -> None:
        """Offer values with their labels; `nothing` is the label of the empty choice."""
        first = [("", nothing)] if nothing else []
        self.choices = [*first, *choices]

    def pre_validate(self, form: Any) -> None:
        """Refuse what was not offered."""
        if self.data not in [value for value, *_ in self.iter_choices()]:
            raise ValidationError(f"{self.label.text}を一覧から選び直してください。")
