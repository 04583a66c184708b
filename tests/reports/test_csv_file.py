"""CSV as Excel reads it, and as a spreadsheet cannot take it for a formula."""

import csv
import io
from decimal import Decimal

from consortium.reports.csv_file import csv_file


def test_the_bytes_are_those_of_rfc_4180_with_a_bom() -> None:
    rows = [
        ("団体コード", "費目", "円"),
        ("022021", 'システム"利用",料', -1_234),
        (None, "a\nb", 0),
    ]
    assert csv_file(rows) == (
        "\ufeff団体コード,費目,円\r\n"
        '022021,"システム""利用"",料",-1234\r\n'
        ',"a\nb",0\r\n'
    ).encode()  # fmt: skip


def test_only_text_can_be_a_formula_and_only_text_is_disarmed() -> None:
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "a=1", "'x", "△1"]
    content = csv_file([texts, [-1, Decimal("-0.5"), 0]]).decode("utf-8-sig")
    disarmed, numbers = csv.reader(io.StringIO(content, newline=""))
    assert disarmed == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\tx", "'\rx", "a=1", "'x", "△1"]
    assert numbers == ["-1", "-0.5", "0"]
