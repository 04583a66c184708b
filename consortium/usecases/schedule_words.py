"""Schedules in words (配信予定の文): when a report is made, and of which period."""

from collections.abc import Callable, Container, Mapping
from typing import Final

from consortium.domain.calendar.opendays import ROLL_RULES
from consortium.domain.fiscalyear.schedule import Schedule
from consortium.domain.fiscalyear.schedule_rules import INSTALMENT_DAYS, WEEKDAYS
from consortium.usecases.kinds import title_of

#: What is shown for a step that no calendar has any more.
_GONE: Final = "年間予定にない日"


def in_words(schedule: Schedule, titles: Mapping[str, str]) -> str:
    """Say when a report is made, e.g. 毎月1日 06:00に、前の月の分を作成 (配信予定の文).

    `titles` name the steps of the calendar. A report on an earlier period says how many before.
    """
    day, of_what = _WORDS[schedule.period_type](schedule, titles)
    return f"{day} {schedule.at_time:%H:%M}に、{of_what}を作成"


def facts_in_words(schedule: Schedule, titles: Mapping[str, str], served: str) -> dict[str, str]:
    """Say everything about a schedule as the chain and its readers do (配信予定の内容)."""
    until = schedule.valid_to
    return {
        "帳票": title_of(schedule.kind),
        "作成する時": in_words(schedule, titles),
        "閉庁日に当たるとき": ROLL_RULES[schedule.roll_rule],
        "有効開始": f"{schedule.valid_from:%Y-%m-%d %H:%M}",
        "有効終了": f"{until:%Y-%m-%d %H:%M}" if until else "なし",
        "配信先": served,
    }


def served_in_words(codes: Container[str], names: Mapping[str, str]) -> str:
    """Name the towns a schedule serves (配信先); none means every member."""
    return "・".join(name for code, name in names.items() if code in codes) or "全団体"


def _month(schedule: Schedule, _titles: Mapping[str, str]) -> tuple[str, str]:
    months = {0: "その月", 1: "前の月"}.get(schedule.offset, f"{schedule.offset}か月前")
    return f"毎月{_day(schedule)}", f"{months}の分"


def _quarter(schedule: Schedule, _titles: Mapping[str, str]) -> tuple[str, str]:
    months = {0: "最後の月", 1: "次の月"}.get(schedule.offset, f"最後の月の{schedule.offset}か月後")
    return f"四半期の{months}の{_day(schedule)}", "その四半期の分"


def _year(schedule: Schedule, titles: Mapping[str, str]) -> tuple[str, str]:
    title = titles.get(schedule.step or "")
    return f"年間予定「{title}」の日" if title else _GONE, "その予定の年度の分"


def _instalment(schedule: Schedule, _titles: Mapping[str, str]) -> tuple[str, str]:
    return f"各期の{INSTALMENT_DAYS[schedule.step or '']}の日", "その期の分"


def _week(schedule: Schedule, _titles: Mapping[str, str]) -> tuple[str, str]:
    weeks = {0: "その週", 1: "前の週"}.get(schedule.offset, f"{schedule.offset}週前")
    return f"毎週{WEEKDAYS[schedule.weekdays[0]]}", f"{weeks}の分"


def _every_day(schedule: Schedule, _titles: Mapping[str, str]) -> tuple[str, str]:
    chosen = [name for key, name in WEEKDAYS.items() if key in schedule.weekdays]
    is_every = len(chosen) == len(WEEKDAYS)
    return "毎日" if is_every else f"毎週{'・'.join(chosen)}", "その日の分"


def _day(schedule: Schedule) -> str:
    return "末日" if schedule.day == "last" else f"{schedule.day}日"


_WORDS: Final[Mapping[str, Callable[[Schedule, Mapping[str, str]], tuple[str, str]]]] = {
    "month": _month,
    "quarter": _quarter,
    "fiscal_year": _year,
    "instalment": _instalment,
    "week": _week,
    "day": _every_day,
}
