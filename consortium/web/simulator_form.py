"""The conditions of a simulation as a form (試算の条件の入力), and as the address of a page.

The form is sent by GET: an address holds all conditions, can be kept, sent and opened again.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, FieldList, Form, FormField, StringField
from wtforms.validators import InputRequired

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.domain.errors import BadInputError, DomainError
from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.yen import LEVELS, MODES, RESIDUALS, UNITS, Rounding
from consortium.usecases.national import town_of
from consortium.usecases.simulation import (
    Assumed,
    Entrant,
    Sharing,
    Simulation,
    faults,
)
from consortium.usecases.simulation_files import decimal, edition_key
from consortium.usecases.simulator import Desk
from consortium.web.fields import (
    ChoiceField,
    DecimalField,
    Plain,
    WarekiDateField,
    YenField,
    plain_text,
)
from consortium.web.forms import PortalForm

_EARLIEST, _LATEST = 1989, 2998
#: Years offered before and after the present one.
_BACK, _AHEAD = 20, 20
#: An edition with more values than this is one of the whole country.
_ALL = 1_000


class TownForm(Form):
    """One town of a simulation (団体)."""

    code = StringField("団体コード", filters=[plain_text])
    since = WarekiDateField("加入日", validators=[InputRequired("加入日を入力してください。")])
    last_day = WarekiDateField("終わりの日")
    value = DecimalField("人口")
    drop = BooleanField("除く")


class SimulatorForm(PortalForm):
    """試算の条件."""

    class Meta:
        """Sent by GET; nothing is changed, so nothing needs to be proved."""

        locales = ("ja",)
        csrf = False

    name = StringField(
        "試算の名前",
        [Plain("試算の名前", 60, is_required=False)],
        filters=[plain_text],
        description="表題とファイルに載ります。例：鶴田町が加入したら",
    )
    first = ChoiceField("始まりの年度", validators=[InputRequired("年度を選んでください。")])
    last = ChoiceField("終わりの年度", validators=[InputRequired("年度を選んでください。")])
    base_day = WarekiDateField(
        "「今」とする日",
        validators=[InputRequired("「今」とする日を入力してください。")],
        description="この日に加入している団体だけの負担額を「今」として、加入後と比べます。",
    )
    entrants = FieldList(FormField(TownForm))
    lead = ChoiceField("幹事市", description="端数を幹事市が負担する規則のときに使います。")
    edition = ChoiceField("人口の版")
    item = StringField("費目の名前", [Plain("費目の名前", 60)], filters=[plain_text])
    fixed = YenField("固定の額（年額）", validators=[InputRequired("額を入力してください。")])
    per_member = YenField(
        "一団体あたり（年額）", validators=[InputRequired("額を入力してください。")]
    )
    per_unit = DecimalField(
        "住民一人あたり（年額）", validators=[InputRequired("額を入力してください。")]
    )
    equal = DecimalField("均等割", validators=[InputRequired("割合を入力してください。")])
    population = DecimalField("人口割", validators=[InputRequired("割合を入力してください。")])
    unit = ChoiceField("端数の単位")
    mode = ChoiceField("丸め方")
    level = ChoiceField("端数処理の段階")
    residual = ChoiceField("端数の負担者")
    proration = ChoiceField("按分期間")

    def offer(self, desk: Desk, this_year: FiscalYear) -> None:
        """Offer years, editions and the registered ways to round and to prorate."""
        near = range(this_year.start_year - _BACK, this_year.start_year + _AHEAD + 1)
        years = {*near, *self._asked_years()}
        choices = [(str(y), f"{fiscal_year_label(FiscalYear(y))}（{y}）") for y in sorted(years)]
        self.first.offer(choices)
        self.last.offer(choices)
        self.edition.offer((key, _edition_label(key, desk)) for key in desk.editions)
        self.lead.offer([(t.code, t.name) for t in self.towns()], nothing="なし")
        self.unit.offer((str(unit), f"{unit:,}円") for unit in UNITS)
        self.mode.offer(MODES.items())
        self.level.offer(LEVELS.items())
        self.residual.offer((key, way.label) for key, way in RESIDUALS.items())
        self.proration.offer((key, way.label) for key, way in PRORATIONS.items())

    def _asked_years(self) -> Iterator[int]:
        for field in (self.first, self.last):
            text = str(field.data or "")
            if text.isascii() and text.isdigit() and _EARLIEST <= int(text[:5]) <= _LATEST:
                yield int(text)

    def towns(self) -> Iterator[Any]:
        """Give the towns of the list that are named, each once."""
        for code in dict.fromkeys(entry.form.code.data for entry in self.entrants):
            try:
                yield town_of(code)
            except DomainError:
                continue

    def check(self, desk: Desk) -> Simulation | None:
        """Validate everything; give the simulation, or None with messages at the fields."""
        if not self.validate() or self._unknown_towns():
            return None
        try:
            simulation = self._simulation(desk)
        except BadInputError as error:
            self.show(error)
            return None
        wrong = list(faults(simulation))
        for fault in wrong:
            self.show(fault)
        return None if wrong else simulation

    @property
    def error_count(self) -> int:
        """Count the messages, those of the towns as well (誤りの数)."""
        plain = [field.errors for field in self if field.name != "entrants"]
        towns = [field.errors for entry in self.entrants for field in entry.form]
        return len(self.form_errors) + sum(len(errors) for errors in (*plain, *towns))

    def _unknown_towns(self) -> bool:
        for entry in self.entrants:
            try:
                town_of(entry.form.code.data)
            except BadInputError as error:
                entry.form.since.errors = [f"{error.found}{error.todo}"]
        return any(entry.form.since.errors for entry in self.entrants)

    def show(self, error: DomainError) -> None:
        """Put a refusal at the field it is about, or at the head of the form."""
        path = error.path if isinstance(error, BadInputError) else ""
        text = f"{error.found}{error.todo}"
        match = re.fullmatch(r"entrants-([0-9]+)-(since|last_day|value)", path)
        if match:
            field = self.entrants[int(match[1])].form[match[2]]
            field.errors = [*field.errors, text]
        elif path in self:
            self[path].errors = [*self[path].errors, text]
        else:
            self.form_errors.append(text)

    def _simulation(self, desk: Desk) -> Simulation:
        return Simulation(
            self.name.data,
            FiscalYear(int(self.first.data)),
            FiscalYear(int(self.last.data)),
            self.base_day.data,
            tuple(self._entrants()),
            self.lead.data,
            desk.editions[self.edition.data],
            Assumed(self.fixed.data, self.per_member.data, self.per_unit.data, self.item.data),
            Sharing(
                self.equal.data,
                self.population.data,
                Rounding(int(self.unit.data), self.mode.data, self.level.data, self.residual.data),
                self.proration.data,
            ),
        )

    def _entrants(self) -> Iterator[Entrant]:
        for entry in self.entrants:
            form = entry.form
            last = form.last_day.data
            yield Entrant(
                form.code.data,
                town_of(form.code.data).name,
                form.since.data,
                last + timedelta(days=1) if last else None,
                form.value.data,
            )


def _edition_label(key: str, desk: Desk) -> str:
    series = desk.editions[key]
    covered = "" if len(series.values) > _ALL else f"（{len(series.values)}団体）"
    return f"{series.edition}{covered}"


# ---- conditions as fields ------------------------------------------------------------------------


def fields_of(simulation: Simulation) -> MultiDict[str, str]:
    """Give what the form would send for a simulation: the address of its pages (条件の欄)."""
    cost, sharing = simulation.cost, simulation.sharing
    rounding = sharing.rounding
    plain_fields = {
        "name": simulation.name,
        "first": str(simulation.first.start_year),
        "last": str(simulation.last.start_year),
        "base_day": str(simulation.base_day),
        "lead": simulation.lead,
        "edition": edition_key(simulation.basis),
        "item": cost.item,
        "fixed": f"{cost.fixed:,}",
        "per_member": f"{cost.per_member:,}",
        "per_unit": decimal(cost.per_unit),
        "equal": decimal(sharing.equal),
        "population": decimal(sharing.population),
        "unit": str(rounding.unit),
        "mode": rounding.mode,
        "level": rounding.level,
        "residual": rounding.residual,
        "proration": sharing.proration,
    }
    towns = {
        f"entrants-{place}-{key}": text
        for place, each in enumerate(simulation.entrants)
        for key, text in _town_fields(each).items()
    }
    return MultiDict({**plain_fields, **towns})


def _town_fields(each: Entrant) -> dict[str, str]:
    last = each.until - timedelta(days=1) if each.until else None
    given = {
        "code": each.code,
        "since": str(each.since),
        "last_day": str(last) if last else "",
        "value": "" if each.value is None else decimal(each.value),
    }
    return {key: text for key, text in given.items() if text}


def query_of(simulation: Simulation) -> str:
    """Write the conditions as the query of an address (条件の検索文字列)."""
    return urlencode(list(fields_of(simulation).items()))


def towns_changed(given: MultiDict[str, str], since: str) -> MultiDict[str, str]:
    """Give the fields with the towns chosen added, and those marked left out (団体の増減)."""
    numbers = sorted(
        {int(m[1]) for key in given if (m := re.fullmatch(r"entrants-([0-9]{1,4})-\w+", key))}
    )
    kept = [n for n in numbers if f"entrants-{n}-drop" not in given]
    result: MultiDict[str, str] = MultiDict(
        (key, value)
        for key, value in given.items(multi=True)
        if not key.startswith("entrants-") and key not in ("add", "do")
    )
    for place, number in enumerate(kept):
        for part in ("code", "since", "last_day", "value"):
            if text := given.get(f"entrants-{number}-{part}"):
                result[f"entrants-{place}-{part}"] = text
    known = {given.get(f"entrants-{n}-code") for n in kept}
    new = [code for code in dict.fromkeys(given.getlist("add")) if code not in known]
    for place, code in enumerate(new, start=len(kept)):
        result[f"entrants-{place}-code"] = code
        result[f"entrants-{place}-since"] = since
    return result
