"""`flask plan schedule`: a template and 本稼働日 to dates, without database or key (工程の試算)."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import click

from consortium.cli.table import aligned
from consortium.domain.calendar.wareki import parse_date, wareki
from consortium.domain.errors import BadInputError
from consortium.domain.onboarding.template import Template
from consortium.intake.keys import visible
from consortium.usecases.plan_trial import TriedPlan, template_from, try_plan, usual_template

_SET = re.compile(r"(?P<code>[^=]+)=(?P<days>-?[0-9]{1,4})", re.ASCII)


@click.group("plan")
def plan_command() -> None:
    """加入工程の日程を計算します。"""


@plan_command.command("schedule")
@click.option("--go-live", required=True, help="本稼働日（2021-06-01、令和3年6月1日など）")
@click.option("--template", type=click.Path(path_type=Path), help="工程雛形のCSVファイル")
@click.option("--start", help="着手日。書かなければ、本稼働日から逆算した日")
@click.option("--set", "sets", multiple=True, help="業務日の変更（A3=80）。何度でも書けます")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def schedule(
    go_live: str, template: Path | None, start: str | None, sets: tuple[str, ...], form: str
) -> None:
    """工程雛形と本稼働日から、各工程の日程を計算します。

    閉庁日は土日・祝日・12/29〜1/3、議決日は3・6・9・12月の既定の日です。データベースは要りません。
    """
    tried = try_plan(
        usual_template() if template is None else _read(template),
        _day(go_live, "--go-live"),
        None if start is None else _day(start, "--start"),
        _days(sets),
    )
    click.echo(_json(tried) if form == "json" else "\n".join(_text(tried)))


def _day(text: str, option: str) -> date:
    try:
        return parse_date(text)
    except BadInputError as error:
        raise BadInputError(visible(error.asked), error.found, error.todo, path=option) from None


def _days(sets: tuple[str, ...]) -> Mapping[str, int]:
    found = {}
    for each in sets:
        match = _SET.fullmatch(each)
        if match is None:
            raise BadInputError(
                "工程の業務日を変えようとしました。",
                f"「{visible(each)}」を読み取れません。",
                "A3=80 のように、番号と業務日の数を書いてください。",
                path="--set",
            )
        if match["code"] in found:
            raise BadInputError(
                "工程の業務日を変えようとしました。",
                f"番号「{visible(match['code'])}」を二度書いています。",
                "一つの工程の業務日は、一度だけ書いてください。",
                path=f"--set {visible(each)}",
            )
        found[match["code"]] = int(match["days"])
    return found


def _read(path: Path) -> Template:
    try:
        content = path.read_bytes()
    except OSError:
        raise BadInputError(
            f"工程雛形「{path}」を開こうとしました。",
            "ファイルがないか、読めません。",
            "ファイルの場所と名前を確認してください。",
            path="--template",
        ) from None
    return template_from(content, str(path))


def _json(tried: TriedPlan) -> str:
    return json.dumps(
        {
            "go_live": f"{tried.go_live}",
            "tasks": [
                {
                    "code": each.times.code,
                    "name": each.name,
                    "start": f"{each.times.start}",
                    "finish": f"{each.times.finish}",
                    "float": each.times.total_float,
                    "critical": each.times.is_critical,
                    "latest_start": _iso(each.times.latest_start),
                    "latest_finish": _iso(each.times.latest_finish),
                }
                for each in tried.tasks
            ],
            "warnings": tried.warnings,
        },
        ensure_ascii=False,
    )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _text(tried: TriedPlan) -> Iterator[str]:
    yield f"本稼働日　{wareki(tried.go_live)}（{tried.go_live}）"
    rows = [["番号", "工程", "", "開始", "終了", "余裕", "限界の開始", "限界の終了"]]
    for each in tried.tasks:
        times = each.times
        rows.append(
            [
                times.code,
                each.name,
                "●" if times.is_critical else "",
                f"{times.start}",
                f"{times.finish}",
                "" if times.total_float is None else f"{times.total_float}",
                _iso(times.latest_start) or "",
                _iso(times.latest_finish) or "",
            ]
        )
    yield from aligned(rows, left=3)
    yield "●は、余裕のない工程です。余裕の単位は業務日です。"
    yield from (f"※ {warning}" for warning in tried.warnings)
