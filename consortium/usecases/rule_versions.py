"""Registering and taking back versions of a sharing rule (負担ルールの版の登録・取下げ)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import uuid4

from consortium.db.store import bases, costs, members, rules
from consortium.db.store.costs import Category
from consortium.db.store.members import Member, Service
from consortium.db.store.rules import Component as Component
from consortium.db.store.rules import Rule as Rule
from consortium.db.store.rules import RuleVersion as RuleVersion
from consortium.db.unit import Unit, reading, writing
from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.domain.errors import BadInputError, InvalidTransitionError, NotFoundError
from consortium.domain.fiscalyear.run import STAGES as ALL_STAGES
from consortium.domain.sharing.facts import Series
from consortium.domain.sharing.sentences import rule_text
from consortium.intake.basis_table import narrow as narrow
from consortium.intake.basis_table import parse_value as parse_value
from consortium.intake.basis_table import write_value as write_value
from consortium.usecases.closings import refuse_closed_days
from consortium.usecases.costs import STAGES
from consortium.usecases.viewer import Viewer

#: More runs than this would not be read in a message.
_MOST_NAMES = 3


@dataclass(frozen=True, slots=True)
class Place:
    """A fiscal year and stage with costs to try a version on (試算に使う費用)."""

    year: FiscalYear
    stage: str
    label: str

    @property
    def key(self) -> str:
        """Name it in a form (選択の値)."""
        return f"{self.year.start_year}-{self.stage}"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule can be made for: a service, or one of its categories (負担ルールの対象)."""

    service: Service
    category: Category | None

    @property
    def key(self) -> str:
        """Name it in a form (選択の値)."""
        return self.category.id if self.category else self.service.id

    @property
    def label(self) -> str:
        """Name it as people do, e.g. 基幹系共同クラウドの運用 (対象)."""
        return f"{self.service.name}の{self.category.name if self.category else 'すべての経費区分'}"


@dataclass(frozen=True, slots=True)
class Editor:
    """What the form of a version offers (版の入力の画面)."""

    #: None for a new rule
    rule: Rule | None
    #: what has no rule yet; for a new rule only
    subjects: tuple[Subject, ...]
    members: tuple[Member, ...]
    series: Mapping[str, Sequence[Series]]
    places: tuple[Place, ...]

    def version_on(self, day: date) -> RuleVersion | None:
        """Give the version in force on a day, else the first to come (もとにする版)."""
        versions = self.rule.versions if self.rule else ()
        begun = [each for each in versions if each.since <= day]
        return begun[-1] if begun else next(iter(versions), None)

    def subject_rule(self, key: str) -> Rule:
        """Give the head of a new rule for what was chosen (新しい負担ルール).

        Raises: BadInputError for what has a rule already.
        """
        if self.rule is not None:
            return self.rule
        chosen = next((each for each in self.subjects if each.key == key), None)
        if chosen is None:
            raise _refuse(
                "subject", "一覧にない対象です。", "負担ルールのまだない対象を選んでください。"
            )
        category = chosen.category
        return Rule(
            str(uuid4()),
            "",
            chosen.service.id,
            category.id if category else None,
            service_key=chosen.service.key,
            service=chosen.service.name,
            category=category.name if category else None,
        )


# ---- reading -------------------------------------------------------------------------------------


def show_editor(viewer: Viewer, rule_id: str, today: date) -> Editor:
    """Read what the form of a new version needs (新しい版の画面).

    Raises: NotFoundError.
    """
    owner = viewer.consortium_id
    with reading() as session:
        return Editor(
            rules.rule(session, owner, rule_id),
            (),
            members.members(session, owner),
            bases.all_series(session, owner),
            _places(costs.stage_counts(session, owner), today),
        )


def show_new(viewer: Viewer, today: date) -> Editor:
    """Read what the form of a new rule needs (新しいルールの画面)."""
    owner = viewer.consortium_id
    with reading() as session:
        known = rules.rules(session, owner)
        services = members.services(session, owner)
        categories = costs.categories(session, owner)
        return Editor(
            None,
            _subjects(known, services, categories),
            members.members(session, owner),
            bases.all_series(session, owner),
            _places(costs.stage_counts(session, owner), today),
        )


def _subjects(
    known: Sequence[Rule], services: Sequence[Service], categories: Sequence[Category]
) -> tuple[Subject, ...]:
    taken = {rule.category_id or rule.service_id for rule in known}
    found = []
    for service in services:
        of_service = [each for each in categories if each.service_id == service.id]
        choices = [Subject(service, None), *(Subject(service, each) for each in of_service)]
        found += [each for each in choices if each.key not in taken]
    return tuple(found)


def _places(counts: Mapping[tuple[int, str], int], today: date) -> tuple[Place, ...]:
    """List where there are costs, the newest year first; this year's come before later ones."""
    present = FiscalYear.containing(today).start_year
    years = sorted({year for year, _ in counts}, key=lambda year: (year > present, -year))
    return tuple(
        Place(FiscalYear(year), stage, f"{fiscal_year_label(FiscalYear(year))} {name}（{count}件）")
        for year in years
        for stage, name in reversed(list(STAGES.items()))
        if (count := counts.get((year, stage), 0))
    )


# ---- registering ---------------------------------------------------------------------------------


def add_version(viewer: Viewer, rule_id: str, new: RuleVersion, now: datetime) -> Rule:
    """Register a version of a rule (版の登録).

    A form sent again with the same id gives what was saved the first time (二度押し・再読込み).
    Raises: BadInputError at the field, NotFoundError.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        rule = rules.rule(unit.session, owner, rule_id)
        if _is_saved(unit, owner, [rule], new):
            return rule
        _check(unit, owner, rule, new)
        _refuse_closed(unit, viewer, rule, new)
        rules.add_version(unit, owner, rule, new)
    return rule


def create_rule(viewer: Viewer, name: str, subject: str, new: RuleVersion, now: datetime) -> Rule:
    """Register a rule for what has none yet, with its first version (負担ルールの登録).

    Raises: BadInputError at the field; DuplicateError for a name that is taken.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        known = rules.rules(unit.session, owner)
        if saved := _is_saved(unit, owner, known, new):
            if (saved.name, saved.category_id or saved.service_id) != (name, subject):
                raise _used_form()
            return saved
        editor = Editor(
            None,
            _subjects(
                known,
                members.services(unit.session, owner),
                costs.categories(unit.session, owner),
            ),
            (),
            {},
            (),
        )
        rule = replace(editor.subject_rule(subject), name=name)
        if any(each.name == name for each in known):
            raise _refuse(
                "name", f"「{name}」という負担ルールがもうあります。", "名前を変えてください。"
            )
        _check(unit, owner, rule, new)
        _refuse_closed(unit, viewer, rule, new)
        rules.add_rule(unit, owner, replace(rule, versions=(new,)))
    return rule


def _is_saved(unit: Unit, owner: str, known: Sequence[Rule], new: RuleVersion) -> Rule | None:
    """Find the rule that has this very version already (二度押し)."""
    used_by = rules.version_owner(unit.session, new.id)
    if used_by is None:
        return None
    for rule in known:
        if used_by == owner and new in rule.versions:
            unit.operational()
            return rule
    raise _used_form()


def _used_form() -> BadInputError:
    return _refuse(
        "form_key",
        "この入力画面からは、もう登録されています。",
        "もう一つ登録するときは、内容を確かめて、もう一度送ってください。",
    )


def _refuse_closed(unit: Unit, viewer: Viewer, rule: Rule, changed: RuleVersion) -> None:
    """Refuse what would be in force otherwise in a closed year (本締め)."""
    later = (each.since for each in rule.versions if each.since > changed.since)
    period = Period(changed.since, min(later, default=None))
    refuse_closed_days(unit, viewer.consortium_id, period, reason=viewer.reason)


def _check(unit: Unit, owner: str, rule: Rule, new: RuleVersion) -> None:
    """Refuse what does not fit what is registered."""
    series = bases.all_series(unit.session, owner)
    codes = {str(town.code) for town in members.members(unit.session, owner)}
    check_version(rule, new, series, codes)


def check_version(
    rule: Rule, new: RuleVersion, series: Mapping[str, Sequence[Series]], codes: set[str]
) -> None:
    """Refuse a version whose day is taken, or whose parts do not go together (版の検査).

    Raises: BadInputError; `path` is a field, of a component e.g. `components[1].label`.
    """
    for saved in rule.versions:
        # The very version is there already when its form is sent twice.
        if saved.since == new.since and saved.id != new.id:
            raise _refuse(
                "since",
                f"{wareki(new.since)}から適用する版がもうあります（{saved.source.document}）。",
                "施行日を変えるか、その版を取り下げてから登録してください。",
            )
    labels: dict[str, int] = {}
    for place, part in enumerate(new.components):
        at = f"components[{place}]"
        if part.series is not None and part.series not in series:
            raise _refuse(f"{at}.series", "登録のない算定基礎です。", "選び直してください。")
        if not codes.issuperset(part.own):
            raise _refuse(f"{at}.own", "構成団体でない団体があります。", "選び直してください。")
        if labels.setdefault(part.label, place) != place:
            raise _refuse(
                f"{at}.label",
                f"「{part.label}」という名前の構成割が二つあります。",
                "どちらかの名前を変えるか、一つにまとめてください。",
            )
    new.rule()


# ---- taking back ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A version that may be taken back, and what then holds (版の取下げの画面)."""

    rule: Rule
    version: RuleVersion
    #: its rule in words
    sentence: str
    #: the version before it, which goes on; None for the first one
    earlier: RuleVersion | None
    #: why it cannot be taken back; None if it can
    refusal: InvalidTransitionError | None


def show_withdrawal(viewer: Viewer, version_id: str, today: date) -> Withdrawal:
    """Read a version that may be taken back (版の取下げ).

    Raises: NotFoundError.
    """
    owner = viewer.consortium_id
    with reading() as session:
        rule, version = _find(rules.rules(session, owner), version_id)
        towns = members.members(session, owner)
        held = rules.runs_resting_on(session, owner, version)
    names = {str(town.code): town.name for town in towns}
    refusal = _refusal(rule, version, held, today)
    sentence = rule_text(version.rule(), names)
    return Withdrawal(rule, version, sentence, _before(rule, version), refusal)


def withdraw_version(
    viewer: Viewer, version_id: str, reason: str, today: date, now: datetime
) -> Rule:
    """Take back a version on which no run beyond the draft rests (版の取下げ).

    Raises: NotFoundError; InvalidTransitionError if something rests on it, or if no version were
    left to hold; BadInputError without a reason.
    """
    owner = viewer.consortium_id
    if not reason.strip():
        raise _refuse("reason", "理由が書かれていません。", "取り下げる理由を書いてください。")
    with writing(viewer.actor(), now, reason) as unit:
        unit.take_turn(owner)
        rule, version = _find(rules.rules(unit.session, owner), version_id)
        _refuse_closed(unit, viewer, rule, version)
        held = rules.runs_resting_on(unit.session, owner, version)
        refusal = _refusal(rule, version, held, today)
        if refusal is not None:
            raise refusal
        rules.remove_version(unit, owner, rule, version)
    return rule


def _find(known: Sequence[Rule], version_id: str) -> tuple[Rule, RuleVersion]:
    for rule in known:
        for version in rule.versions:
            if version.id == version_id:
                return rule, version
    raise NotFoundError(
        "負担ルールの版を開こうとしました。", "見つかりません。", "一覧から選び直してください。"
    )


def _before(rule: Rule, version: RuleVersion) -> RuleVersion | None:
    earlier = [each for each in rule.versions if each.since < version.since]
    return earlier[-1] if earlier else None


def _refusal(
    rule: Rule, version: RuleVersion, held: Sequence[tuple[int, str, int]], today: date
) -> InvalidTransitionError | None:
    """Say why a version has to stay: runs rest on it, or nothing would hold in its place."""
    asked = f"{wareki(version.since)}から適用する版を取り下げようとしました。"
    if held:
        names = [
            f"{fiscal_year_label(FiscalYear(year))} {ALL_STAGES[stage]} 第{edition}版"
            for year, stage, edition in held
        ]
        shown = "、".join(names[:_MOST_NAMES]) + ("ほか" if len(names) > _MOST_NAMES else "")
        return InvalidTransitionError(
            asked,
            f"この版で計算した算定があります（{shown}）。",
            "定めを変えるときは、施行日の違う新しい版を登録してください。",
        )
    if version.since <= today and _before(rule, version) is None:
        return InvalidTransitionError(
            asked,
            "もう適用が始まっていて、代わりに適用される前の版がありません。",
            "定めを変えるときは、施行日の違う新しい版を登録してください。",
        )
    return None


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("負担ルールを保存しようとしました。", found, todo, path=path)
