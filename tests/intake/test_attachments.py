"""Files that people send along: what is accepted, hostile content, hostile names."""

import re
import zipfile
from contextlib import suppress
from io import BytesIO

import pytest

from consortium.domain.errors import BadInputError
from consortium.intake.attachments import MAX_BYTES, read_attachment, safe_name
from consortium.intake.prescan import WORKBOOK_TYPE
from consortium.reports.book import Book, write
from tests.factories import NOW
from tests.intake.hostile import REFUSED

PDF = b"%PDF-1.7\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF"


def workbook(*more: str, without: str = "") -> bytes:
    """Make a zip that looks like a workbook."""
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        for name in ("[Content_Types].xml", "xl/workbook.xml", *more):
            if name != without:
                book.writestr(name, f"<x>{WORKBOOK_TYPE.decode()}</x>")
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "suffix"),
    [
        ("内訳.xlsx", workbook(), ".xlsx"),
        ("質問.PDF", PDF, ".pdf"),
        ("表.csv", "団体,額\n板柳町,1".encode(), ".csv"),
        ("表.csv", "\ufeff団体,額\r\n".encode(), ".csv"),
        ("表.csv", "団体,額\n板柳町,1".encode("cp932"), ".csv"),
        ("画面.png", PNG, ".png"),
        ("写真.jpg", JPG, ".jpg"),
        ("写真.JPEG", JPG, ".jpg"),
    ],
)
def test_a_file_whose_name_and_content_agree_is_accepted(
    name: str, content: bytes, suffix: str
) -> None:
    found = read_attachment(name, content)
    assert (found.suffix, found.content) == (suffix, content)
    assert found.display_name.endswith(suffix)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("表.xlsx", PDF),
        ("表.xlsx", b"PK\x03\x04 not a zip"),
        ("表.xlsx", workbook(without="xl/workbook.xml")),
        ("表.xlsx", workbook(without="[Content_Types].xml")),
        ("表.xlsx", workbook("xl/vbaProject.bin")),
        ("表.xlsx", workbook("xl/activeX/activeX1.xml")),
        ("表.xlsx", workbook("xl/embeddings/oleObject1.bin")),
        ("表.xlsx", workbook("xl/externalLinks/externalLink1.xml")),
        ("表.xlsx", workbook("../../evil.xml")),
        ("表.xlsx", workbook("/etc/passwd")),
        ("表.xlsx", workbook(*(f"xl/part{number}.xml" for number in range(200)))),
        ("表.pdf", b"<html><script>alert(1)</script></html>"),
        ("表.png", JPG),
        ("表.jpg", PNG),
        ("表.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("表.csv", b"<html><body>x</body></html>"),
        ("表.csv", b"  \n<!DOCTYPE html>"),
        ("表.csv", PDF),
        ("表.csv", b"a,b\x00c"),
        ("表.csv", b"\x81\xff\xfe"),
        ("表.csv", workbook()),
    ],
)
def test_a_file_of_another_kind_than_its_name_says_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(BadInputError, match="中身") as refused:
        read_attachment(name, content)
    assert refused.value.path == "file"


@pytest.mark.parametrize(
    "name", ["表.html", "表.svg", "表.xlsm", "表.xls", "表.exe", "表.pdf.js", "表", "", ".pdf "]
)
def test_an_ending_that_is_not_listed_is_refused(name: str) -> None:
    with pytest.raises(BadInputError, match="この種類のファイル"):
        read_attachment(name, PDF)


def test_a_workbook_of_our_own_is_accepted() -> None:
    from consortium.reports.sheet import Sheet, Text

    sheet = Sheet("表")
    sheet.put(1, 1, Text("板柳町"), "plain")
    assert read_attachment("表.xlsx", write(Book("表", "弘前市", NOW, (sheet,)))).suffix == ".xlsx"


def test_of_the_hostile_corpus_only_what_may_be_handed_along_is_accepted() -> None:
    """What is not read may hold more cells than are read, and what no reader understands."""
    unread = re.compile("5,000行|100列|80,000個|30枚|文字を超える|書式|中身を読み取れません")
    accepted = set()
    for name, (content, _) in REFUSED.items():
        with suppress(BadInputError):
            accepted.add(read_attachment("表.xlsx", content).suffix and name)
    assert accepted == {name for name, (_, said) in REFUSED.items() if unread.search(said)}


@pytest.mark.parametrize("size", [51, 2], ids=["by its size", "by its ratio"])
def test_a_zip_bomb_is_refused_although_nothing_reads_it(size: int) -> None:
    made = BytesIO(workbook())
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/worksheets/sheet1.xml", b"0" * (size * 1024 * 1024))
    assert len(made.getvalue()) < MAX_BYTES
    with pytest.raises(BadInputError, match="展開すると大きすぎます"):
        read_attachment("表.xlsx", made.getvalue())


def test_five_megabytes_are_accepted_and_one_byte_more_is_not() -> None:
    filled = PDF + b" " * (MAX_BYTES - len(PDF))
    assert len(read_attachment("表.pdf", filled).content) == 5 * 1024 * 1024
    with pytest.raises(BadInputError, match="5MB"):
        read_attachment("表.pdf", filled + b" ")


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(BadInputError, match="中身がありません"):
        read_attachment("表.pdf", b"")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("内訳.pdf", "内訳.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\itayanagi\\表.pdf", "表.pdf"),
        ('a"b\r\nX-Evil: 1.pdf', "abX-Evil 1.pdf"),
        ("<script>.pdf", "script.pdf"),
        ("請求\u202efdp.exe.pdf", "請求fdp.exe.pdf"),
        ("con.pdf", "_con.pdf"),
        ("LPT1.tar.pdf", "_LPT1.tar.pdf"),
        ("...  .pdf", "添付.pdf"),
        (".pdf", "添付.pdf"),
        ("か\u3099.pdf", "が.pdf"),
        ("長" * 300 + ".pdf", "長" * 80 + ".pdf"),
    ],
)
def test_a_name_is_made_safe_and_still_says_what_it_is(name: str, shown: str) -> None:
    assert safe_name(name, ".pdf") == shown
