"""The form of a hand-in (基礎数値・利用意向の入力), made for the series and services of a round."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired

from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.usecases import base_figures
from consortium.usecases.base_figures import Asked, Figure, HandInEntry, Intent
from consortium.usecases.bases import write_value
from consortium.usecases.figure_files import ReadForm
from consortium.web.basis_forms import ValueField
from consortium.web.fields import ChoiceField, Plain, plain_text
from consortium.web.records import NewRecordForm, SeenForm

_INTENT, _INTENT_NOTE = "intent_", "intent_note_"
_VALUE, _CERTAINTY = "value_", "certainty_"


class HandInForm(SeenForm, NewRecordForm):
    """基礎数値の提出; `hand_in_form()` adds the fields of the series and services.

    Hand-ins are only added: what was seen is how many of the town there were.
    """

    note = TextAreaField("備考", [Plain("備考", 500, is_required=False)], filters=[plain_text])
    confirms = BooleanField("20％を超える差を確かめました")

    def entry(self, asked: Asked) -> HandInEntry:
        """Give what was entered, for the use case."""
        figures = {
            key: Figure(self[_VALUE + key].data, self[_CERTAINTY + key].data)
            for key in asked.round.series
        }
        intents = {
            each.id: Intent(self[_INTENT + each.id].data, self[_INTENT_NOTE + each.id].data)
            for each in asked.services
            if self[_INTENT + each.id].data
        }
        reason = self["reason"].data if "reason" in self else ""
        return HandInEntry(
            figures, intents, self.note.data, reason, self.confirms.data, self.row_version.data
        )


def hand_in_form(
    asked: Asked, code: str, *, asks_reason: bool, read: ReadForm | None = None
) -> HandInForm:
    """Make the form, filled with what the town handed in last, or with what a file says."""
    fields: dict[str, Any] = {}
    for key, label in asked.round.series.items():
        needed = InputRequired(f"{label}を入力してください。")
        fields[_VALUE + key] = ValueField(label, validators=[needed])
        fields[_CERTAINTY + key] = RadioField(
            f"{label}の確度",
            [InputRequired("確度を選んでください。")],
            choices=list(base_figures.CERTAINTIES),
        )
    for each in asked.services:
        fields[_INTENT + each.id] = ChoiceField(each.name)
        plain = Plain("備考", 200, is_required=False)
        fields[_INTENT_NOTE + each.id] = StringField(
            f"{each.name}の備考", [plain], filters=[plain_text]
        )
    if asks_reason:
        fields["reason"] = TextAreaField(
            "団体に代わって入力する理由",
            [Plain("団体に代わって入力する理由", 500)],
            filters=[plain_text],
        )
    made = type("HandInForm", (HandInForm,), fields)
    filled = _filled(asked, code)
    form: HandInForm = (
        # What was sent with the file is not what was typed into this form.
        made(formdata=None, data=filled | _read(read)) if read else made(data=filled)
    )
    for each in asked.services:
        form[_INTENT + each.id].offer(base_figures.INTENTS.items(), nothing="予定なし")
    return form


def _filled(asked: Asked, code: str) -> dict[str, Any]:
    latest = asked.round.latest(code)
    data: dict[str, Any] = {_INTENT + each.id: "" for each in asked.services}
    data["row_version"] = len(asked.round.of(code))
    if latest is None:
        data |= {_INTENT + each: "continue" for each in asked.uses.get(code, frozenset())}
        return data | {_CERTAINTY + key: "確定" for key in asked.round.series}
    data["note"] = latest.note
    for key, figure in latest.figures.items():
        data |= {_VALUE + key: figure.value, _CERTAINTY + key: figure.certainty}
    for key, intent in latest.intents.items():
        data |= {_INTENT + key: intent.intent, _INTENT_NOTE + key: intent.note}
    return data


def _read(read: ReadForm) -> dict[str, Any]:
    data: dict[str, Any] = {"note": read.note} if read.note else {}
    for key, figure in read.figures.items():
        data |= {_VALUE + key: figure.value, _CERTAINTY + key: figure.certainty}
    return data


def steps(asked: Asked, code: str, read: ReadForm) -> list[str]:
    """Say what each figure was and becomes (前回→今回)."""
    said = []
    for key, figure in read.figures.items():
        before = asked.previous(key, code)
        earlier = "前回の値なし" if before is None else f"前回 {write_value(before)}"
        now = f"今回 {write_value(figure.value)}（{figure.certainty}）"
        said.append(f"{asked.round.series[key]}：{earlier} → {now}{_change(before, figure.value)}")
    return said


def _change(before: Fraction | None, now: Fraction) -> str:
    if before is None:
        return ""
    if now == before:
        return "、増減なし"
    gap = now - before
    return f"、{'△' if gap < 0 else '＋'}{write_value(abs(gap))}"


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One series on the form: its fields beside the figure before (提出の一行)."""

    label: str
    field: Any
    certainty: Any
    before: Fraction | None
    before_name: str


def figure_rows(form: HandInForm, asked: Asked, code: str) -> list[FigureRow]:
    """Set each field beside the figure before this round (前回との対照)."""
    rows = []
    for key, label in asked.round.series.items():
        edition = asked.before[key]
        name = f"{edition.name}（{wareki(edition.reference_date)}時点）" if edition else ""
        rows.append(
            FigureRow(
                label,
                form[_VALUE + key],
                form[_CERTAINTY + key],
                asked.previous(key, code),
                name,
            )
        )
    return rows


def intent_rows(form: HandInForm, asked: Asked) -> list[tuple[Any, Any]]:
    """Give the fields of each service (利用意向の行)."""
    return [(form[_INTENT + each.id], form[_INTENT_NOTE + each.id]) for each in asked.services]


def differences(asked: Asked, code: str, entry: HandInEntry) -> list[tuple[str, str, str]]:
    """Set what was handed in meanwhile beside what was typed: title, saved, typed (競合)."""
    latest = asked.round.latest(code)
    if latest is None:
        return []
    saved = _in_words(asked, latest.figures, latest.intents, latest.note)
    typed = _in_words(asked, entry.figures, entry.intents, entry.note)
    return [(title, saved[title], typed[title]) for title in saved]


def _in_words(
    asked: Asked, figures: Mapping[str, Figure], intents: Mapping[str, Intent], note: str
) -> dict[str, str]:
    words = {
        label: f"{write_value(figures[key].value)}（{figures[key].certainty}）"
        for key, label in asked.round.series.items()
    }
    for each in asked.services:
        intent = intents.get(each.id)
        named = base_figures.INTENTS[intent.intent] if intent else "予定なし"
        words[f"{each.name}の利用意向"] = f"{named}　{intent.note if intent else ''}".strip()
    return words | {"備考": note or "－"}


def round_title(asked: Asked) -> str:
    """Name a round as people do, e.g. 令和9年度の基礎数値の提出 (依頼の名前)."""
    return f"{fiscal_year_label(asked.round.year, asked.year_labels)}の基礎数値の提出"
