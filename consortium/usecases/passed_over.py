"""Rules that name other figures than a round of base figures made (使われない版).

A rule that names one edition or one day uses no other, however new: whoever made an edition is
told so, because nothing else would say that the next run leaves it out.
"""

from dataclasses import dataclass

from consortium.db.store import bases
from consortium.db.store import rules as store
from consortium.db.store.rules import Component, Rule
from consortium.db.unit import reading
from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.errors import NotInForceError
from consortium.domain.sharing.dating import choose, in_words, published_day
from consortium.domain.sharing.facts import Series
from consortium.usecases.base_rounds import Asked
from consortium.usecases.viewer import Viewer


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A rule in force in the round's year that uses other figures (版を使わない負担ルール)."""

    rule_id: str
    rule: str
    #: which figures it names, e.g. 令和2年国勢調査
    used: str

    @property
    def words(self) -> str:
        """Say what the rule uses and what to do (注意の文)."""
        return (
            f"負担ルール「{self.rule}」は{self.used}を使うと定めています。"
            "この版を使うには、負担ルールの新しい版を登録してください。"
        )


def passed_over(viewer: Viewer, asked: Asked) -> tuple[PassedOver, ...]:
    """List the rules that cannot use an edition the round made (版を使わない負担ルール)."""
    if not asked.made:
        return ()
    made = {key: found[0] for key, found in bases.by_series(asked.made.values()).items()}
    with reading() as session:
        rules = store.rules(session, viewer.consortium_id)
    found = [
        PassedOver(rule.id, rule.name, _named(component))
        for rule in rules
        for component in _components(rule, asked.round.year)
        if component.series in made
        and not _can_use(component, made[component.series], asked.round.year)
    ]
    return tuple(dict.fromkeys(found))


def _components(rule: Rule, year: FiscalYear) -> list[Component]:
    """Give the components of the versions in force in a year (年度に適用する構成割)."""
    ends = [*(later.since for later in rule.versions[1:]), None]
    return [
        component
        for version, end in zip(rule.versions, ends, strict=True)
        if Period(version.since, end).overlaps(year.period)
        for component in version.components
    ]


def _can_use(component: Component, made: Series, year: FiscalYear) -> bool:
    """Say whether the date rule would take this edition if there were no other (版を使えるか)."""
    if component.dating is None:
        return True
    try:
        choose(component.dating, [made], year, published_day(made))
    except NotInForceError:
        return False
    return True


def _named(component: Component) -> str:
    dating = component.dating
    return component.edition or (in_words(dating).removesuffix("に固定") if dating else "")
