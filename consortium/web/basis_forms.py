"""The form of an edition of basis values (算定基礎の版の入力): its facts, a value per member."""

from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from flask_wtf.file import FileField
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from consortium.domain.municipality import MunicipalityCode, municipality_code
from consortium.usecases import basis_editions
from consortium.usecases.bases import (
    CERTAINTIES,
    LARGEST_FILE,
    Edition,
    EditionPage,
    parse_value,
    read_file,
    read_pasted,
    write_value,
)
from consortium.web.checking import CheckedForm
from consortium.web.fields import Plain, TypedField, WarekiDateField, plain_text
from consortium.web.forms import PortalForm

#: From this part of the earlier value on a difference is marked to be looked at again.
REMARKABLE = Fraction(3, 10)
_DATES = "例：令和2年10月1日、R2.10.1、2020-10-01"


class ValueField(TypedField):
    """The value of one member (基礎数値)."""

    def __init__(self, label: str, **options: Any) -> None:
        """Read values; an empty cell is a value not registered."""
        super().__init__(label, parse_value, **options)

    def write(self, value: Fraction) -> str:
        """Write 177,411 or 9.5."""
        return write_value(value)

    def put(self, value: Fraction) -> None:
        """Put a value read from a table in the place of what was typed."""
        self.data, self.typed = value, None
        self.process_errors = list[str]()


class EditionForm(CheckedForm):
    """新しい版; `edition_form()` adds one field for the value of each member."""

    reference_date = WarekiDateField(
        "基準日",
        validators=[InputRequired("基準日を入力してください。")],
        description="値が表す日。年間の件数など期間の計は、期間の末日。" + _DATES,
    )
    period_from = WarekiDateField(
        "期間の初日",
        validators=[Optional()],
        description="期間の計のときだけ。例：令和2年1月〜12月の計なら、令和2年1月1日",
    )
    name = StringField(
        "版",
        [Plain("版", 100)],
        filters=[plain_text],
        description="例：令和2年国勢調査(速報)、令和2年国勢調査(確定)、遡及改訂",
    )
    published_on = WarekiDateField(
        "公表日",
        validators=[Optional()],
        description="この日から算定に使えます。分からなければ空欄（基準日に公表されたものとします）。",
    )
    certainty = RadioField(
        "確度",
        [InputRequired("確度を選んでください。")],
        choices=list(CERTAINTIES),
        description="速報など、まだ変わる値は見込。",
    )
    source = StringField(
        "根拠",
        [Plain("根拠", 300)],
        filters=[plain_text],
        description="値の載っている資料。例：総務省統計局 令和2年国勢調査 人口等基本集計",
    )
    pasted = TextAreaField(
        "Excelから貼り付ける",
        description="団体コードと値の列（間に団体名があってもよい）をコピーして、ここに貼り付けます。",
    )
    file = FileField(
        "ファイルを読み込む",
        description="Excelブック（.xlsx、シートは1枚か「算定基礎」）またはCSV（UTF-8かShift_JIS）。"
        "1行目の見出しは「団体コード」「値」（「団体名」もあってよい）。",
    )

    #: what was read of a table in another way than it stood
    notices: tuple[str, ...] = ()

    def entry(self) -> basis_editions.Entry:
        """Give what was entered, for the use case."""
        return basis_editions.Entry(
            reference_date=self.reference_date.data,
            period_from=self.period_from.data,
            name=self.name.data or "",
            published_on=self.published_on.data,
            certainty=self.certainty.data,
            source=self.source.data or "",
            values=self.values(),
        )

    def value_fields(self) -> Iterator[tuple[MunicipalityCode, ValueField]]:
        """Give the field of each member by its code."""
        for field in self:
            if isinstance(field, ValueField):
                yield municipality_code(field.name.removeprefix("value-")), field

    def values(self) -> dict[MunicipalityCode, Fraction]:
        """Give the values entered; empty ones are left out."""
        return {code: each.data for code, each in self.value_fields() if each.data is not None}

    def has_table(self) -> bool:
        """Say whether something was pasted or a file chosen that is not in the grid yet."""
        return bool((self.pasted.data or "").strip() or self._has_file())

    def _has_file(self) -> bool:
        return bool(self.file.data and self.file.data.filename)

    def take_table(self, page: EditionPage) -> int | None:
        """Put what was pasted or uploaded into the grid; give how many values, None if refused."""
        has_text = bool((self.pasted.data or "").strip())
        if has_text and self._has_file():
            self.file.errors = [
                "貼り付けた表とファイルの両方があります。どちらか一つにしてください。"
            ]
            return None
        if self._has_file():
            with closing(self.file.data) as sent:
                field, table = self.file, read_file(page, sent.read(LARGEST_FILE + 1))
        else:
            field, table = self.pasted, read_pasted(page, self.pasted.data or "")
        if table.faults:
            field.errors = [str(fault) for fault in table.faults]
            return None
        for code, value_field in self.value_fields():
            if code in table.values:
                value_field.put(table.values[code])
        self.pasted.data, self.notices = "", table.notices
        return len(table.values)

    def check_values(self) -> None:
        """Show at once what is wrong with a value or a day, without asking for the rest."""
        for field in self:
            if isinstance(field, TypedField) and field.process_errors:
                field.errors = list(field.process_errors)


class NewSeriesForm(EditionForm):
    """新しい算定基礎と、その最初の版."""

    label = StringField(
        "名称",
        [Plain("名称", 60)],
        filters=[plain_text],
        description="明細書に載る名前。例：端末台数、住民基本台帳人口、ごみ搬入量",
    )
    key = StringField(
        "キー",
        [Plain("キー", 40, is_required=False)],
        filters=[plain_text],
        description="算定ケースの中で使う英字の名前。例：desks。空欄なら自動で付けます。",
    )


class CorrectionForm(EditionForm):
    """版の訂正: knows what was seen."""

    seen = StringField("画面の内容", widget=HiddenInput())
    reason = StringField(
        "訂正の理由",
        [Plain("訂正の理由", 200)],
        filters=[plain_text],
        description="操作記録に残ります。例：板柳町の値の転記誤り",
    )


F = TypeVar("F", bound=EditionForm)


class WithdrawForm(PortalForm):
    """版の取下げ."""

    seen = StringField("画面の内容", widget=HiddenInput())
    reason = StringField(
        "取下げの理由",
        [Plain("取下げの理由", 200)],
        filters=[plain_text],
        description="操作記録に残ります。例：別の基準日の値だったため",
    )


def edition_form(kind: type[F], page: EditionPage) -> F:
    """Make the form with a field for each member, filled with the edition to correct."""
    fields = {f"value-{town.code}": ValueField(f"{town.name}の値") for town in page.members}
    with_values = type(kind.__name__, (kind,), fields)
    form: F = with_values(data=_filled(page.edition) if page.edition else None)
    return form


def _filled(edition: Edition) -> dict[str, object]:
    return {
        "reference_date": edition.reference_date,
        "period_from": edition.period_from,
        "name": edition.name,
        "published_on": edition.published_on,
        "certainty": edition.certainty,
        "source": edition.source,
        "seen": edition.fingerprint,
        **{f"value-{code}": value for code, value in edition.values.items()},
    }


class GridRow(NamedTuple):
    """One member in the grid (表の行)."""

    code: str
    name: str
    field: ValueField
    #: the value to compare with; None where there is none
    before: Fraction | None
    #: difference and its part of the value before, as shown; empty where one is missing
    difference: str
    percentage: str
    is_remarkable: bool


def grid(form: EditionForm, page: EditionPage, previous: Edition | None) -> list[GridRow]:
    """Set each member's value beside the one before (新旧の表)."""
    names = page.names
    values = previous.values if previous else {}
    return [_row(code, names[code], each, values.get(code)) for code, each in form.value_fields()]


def _row(code: str, name: str, field: ValueField, before: Fraction | None) -> GridRow:
    if before is None or field.data is None:
        return GridRow(code, name, field, before, "", "", False)
    difference: Fraction = field.data - before
    percentage = ""
    if before:
        # To one decimal, half up; for looking at only.
        tenths = (abs(difference) / before * 2000 + 1) // 2
        percentage = _signed(difference, f"{tenths // 10}.{tenths % 10}％")
    is_remarkable = abs(difference) > before * REMARKABLE
    shown = _signed(difference, write_value(abs(difference)))
    return GridRow(code, name, field, before, shown, percentage, is_remarkable)


def _signed(difference: Fraction, amount: str) -> str:
    return f"△{amount}" if difference < 0 else f"＋{amount}" if difference > 0 else amount
