"""055: a grant for who joins after the months of the item left the statement unmade (IndexError).

Its line stands on the town's 負担金明細書 although the town takes part in none of the months.
"""

from dataclasses import replace
from datetime import date

from consortium.domain.calendar.period import Period
from consortium.domain.funding import PER_MEMBER, Grant
from consortium.domain.sharing.agreement import Agreement
from consortium.domain.sharing.engine import share
from consortium.domain.timeline import Timeline
from consortium.domain.yen import Yen
from consortium.reports import cost_statement
from tests.domain.agreement import (
    EQUAL,
    FUJISAKI,
    HIROSAKI,
    YEAR,
    make_facts,
    make_item,
    make_rule,
    month,
)
from tests.reports.documents import opened, statement


def test_the_statement_shows_the_grant_without_months() -> None:
    grants = Agreement((Grant("準備補助", Yen(50), PER_MEMBER, item=1, member=FUJISAKI),))
    early = make_item(1_000, first=month("2021-04"), last=month("2021-05"))
    facts = make_facts((HIROSAKI, FUJISAKI), stays={FUJISAKI: [Period(date(2022, 1, 1))]})
    rules = {("", None): Timeline([make_rule(EQUAL)])}
    result = share([early], rules, facts, YEAR, agreement=grants)
    assert result.amount(FUJISAKI) == -50
    document = replace(statement(), result=result, settling={})
    sheet = opened(cost_statement.render(document, FUJISAKI))["負担金明細書"]
    (line,) = (row for row in sheet.iter_rows(values_only=True) if row[2] == "補助金")
    assert (line[5], line[7]) == (-50, None)
