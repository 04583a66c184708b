"""Case files (算定ケース): members, bases, rules and costs of one fiscal year in YAML or JSON.

The schema is docs/case-file.md. Everything is checked here; a refusal names the key.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.errors import BadInputError
from consortium.domain.sharing.bases import BASES, component_label
from consortium.domain.sharing.engine import check_months
from consortium.domain.sharing.facts import Facts, Party, Series
from consortium.domain.sharing.proration import PRORATIONS
from consortium.domain.sharing.result import DIRECT, ROUNDING, CostItem
from consortium.domain.sharing.rule import Component, Rule, Rules
from consortium.domain.timeline import Dated, Source, Timeline
from consortium.domain.yen import Rounding, Yen
from consortium.intake.keys import ASKED, Node, Unread, at, refuse

#: Larger files are no cases; refused before they are parsed (bytes).
MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Case:
    """One case, ready to be shared (算定ケース); `expect` is what the author says comes out."""

    name: str
    fiscal_year: FiscalYear
    items: tuple[CostItem, ...]
    rules: Rules
    facts: Facts
    expect: Mapping[str, Yen] | None


class _Loader(yaml.SafeLoader):
    """A YAML loader that refuses references; it composes nodes, `_plain` makes values of them."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse references (&, *): a small file could unfold into a huge one."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # untyped in its stubs
            line = event.start_mark.line + 1
            raise refuse("", f"{line}行目に参照（*）があります。", "参照を使わずに書いてください。")
        return super().compose_node(parent, index)


def read_case(content: bytes) -> Case:
    """Read a case file.

    Raises: BadInputError whose `path` is the key, e.g. `items[0].from`.
    """
    return _case(Node("", _parse(content)))


def _parse(content: bytes) -> object:
    """Turn bytes into plain values."""
    if len(content) > MAX_BYTES:
        raise refuse("", "1MBを超えています。", "算定ケースのファイルか確認してください。")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse("", "UTF-8の文字ではありません。", "UTF-8で保存し直してください。") from None
    try:
        root = _compose(text)
        return _plain(root, "") if root else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{mark.line + 1}行目を" if mark else ""
        todo = "インデントと記号を確認してください。"
        raise refuse("", f"{where}YAML・JSONとして読めません。", todo) from None
    except RecursionError:
        raise refuse("", "入れ子が深すぎます。", "括弧の対応を確認してください。") from None


def _compose(text: str) -> yaml.Node | None:
    """Read the structure without making values of it."""
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _plain(node: yaml.Node, path: str) -> object:
    """Make the value of a node: a text, a whole number, true or false, a list, keys and values.

    YAML reads 022021 as octal, 1:30 as 90 and 1.5 as binary: those are left as they stand.
    """
    kind = node.tag.removeprefix("tag:yaml.org,2002:")
    if isinstance(node, yaml.MappingNode) and kind == "map":
        return _plain_mapping(node, path)
    if isinstance(node, yaml.SequenceNode) and kind == "seq":
        return [_plain(child, f"{path}[{i}]") for i, child in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode) and kind in _SCALARS:
        return _SCALARS[kind](node.value)
    line = node.start_mark.line + 1
    todo = "文字、整数、true・false、並び、キーと値だけで書いてください。"
    raise refuse(path, f"{line}行目に扱わない書き方（{kind}）があります。", todo)


def _plain_mapping(node: yaml.MappingNode, path: str) -> dict[str, object]:
    """Make keys and values; a key must be text and stand there once."""
    result: dict[str, object] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = _plain(key_node, path)
        if not isinstance(key, str):
            todo = '団体コードなどのキーは引用符で囲んでください（例 "022021"）。'
            raise refuse(path, f"{line}行目のキーが文字ではありません。", todo)
        below = f"{path}.{key}" if path else key
        if key in result:
            found = f"{line}行目で同じキーが二度使われています。"
            raise refuse(below, found, "一つにしてください。")
        result[key] = _plain(value_node, below)
    return result


def _integer(text: str) -> object:
    return int(text) if _INTEGER.fullmatch(text) else Unread("整数", text)


_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,29})")
_SCALARS: dict[str, Callable[[str], object]] = {
    "str": lambda text: unicodedata.normalize("NFC", text),
    "timestamp": str,  # parse_date() reads it where a day is meant
    "null": lambda _: None,
    "bool": lambda text: text.lower() in ("true", "yes", "on"),
    "int": _integer,
    "float": lambda text: Unread("小数", text),
}


#: The keys of a case, in the order of docs/case-file.md.
_KEYS = (
    "name", "fiscal_year", "members", "bases", "rules", "rounding", "proration", "items", "expect",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Defaults:
    """Rounding and proration for rules that do not say their own."""

    rounding: Rounding
    proration: str


def _case(root: Node) -> Case:
    root.allow(*_KEYS)
    name = root.find("name")
    fiscal_year = FiscalYear(root.get("fiscal_year").year())
    parties, periods = _members(root.get("members"))
    codes = {party.code for party in parties}
    series = _bases(root.find("bases"), codes)
    defaults = _defaults(root)
    rules = _rules(root.get("rules"), series, defaults)
    items = tuple(
        _item(no, node, fiscal_year, codes)
        for no, node in enumerate(root.get("items").children(), start=1)
    )
    expect = root.find("expect")
    return Case(
        name.text() if name else "",
        fiscal_year,
        items,
        rules,
        Facts(parties, {"": periods}, series),
        expect.by_code(Node.yen, codes) if expect else None,
    )


def _members(node: Node) -> tuple[tuple[Party, ...], dict[str, tuple[Period, ...]]]:
    """Read the members; each code once, at most one lead."""
    parties: dict[str, Party] = {}
    periods: dict[str, tuple[Period, ...]] = {}
    for member in node.children():
        member.allow("code", "name", "since", "until", "lead")
        code = str(member.get("code").code())
        if code in parties:
            found = f"{code} が二度あります。"
            raise member.get("code").refuse(found, "団体は一度だけ書いてください。")
        lead = member.find("lead")
        is_lead = lead.flag() if lead else False
        if lead and is_lead and any(party.is_lead for party in parties.values()):
            raise lead.refuse("幹事市が二つあります。", "lead: true は一団体だけにしてください。")
        until = member.find("until")
        since = member.get("since").day()
        end = until.day() if until else None
        with at(member.path):
            periods[code] = (Period(since, end),)
        parties[code] = Party(code, member.get("name").text(), is_lead)
    return tuple(parties[code] for code in sorted(parties)), periods


#: What a line of the result may be called besides its component.
_RESERVED = (DIRECT, ROUNDING, "grant")


def _bases(node: Node | None, codes: set[str]) -> dict[str, Series]:
    """Read the tables of values."""
    if node is None:
        return {}
    result = {}
    for key in node.mapping():
        if key in BASES or key in _RESERVED:
            raise node.child(key).refuse("別の意味で使う名前です。", "別の名前にしてください。")
        entry = node.child(key)
        entry.allow("label", "reference_date", "edition", "certainty", "source", "values")
        label, day = entry.find("label"), entry.find("reference_date")
        edition, source = entry.find("edition"), entry.find("source")
        certainty = entry.find("certainty")
        values = entry.get("values").by_code(Node.ratio, codes)
        for code, value in values.items():
            if value < 0:
                path = f"{entry.path}.values.{code}"
                raise refuse(path, f"{value} は負の値です。", "0以上の値にしてください。")
        result[key] = Series(
            key,
            label.text() if label else key,
            values,
            day.day() if day else None,
            edition.text() if edition else "",
            certainty.choice(("見込", "確定")) if certainty else "確定",
            source.text() if source else "",
        )
    return result


def _defaults(root: Node) -> _Defaults:
    rounding, proration = root.find("rounding"), root.find("proration")
    return _Defaults(
        _rounding(rounding) if rounding else Rounding(),
        proration.choice(tuple(PRORATIONS)) if proration else "monthly",
    )


def _rounding(node: Node) -> Rounding:
    """Read unit, mode, level and residual; what is left out has its default."""
    node.allow("unit", "mode", "level", "residual")
    given: dict[str, Any] = {}
    for key in node.mapping():
        entry = node.child(key)
        given[key] = entry.integer() if key == "unit" else entry.text()
    with at(node.path):
        return Rounding(**given)


def _rules(node: Node, series: dict[str, Series], defaults: _Defaults) -> Rules:
    """Read rule versions into one timeline per category."""
    entries: dict[str | None, dict[str, Dated[Rule]]] = {}
    for version in node.children():
        version.allow("since", "source", "category", "components", "rounding", "proration")
        category = version.find("category")
        name = category.text() if category else None
        dated = _version(version, series, defaults)
        seen = entries.setdefault(name, {})
        if str(dated.since) in seen:
            found = f"{dated.since} 施行の版が二つあります。"
            raise version.get("since").refuse(found, "施行日を変えるか、一つにしてください。")
        seen[str(dated.since)] = dated
    return {
        ("", name): Timeline(seen.values(), f"{name or 'すべての経費区分'}の負担ルール")
        for name, seen in entries.items()
    }


def _version(node: Node, series: dict[str, Series], defaults: _Defaults) -> Dated[Rule]:
    source, rounding = node.find("source"), node.find("rounding")
    proration = node.find("proration")
    components = tuple(_component(child, series) for child in node.get("components").children())
    rounds = _rounding(rounding) if rounding else defaults.rounding
    prorates = proration.choice(tuple(PRORATIONS)) if proration else defaults.proration
    with at(node.path):
        rule = Rule(components, rounds, prorates)
    since = node.get("since").day()
    return Dated(since, rule, Source(source.text() if source else "（出典の記載なし）"))


def _component(node: Node, series: dict[str, Series]) -> Component:
    """Read one component: a kind that needs no table, or the name of a table."""
    node.allow("basis", "weight")
    name, weight = node.get("basis").text(), node.get("weight").ratio()
    plain = [key for key, basis in BASES.items() if not basis.reads_series]
    with at(node.path):
        if name in plain:
            return Component(name, name, component_label(name), weight)
        if name not in series:
            todo = f"basesに登録するか、{'、'.join([*plain, *series])} のいずれかにしてください。"
            raise BadInputError(ASKED, f"算定基礎「{name}」がありません。", todo, path="basis")
        return Component(name, "table", component_label("table", series[name].label), weight, name)


def _item(no: int, node: Node, fiscal_year: FiscalYear, codes: set[str]) -> CostItem:
    node.allow("name", "category", "amount", "from", "to", "charge_to")
    months = fiscal_year.months()
    first, last = node.find("from"), node.find("to")
    category, charge_to = node.find("category"), node.find("charge_to")
    if charge_to and charge_to.code() not in codes:
        raise charge_to.refuse("membersにない団体コードです。", "membersの団体を書いてください。")
    item = CostItem(
        no,
        node.get("name").text(),
        category.text() if category else "",
        node.get("amount").yen(),
        first.month() if first else months[0],
        last.month() if last else months[-1],
        charge_to=str(charge_to.code()) if charge_to else None,
    )
    with at(node.path):
        check_months(item, months)
    return item
