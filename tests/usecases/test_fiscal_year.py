"""One life of a fiscal year in fixed steps, with real workbooks (年度の一生): M-9 to M-28.

What hypothesis does in any order (test_fiscal_year_machine.py) happens here once, in the order of
an office's year, so that nobody has to believe that the random years reach it.
"""

from datetime import date
from io import BytesIO
from pathlib import Path

import pytest

from consortium.usecases import authenticity, downloads
from tests import databases
from tests import fiscal_year_life as life
from tests import fiscal_year_setup as setup
from tests.fiscal_year_book import cut
from tests.fiscal_year_money import ALWAYS_REFUSED, CLOSED_REFUSED, Year
from tests.fiscal_year_setup import HIRAKAWA, ITAYANAGI


def test_a_year_from_the_first_issue_to_a_second_settlement_after_reopening(
    database_source: databases.Source, tmp_path: Path
) -> None:
    url = database_source.fresh(tmp_path)
    with databases.opened(url):
        setup.found_consortium(tmp_path)
        with life.living(url, tmp_path / "files", life.new_book(), setup.BEGINNING) as year:
            life.first_book(year)
            life.until_paid(year)
            life.until_settled(year)
            life.until_closed(year)
            _try_what_is_closed(year)
            _reopen_and_settle_anew(year)
            _let_a_reopening_end(year)
            year.check_at_the_end()
            reached = year.reached
    database_source.drop(url)
    assert {name: reached[name] for name in REACHED} == REACHED


#: What the year comes to, counted by hand from the steps: name → how often. 本締め is refused
#: before 仮締め, and then for each of the four towns whose difference was not carried out.
REACHED = {
    "発行・planned": 2, "発行・revised": 2, "発行・settlement": 2, "再発行": 3,
    "納入依頼": 3, "発行の取消し": 2, "発行の取消し・InvalidTransitionError": 1,
    "取り消した納入依頼への収納・BadInputError": 1,
    "精算": 2, "仮締め": 1, "本締め": 1, "本締め・InvalidTransitionError": 5, "計算し直し": 1,
    "再開": 2, "再開・InvalidTransitionError": 2, "本締めに戻す": 1,
    "直接の書込み・拒否": len(ALWAYS_REFUSED) + len(CLOSED_REFUSED) + 1,
    "収納・ClosedError": 2, "収納の取消・ClosedError": 2, "費目・ClosedError": 1,
    "費目の変更・ClosedError": 1, "補助金・ClosedError": 1, "負担ルール・ClosedError": 1,
    "基礎数値・ClosedError": 1, "提出の依頼・ClosedError": 1, "算定・ClosedError": 1,
    "納入依頼・ClosedError": 1, "発行の取消し・ClosedError": 1,
    # 当初 第2版 and both of 変更; 精算 has costs of its own.
    "費用の変わらない変更": 3,
    # 当初, 変更 and 精算, each in its first edition.
    "承認・InvalidTransitionError": 3, "発行・InvalidTransitionError": 3,
}  # fmt: skip


def _try_what_is_closed(year: Year) -> None:
    """Try every door of a closed year, then the database itself."""
    (item, *_) = year.book.costs["settlement"]
    year.add_cost("planned", 1)
    year.change_cost("settlement", item, 1)
    year.grant("settlement", item, 1)
    year.rule(date(2026, 7, 1), 1, 1)
    year.base_edition(dict.fromkeys(setup.TOWNS, 1))
    year.base_round({ITAYANAGI: 1})
    year.draft("final")
    year.notify(4)
    year.pay(ITAYANAGI, 1)
    year.void(next(iter(year.book.payments)))
    # The side of the credit that belongs to the next year.
    moved = next(k for k, each in year.book.payments.items() if each.kind == "credited_in")
    year.void(moved)
    (notice, *_) = year.book.notices
    year.cancel(notice)
    year.settle({HIRAKAWA: "cash"})
    year.write_past_the_doors(*ALWAYS_REFUSED, *CLOSED_REFUSED)
    year.write_by_object()
    year.check()


def _reopen_and_settle_anew(year: Year) -> None:
    """An invoice came late: 精算 第2版 is the actual total less all that was paid by then.

    第1版 is handed out as it was, and 照合 says what became of it.
    """
    first, folder = year.book.settling, year.office.worker.folder
    assert first is not None
    file_id, content = year.document(first, f"member:{ITAYANAGI}")
    year.reopen(30)
    (item, *_) = year.book.costs["settlement"]
    year.change_cost("settlement", item, 4_000_001)
    life.issue(year, "settlement")
    year.settle({})
    year.check()
    life.finish(year)
    year.close_again()
    year.check()
    assert downloads.fetch(year.staff, file_id, folder).content == content
    found = authenticity.check_file(year.staff, BytesIO(content), folder)
    assert found.label == "真正・第2版で失効"


def _let_a_reopening_end(year: Year) -> None:
    """A day after its last the year is closed again, whether or not anybody wrote that down."""
    year.reopen(3)
    year.wait(3, ticks=True)
    assert not year.is_locked
    year.wait(1, ticks=False)
    year.pay(ITAYANAGI, 1)
    year.check()
    year.wait(1, ticks=True)
    year.check()


@pytest.mark.parametrize(
    ("charge", "sent", "parts"),
    [
        # cost-sharing.md §10: a quarter raised to 1,000 yen, three times, and the rest.
        (7_572_857, {}, (1_894_000, 1_894_000, 1_894_000, 1_890_857)),
        (8_000_000, {1: 1_894_000}, (1_894_000, 2_000_000, 2_000_000, 2_106_000)),
        (2_500, {}, (1_000, 1_000, 500, 0)),
        (1_000, {1: 1_894_000}, (1_894_000, 0, 0, 0)),
        (-2_500, {}, (-1_000, -1_000, -500, 0)),
    ],
)
def test_the_second_books_cut_as_the_agreement_says(
    charge: int, sent: dict[int, int], parts: tuple[int, ...]
) -> None:
    """The arithmetic that the years are held against, by hand."""
    assert cut(charge, sent) == parts
