"""Bases and rules of a case file (算定基礎・負担ルールの読取り). Keys: docs/case-file.md."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from consortium.domain.errors import BadInputError
from consortium.domain.sharing.bases import component_label
from consortium.domain.sharing.dating import DATINGS, Dating
from consortium.domain.sharing.facts import Series
from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.sharing.result import LINE_LABELS
from consortium.domain.sharing.roots import check_exponent
from consortium.domain.sharing.rule import LEAVINGS, PERCENT, Component, Rule, Rules
from consortium.domain.timeline import Dated, Source, Timeline
from consortium.domain.yen import Rounding
from consortium.intake.keys import ASKED, Node, at

#: The editions of each basis by its name.
Editions = Mapping[str, Sequence[Series]]

EQUAL = "equal"

#: What a line of the result may be called besides its component; no basis has such a name.
RESERVED = (EQUAL, *LINE_LABELS)


# ---- bases ---------------------------------------------------------------------------------------


def read_bases(node: Node | None, codes: set[str]) -> Editions:
    """Read the tables of values, each with one edition or several (算定基礎)."""
    if node is None:
        return {}
    result = {}
    for key in node.mapping():
        entry = node.child(key)
        if key in RESERVED:
            raise entry.refuse("別の意味で使う名前です。", "別の名前にしてください。")
        label = entry.find("label")
        name = label.text() if label else key
        entry.allow(
            "label", "editions", "reference_date", "period_from", "edition", "published_on",
            "certainty", "source", "values",
        )  # fmt: skip
        each = _editions(entry) if entry.find("editions") else [entry]
        result[key] = [_edition(key, name, edition, codes) for edition in each]
    return result


def _editions(entry: Node) -> list[Node]:
    """List the editions of a basis that has several; each has its reference date."""
    for key in entry.mapping():
        if key not in ("label", "editions") and entry.find(key):
            raise entry.child(key).refuse("editionsと両方あります。", "editionsに書いてください。")
    editions = entry.get("editions").children()
    for edition in editions:
        edition.allow(
            "reference_date", "period_from", "edition", "published_on", "certainty", "source",
            "values",
        )  # fmt: skip
        edition.get("reference_date")
    return editions


def _edition(key: str, label: str, node: Node, codes: set[str]) -> Series:
    edition, source, certainty = node.find("edition"), node.find("source"), node.find("certainty")
    return Series(
        key,
        label,
        _values(node.get("values"), codes),
        _day(node, "reference_date"),
        edition.text() if edition else "",
        certainty.choice(("見込", "確定")) if certainty else "確定",
        source.text() if source else "",
        _day(node, "published_on"),
        _day(node, "period_from"),
    )


def _values(node: Node, codes: set[str]) -> dict[str, Fraction]:
    """Read values by 団体コード; none may be negative."""
    values = node.by_code(Node.ratio, codes)
    for code, value in values.items():
        if value < 0:
            raise node.child(code).refuse(f"{value} は負の値です。", "0以上の値にしてください。")
    return values


def _day(node: Node, key: str) -> date | None:
    found = node.find(key)
    return found.day() if found else None


# ---- rules ---------------------------------------------------------------------------------------


class _Defaults(NamedTuple):
    """What rules have that do not say their own."""

    rounding: Rounding
    proration: str
    leaving: str


def read_rules(root: Node, editions: Editions, codes: set[str]) -> Rules:
    """Read rule versions into one timeline per category (負担ルール)."""
    usual = _terms(root, _Defaults(Rounding(), "monthly", "month"))
    entries: dict[str | None, dict[str, Dated[Rule]]] = {}
    for version in root.get("rules").children():
        version.allow(
            "since", "source", "category", "components", "rounding", "proration", "leaving"
        )
        category = version.find("category")
        name = category.text() if category else None
        dated = _version(version, _Reader(editions, codes), usual)
        seen = entries.setdefault(name, {})
        if str(dated.since) in seen:
            found = f"{dated.since} 施行の版が二つあります。"
            raise version.get("since").refuse(found, "施行日を変えるか、一つにしてください。")
        seen[str(dated.since)] = dated
    return {
        ("", name): Timeline(seen.values(), f"{name or 'すべての経費区分'}の負担ルール")
        for name, seen in entries.items()
    }


def _terms(node: Node, usual: _Defaults) -> _Defaults:
    """Read rounding, proration and leaving; what is left out is as usual."""
    rounding, proration = node.find("rounding"), node.find("proration")
    leaving = node.find("leaving")
    return _Defaults(
        _rounding(rounding) if rounding else usual.rounding,
        proration.choice(tuple(PRORATIONS)) if proration else usual.proration,
        leaving.choice(tuple(LEAVINGS)) if leaving else usual.leaving,
    )


def _rounding(node: Node) -> Rounding:
    """Read unit, mode, level, residual and digits; what is left out has its default."""
    node.allow("unit", "mode", "level", "residual", "ratio_digits")
    given: dict[str, Any] = {}
    for key in node.mapping():
        entry = node.child(key)
        numeric = key in ("unit", "ratio_digits")
        given[key] = entry.integer() if numeric else entry.text()
    with at(node.path):
        return Rounding(**given)


def _version(node: Node, reader: "_Reader", usual: _Defaults) -> Dated[Rule]:
    source = node.find("source")
    components = tuple(reader.component(child) for child in node.get("components").children())
    terms = _terms(node, usual)
    with at(node.path):
        rule = Rule(components, *terms)
    since = node.get("since").day()
    return Dated(since, rule, Source(source.text() if source else "（出典の記載なし）"))


class _Reader(NamedTuple):
    """Reads components: what there is to refer to."""

    editions: Editions
    codes: set[str]

    def component(self, node: Node) -> Component:
        """Read one component; its keys say of which kind it is."""
        node.allow(
            "basis", "weight", "percent", "power", "values", "host", "overrides",
            "override_source", "dating", "label",
        )  # fmt: skip
        name, label = node.get("basis").text(), node.find("label")
        if node.find("values"):
            return self._written(node, name, "fixed", label.text() if label else None)
        if node.find("host"):
            return self._written(node, name, "host", label.text() if label else None)
        if name == EQUAL:
            _only(node, "basis", "weight", "label")
            weight = node.get("weight").ratio()
            with at(node.path):
                return Component(name, EQUAL, label.text() if label else "均等割", weight)
        return self._of_series(node, name, label.text() if label else None)

    def _written(self, node: Node, name: str, kind: str, label: str | None) -> Component:
        """Read a component whose weights stand in the rule itself."""
        key = {"fixed": "values", "host": "host"}[kind]
        _only(node, "basis", "weight", "label", key)
        if name in self.editions or name in RESERVED:
            raise node.get("basis").refuse(
                f"「{name}」は別の意味で使う名前です。", "別の名前にしてください。"
            )
        if kind == "host":
            code = node.get("host").member(self.codes)
            own = {code: Fraction(1)}
        else:
            own = _values(node.get("values"), self.codes)
        weight = node.get("weight").ratio()
        with at(node.path):
            return Component(name, kind, label or component_label(kind), weight, own=own)

    def _of_series(self, node: Node, name: str, label: str | None) -> Component:
        """Read a component that weighs by a basis: its values, a power or a percentage of them."""
        power, percent = node.find("power"), node.find("percent")
        overrides, source = node.find("overrides"), node.find("override_source")
        if name not in self.editions:
            known = "、".join([EQUAL, *self.editions])
            todo = f"basesに登録するか、{known} のいずれかにしてください。"
            with at(node.path):
                raise BadInputError(ASKED, f"算定基礎「{name}」がありません。", todo, path="basis")
        kind = "power" if power else PERCENT if percent else "table"
        if percent:
            _only(node, "basis", "percent", "overrides", "override_source", "dating", "label")
        if source and not overrides:
            raise source.refuse("overridesがありません。", "overridesを書くか除いてください。")
        exponent = power.ratio() if power else None
        if exponent is not None:
            with at(node.path):
                check_exponent(exponent)
        weight = (percent or node.get("weight")).ratio()
        dating = node.find("dating")
        own = _values(overrides, self.codes) if overrides else {}
        when = _dating(dating) if dating else None
        note = source.text() if source else ""
        shown = label or component_label(kind, self.editions[name][0].label)
        with at(node.path):
            return Component(name, kind, shown, weight, name, own, note, exponent, when)


def _only(node: Node, *keys: str) -> None:
    """Refuse keys that another kind of component has."""
    for key in node.mapping():
        if key not in keys and node.find(key):
            raise node.child(key).refuse(
                "この種類の構成割では使わないキーです。", f"{'、'.join(keys)} だけにしてください。"
            )


def _dating(node: Node) -> Dating:
    """Read a date rule: a word, or a word with what it needs."""
    if isinstance(node.value, str):
        kind = node.choice(tuple(DATINGS))
        with at(node.path):
            return Dating(kind)
    node.allow("previous_fiscal_year", "cumulated", "frozen", "edition")
    given = [key for key in node.mapping() if key != "edition"]
    if len(given) != 1:
        raise node.refuse("定め方が一つではありません。", "一つだけ書いてください。")
    value, edition = node.child(given[0]), node.find("edition")
    if edition and given[0] != "frozen":
        raise edition.refuse("この定め方では使いません。", "frozen のときだけ書いてください。")
    fields: dict[str, Any] = {}
    if given[0] == "previous_fiscal_year":
        fields["month_day"] = value.month_day()
    elif given[0] == "frozen":
        fields |= {"first": value.day(), "edition": edition.text() if edition else ""}
    else:
        value.allow("from", "to")
        fields |= {"first": value.get("from").day(), "last": value.get("to").day()}
    with at(value.path, whole=True):
        return Dating(given[0], **fields)
