"""Registering, correcting and withdrawing editions of basis values (算定基礎の版の登録)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from consortium.db.store import bases as store
from consortium.db.store import members as members_store
from consortium.db.store.bases import Edition
from consortium.db.unit import Unit, writing
from consortium.domain.calendar.period import FiscalYear, Period
from consortium.domain.calendar.wareki import fiscal_year_label, wareki
from consortium.domain.errors import BadInputError, InvalidTransitionError, StaleError
from consortium.domain.fiscalyear.run import STAGES
from consortium.domain.municipality import MunicipalityCode
from consortium.intake.case_rules import RESERVED
from consortium.usecases.closings import refuse_closed_days
from consortium.usecases.viewer import Viewer

#: A key stands in case files and in the documents of runs; it is never renamed.
SERIES_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """What an officer enters for an edition (版の入力)."""

    reference_date: date
    period_from: date | None
    name: str
    published_on: date | None
    certainty: str
    source: str
    values: Mapping[MunicipalityCode, Fraction]


def add_edition(viewer: Viewer, series: str, entry: Entry, now: datetime) -> Edition:
    """Add an edition to a series; the earlier ones stay as they are (新しい版の登録).

    The same edition sent again (二度押し) gives what was saved the first time.
    Raises: BadInputError at the field.
    """
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(viewer.consortium_id)
        others = store.editions(unit.session, viewer.consortium_id, series)
        if not others:
            raise _refuse("", "その算定基礎がありません。", "一覧から選び直してください。")
        new = _edition(series, others[0].label, entry)
        if saved := _saved_before(new, others):
            unit.operational()
            return saved
        add_within(unit, viewer, new, others)
    return new


def add_within(unit: Unit, viewer: Viewer, new: Edition, others: tuple[Edition, ...]) -> None:
    """Add an edition as part of a greater change, e.g. of 基礎数値の提出 (作業単位の中での登録).

    `others` are the editions of the series. Raises: as `add_edition`.
    """
    _check(unit, viewer.consortium_id, new, others)
    _refuse_closed(unit, viewer, new)
    store.add_edition(unit, viewer.consortium_id, new)


def register_edition(viewer: Viewer, new: Edition, now: datetime) -> None:
    """Register an edition, with its series where that is new (一括登録の版).

    Raises: BadInputError at the field.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        others = store.editions(unit.session, owner, new.series)
        if not others:
            _check_series(new.label, new.series, store.series_labels(unit.session, owner))
        elif others[0].label != new.label:
            found = f"系列「{new.series}」の名前は「{others[0].label}」です。"
            raise _refuse("label", found, "一つの系列には同じ名前を書いてください。")
        if any(value < 0 for value in new.values.values()):
            raise _refuse("value", "負の値があります。", "0以上の数にしてください。")
        add_within(unit, viewer, new, others)


def add_series(viewer: Viewer, label: str, key: str, entry: Entry, now: datetime) -> Edition:
    """Register a new series with its first edition (新しい算定基礎の登録).

    Without a key one is made. Raises: BadInputError at the field.
    """
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(viewer.consortium_id)
        labels = store.series_labels(unit.session, viewer.consortium_id)
        known = next((each for each, name in labels.items() if name == label), None)
        # Another key is another series, even with the same content.
        is_again = known is not None and key in ("", known)
        if known and is_again and (saved := _sent_again(unit, viewer, known, entry)):
            unit.operational()
            return saved
        _check_series(label, key, labels)
        new = _edition(key or _fresh_key(labels), label, entry)
        _check(unit, viewer.consortium_id, new, ())
        _refuse_closed(unit, viewer, new)
        store.add_edition(unit, viewer.consortium_id, new)
    return new


def correct_edition(  # noqa: PLR0913 -- what, as seen, with which content, why, when and by whom
    viewer: Viewer, edition_id: str, seen: str, entry: Entry, reason: str, now: datetime
) -> Edition:
    """Correct an edition that nothing rests on (版の訂正).

    Raises: BadInputError at the field, InvalidTransitionError while in use, StaleError if somebody
    changed it meanwhile, NotFoundError.
    """
    with writing(viewer.actor(), now, reason) as unit:
        old = _unused(unit, viewer.consortium_id, edition_id, seen, "訂正")
        _check_reason(reason)
        others = store.editions(unit.session, viewer.consortium_id, old.series)
        new = replace(_edition(old.series, old.label, entry), id=old.id)
        _check(unit, viewer.consortium_id, new, [each for each in others if each.id != old.id])
        _refuse_closed(unit, viewer, old, new)
        store.correct_edition(unit, viewer.consortium_id, old, new)
    return new


def withdraw_edition(
    viewer: Viewer, edition_id: str, seen: str, reason: str, now: datetime
) -> Edition:
    """Take back an edition that nothing rests on (版の取下げ). Raises: as `correct_edition`."""
    with writing(viewer.actor(), now, reason) as unit:
        old = _unused(unit, viewer.consortium_id, edition_id, seen, "取下げ")
        _check_reason(reason)
        _refuse_closed(unit, viewer, old)
        store.withdraw_edition(unit, viewer.consortium_id, old)
    return old


def _refuse_closed(unit: Unit, viewer: Viewer, *changed: Edition) -> None:
    """Refuse an edition that was there already when a closed year was computed (本締め)."""
    days = [each.published_on or each.reference_date for each in changed]
    periods = (Period(day, day + timedelta(days=1)) for day in days)
    refuse_closed_days(unit, viewer.consortium_id, *periods, reason=viewer.reason)


def _edition(series: str, label: str, entry: Entry) -> Edition:
    return Edition(
        id="",
        series=series,
        label=label,
        reference_date=entry.reference_date,
        period_from=entry.period_from,
        name=entry.name,
        published_on=entry.published_on,
        certainty=entry.certainty,
        source=entry.source,
        values=entry.values,
    )


def _saved_before(new: Edition, others: tuple[Edition, ...]) -> Edition | None:
    return next((each for each in others if each.fingerprint == new.fingerprint), None)


def _sent_again(unit: Unit, viewer: Viewer, series: str, entry: Entry) -> Edition | None:
    others = store.editions(unit.session, viewer.consortium_id, series)
    return _saved_before(_edition(series, others[0].label, entry), others)


def _fresh_key(taken: Mapping[str, str]) -> str:
    number = 1
    while f"basis_{number}" in taken:
        number += 1
    return f"basis_{number}"


def _unused(unit: Unit, consortium_id: str, edition_id: str, seen: str, what: str) -> Edition:
    """Give an edition that may still be changed, as it was seen."""
    unit.take_turn(consortium_id)
    old = store.find_edition(unit.session, consortium_id, edition_id)
    asked = f"{old.label}「{old.name}」を{what}しようとしました。"
    if old.fingerprint != seen:
        raise StaleError(
            asked,
            "画面を開いた後に、ほかの人が変更しています。",
            "画面を開き直して、今の値を確かめてください。",
        )
    if holders := store.holders(unit.session, consortium_id, old):
        raise InvalidTransitionError(asked, in_use_words(holders), INSTEAD)
    return old


INSTEAD = "この版はそのままにして、訂正後の値を新しい版（遡及改訂など）として登録してください。"


def in_use_words(holders: store.Holders) -> str:
    """Say what rests on an edition (版を使っているもの)."""
    rules = [f"負担ルール「{name}」" for name in holders.rules]
    runs = [
        f"{fiscal_year_label(FiscalYear(year))} {STAGES[stage]} 第{edition}版の算定"
        for year, stage, edition in holders.runs
    ]
    few, more = [*rules, *runs][:5], len(rules) + len(runs) - 5
    return "、".join(few) + (f"ほか{more}件" if more > 0 else "") + "が使っています。"


# ---- what an edition may say ---------------------------------------------------------------------


def _check(
    unit: Unit, consortium_id: str, new: Edition, others: tuple[Edition, ...] | list[Edition]
) -> None:
    """Refuse what no run could use, or what would make it unclear which edition is meant."""
    towns = {town.code for town in members_store.members(unit.session, consortium_id)}
    if not new.values or not set(new.values) <= towns:
        raise _refuse("", "構成団体の値が一つもありません。", "表に値を入力してください。")
    if new.period_from is not None and new.period_from > new.reference_date:
        raise _refuse("period_from", "期間の初日が末日より後です。", "日付を確かめてください。")
    published = new.published_on
    if published and published < new.reference_date and new.certainty == "確定":
        raise _refuse(
            "published_on",
            f"「確定」の値の公表日（{wareki(published)}）が、基準日（期間の末日）の"
            f"{wareki(new.reference_date)}より前です。",
            "基準日と公表日を確かめてください。見込みの値なら、確度を「見込」にしてください。",
        )
    for other in others:
        _refuse_rival(new, other)


def _refuse_rival(new: Edition, other: Edition) -> None:
    if other.reference_date != new.reference_date:
        return
    if other.name == new.name:
        raise _refuse(
            "name",
            f"{wareki(other.reference_date)}の版「{other.name}」は、もう登録されています。",
            "版の名前を変えるか（例：遡及改訂）、登録されている版を訂正してください。",
        )
    if other.period_from == new.period_from and _rank(other) == _rank(new):
        raise _refuse(
            "published_on",
            f"同じ基準日・公表日・確度の版「{other.name}」があり、どちらを使うか決まりません。",
            "公表日か確度を確かめてください。",
        )


def _rank(edition: Edition) -> tuple[date, str]:
    # As domain/sharing/dating.py orders editions of one reference date.
    return edition.published_on or edition.reference_date, edition.certainty


def _check_series(label: str, key: str, labels: Mapping[str, str]) -> None:
    if label in labels.values():
        found = f"「{label}」は、もう登録されています。"
        raise _refuse("label", found, "算定基礎の一覧から、新しい版を登録してください。")
    if key and not SERIES_KEY.fullmatch(key):
        found = f"「{key}」は使えません。"
        raise _refuse(
            "key", found, "英小文字で始め、英小文字・数字・_ で40文字までにしてください。"
        )
    if key in RESERVED:
        raise _refuse(
            "key",
            f"「{key}」は、明細の行を表す名前に使うため、算定基礎のキーにはできません。",
            "別のキーにしてください。",
        )
    if key in labels:
        raise _refuse("key", f"「{key}」は「{labels[key]}」が使っています。", "変えてください。")


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise _refuse("reason", "理由が書かれていません。", "操作記録に残す理由を書いてください。")


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("算定基礎の版を登録しようとしました。", found, todo, path=path)
