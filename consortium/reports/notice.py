"""The notice of an instalment (納入依頼): 鑑, 負担金明細書 with 期別納付, 算定内訳, データ.

It is a statement of the run in force whose letter asks for one instalment.
"""

from consortium.reports import cost_statement
from consortium.reports.document import StatementDocument
from consortium.reports.registry import report


@report("notice", title="納入依頼")
def render(document: StatementDocument, code: str) -> bytes:
    """Make one member's notice; KeyError for a member that is not asked."""
    if document.asking is None:
        raise ValueError("a notice asks for an instalment")
    return cost_statement.render(document, code)
