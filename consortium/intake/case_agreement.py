"""What a case file says beside items and rules (協定の定めの読取り). Keys: docs/case-file.md."""

from collections.abc import Sequence

from consortium.domain.fiscalyear.instalment import Instalments
from consortium.domain.funding import TREATMENTS, Grant
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.dampening import BY_SHARE, Dampening
from consortium.domain.sharing.result import CostItem
from consortium.domain.sharing.transfers import BuildCost, Term
from consortium.intake.keys import Node, at


def read_agreement(root: Node, items: Sequence[CostItem], codes: set[str]) -> Agreement:
    """Read grants, terms with their build costs, and dampening (補助金・利用期・激変緩和)."""
    grants, dampening = root.find("grants"), root.find("dampening")
    builds = root.find("build_costs")
    terms = _terms(root.find("terms"))
    return Agreement(
        tuple(_grant(node, items, codes) for node in grants.children()) if grants else (),
        tuple(_build(node, terms) for node in builds.children()) if builds else (),
        _dampening(dampening, codes) if dampening else None,
    )


def _grant(node: Node, items: Sequence[CostItem], codes: set[str]) -> Grant:
    node.allow("name", "item", "member", "amount", "rate", "treatment")
    name, item, member = node.find("name"), node.find("item"), node.find("member")
    amount, rate = node.find("amount"), node.find("rate")
    treatment = node.get("treatment").choice(tuple(TREATMENTS))
    no = _number(item, items) if item else None
    code = member.member(codes) if member else None
    called = name.text() if name else "補助金"
    yen, part = amount.yen() if amount else None, rate.ratio() if rate else None
    with at(node.path):
        return Grant(called, yen, treatment, no, code, part)


def _number(node: Node, items: Sequence[CostItem]) -> int:
    """Find the item that a grant names."""
    name = node.text()
    found = [item.no for item in items if item.name == name]
    if not found:
        raise node.refuse(f"費目「{name}」がありません。", "itemsにある名前を書いてください。")
    if len(found) > 1:
        todo = "費目の名前を一つずつ変えてください。"
        raise node.refuse(f"費目「{name}」が{len(found)}つあります。", todo)
    return found[0]


def _terms(node: Node | None) -> dict[str, Term]:
    result: dict[str, Term] = {}
    for entry in node.children() if node else ():
        entry.allow("name", "since", "until")
        name = entry.get("name").text()
        if name in result:
            raise entry.get("name").refuse(f"「{name}」が二度あります。", "名前を変えてください。")
        since, until = entry.get("since").day(), entry.get("until").day()
        with at(entry.path):
            result[name] = Term.between(name, since, until)
    return result


def _build(node: Node, terms: dict[str, Term]) -> BuildCost:
    node.allow("name", "amount", "term", "category", "joining", "leaving")
    term, category = node.get("term"), node.find("category")
    joining, leaving = node.find("joining"), node.find("leaving")
    if term.text() not in terms:
        found = f"利用期「{term.text()}」がありません。"
        raise term.refuse(found, "termsに書いてください。")
    name, amount = node.get("name").text(), node.get("amount").yen()
    kind = category.text() if category else ""
    joins, leaves = joining.flag() if joining else True, leaving.flag() if leaving else False
    with at(node.path):
        return BuildCost(name, amount, terms[term.text()], "", kind, joins, leaves)


def _dampening(node: Node, codes: set[str]) -> Dampening:
    node.allow("previous", "up", "down", "tolerance", "order", "source")
    order, source = node.find("order"), node.find("source")
    up, down, tolerance = node.find("up"), node.find("down"), node.find("tolerance")
    previous = node.get("previous").by_code(Node.yen, codes)
    rise, fall, band = (each.ratio() if each else None for each in (up, down, tolerance))
    turns = _order(order, codes) if order else BY_SHARE
    note = source.text() if source else ""
    with at(node.path):
        return Dampening(previous, rise, fall, band, turns, note)


def read_instalments(node: Node) -> Instalments:
    """Read how the contributions are cut (期別納付)."""
    node.allow("percents", "unit", "mode")
    unit, mode = node.find("unit"), node.find("mode")
    percents = tuple(each.ratio() for each in node.get("percents").children())
    step, how = unit.integer() if unit else 1, mode.text() if mode else "floor"
    with at(node.path):
        return Instalments(percents, step, how)


def _order(node: Node, codes: set[str]) -> tuple[str, ...] | str:
    if isinstance(node.value, list):
        return tuple(each.member(codes) for each in node.children())
    return node.choice((BY_SHARE,))
