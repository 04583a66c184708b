"""受領簿: which town received which file when, and what still waits."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from consortium.domain.calendar.period import FiscalYear
from consortium.domain.calendar.wareki import fiscal_year_label
from consortium.usecases import receipt_book
from consortium.web import context
from consortium.web.access import guarded
from consortium.web.inbox import handed_out
from consortium.web.year_links import year_links

pages = Blueprint("receipts", __name__, url_prefix="/receipts")


@pages.get("")
@guarded
def index() -> ResponseReturnValue:
    return _drawn(receipt_book.show_receipts(context.viewer()))


@pages.get("/<year:fiscal_year>")
@guarded
def year(fiscal_year: FiscalYear) -> ResponseReturnValue:
    return _drawn(receipt_book.show_receipts(context.viewer(), fiscal_year))


def _drawn(page: receipt_book.ReceiptsPage) -> ResponseReturnValue:
    years = year_links(page.years, page.year, lambda each: url_for(".year", fiscal_year=each))
    return render_template(
        "receipts.html",
        page=page,
        years=years,
        year_name=fiscal_year_label(page.year, page.year_labels) if page.year else "",
        document_of=receipt_book.document_of,
        state_of=receipt_book.state_of,
    )


@pages.get("/unread")
@guarded
def unread() -> ResponseReturnValue:
    waiting = receipt_book.show_unread(context.viewer(), context.today())
    return render_template(
        "receipts_unread.html",
        documents=[each for each in waiting if each.file.document_number],
        reports=[each for each in waiting if not each.file.document_number],
        document_of=receipt_book.document_of,
    )


@pages.get("/<year:fiscal_year>/receipts.xlsx")
@guarded
def workbook(fiscal_year: FiscalYear) -> ResponseReturnValue:
    return handed_out(receipt_book.as_workbook(context.viewer(), fiscal_year, context.now()))


@pages.get("/<year:fiscal_year>/receipts.csv")
@guarded
def data(fiscal_year: FiscalYear) -> ResponseReturnValue:
    return handed_out(receipt_book.as_csv(context.viewer(), fiscal_year))
