"""Every kind of workbook on paper (PDF): rung 8 of the ladder, by the product's own printer."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from consortium.reports import pdf
from tests.workbooks import kinds, programs

#: A4 in points; LibreOffice rounds to a hundredth of a millimetre.
A4 = (595, 842)
#: Fewest and most pages.
PAGES = {
    "statement": (4, 6),
    "own columns": (4, 6),
    "summary": (2, 4),
    "monthly_cost": (2, 2),
    "quarterly_cost": (2, 2),
    "situation": (2, 2),
    "causes": (2, 2),
    "case": (5, 6),
    "notice": (4, 6),
    "reminder": (2, 2),
    "settlement": (5, 7),
}
#: Amounts as printed: 板柳町's, 弘前市's, the consortium's, what is asked for and what is owed.
AMOUNTS = {
    "statement": "12,686,379",
    "own columns": "70,294,766",
    "summary": "125,500,000",
    "monthly_cost": "7,186,379",
    "quarterly_cost": "1,796,595",
    "situation": "3,422,000",
    "case": "125,500,000",
    "notice": "3,172,000",
    "reminder": "172,000",
    "settlement": "86,379",
}


@pytest.mark.slow
def test_every_kind_prints_on_few_pages_with_the_fonts_that_stand_in(tmp_path: Path) -> None:
    programs.calc()
    for name, content in pdf.print_books(kinds.every_kind()).items():
        sizes = page_sizes(content)
        fewest, most = PAGES[name]
        assert fewest <= len(sizes) <= most, f"{name}: {len(sizes)}"
        for width, height in sizes:
            assert (min(width, height), max(width, height)) == pytest.approx(A4, abs=2), name
        path = tmp_path / "printed.pdf"
        path.write_bytes(content)
        text = asked("pdftotext", "-layout", str(path), "-")
        assert "###" not in text, name
        assert kinds.TITLES[name] in text, name
        assert AMOUNTS.get(name, "") in text, name
        fonts = asked("pdffonts", str(path)).splitlines()[2:]
        used = {line.split()[0].partition("+")[2] for line in fonts}
        assert used <= set(pdf.STAND_INS.values()), f"{name}: {used}"


def asked(program: str, *arguments: str) -> str:
    """Ask one of poppler's programs about a PDF."""
    command = [program, *arguments]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


def page_sizes(content: bytes) -> list[tuple[int, int]]:
    boxes = re.findall(rb"/MediaBox\s*\[\s*0 0 ([0-9.]+) ([0-9.]+)\s*\]", content)
    # The tree of pages has a box of its own, after those of the pages.
    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", content))
    return [(int(float(width)), int(float(height))) for width, height in boxes[:pages]]


def refusal(books: dict[str, bytes], **options: float) -> str:
    with pytest.raises(pdf.CannotPrintError) as refused:
        pdf.print_books(books, **options)
    return str(refused.value)


def put(folder: Path, program: str, script: str) -> None:
    """Put a program of ours into a folder, in place of the real one."""
    (folder / program).write_text(f"#!/bin/sh\n{script}\n")
    (folder / program).chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="偽のプログラムは sh の台本")
def test_what_is_missing_is_said_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    books = {"any": b"PK"}
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "LibreOffice が見つかりません" in refusal(books)
    assert "libreoffice-calc-nogui" in refusal(books)
    put(tmp_path, "soffice", "exit 0")
    assert "IPAGothic・IPAMincho が見つかりません" in refusal(books)
    put(tmp_path, "fc-match", "exec /bin/sleep 5")
    monkeypatch.setattr(pdf, "_ANSWER", 0.05)
    assert "IPAGothic・IPAMincho が見つかりません" in refusal(books)
    monkeypatch.undo()
    monkeypatch.setenv("PATH", str(tmp_path))
    put(tmp_path, "fc-match", 'echo "$3"')
    assert "PDFを作りませんでした" in refusal(books)


@pytest.mark.skipif(os.name == "nt", reason="偽のプログラムは sh の台本")
def test_a_printer_that_does_not_end_is_ended_with_its_children(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    child, surroundings = tmp_path / "child", tmp_path / "surroundings"
    put(tmp_path, "soffice", f"env > {surroundings}\n(sleep 0.6; touch {child}) &\nwait")
    put(tmp_path, "fc-match", 'echo "$3"')
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("CONSORTIUM_SECRET_KEY", "not for the printer")
    assert "0.3秒以内に終わりませんでした" in refusal({"any": b"PK"}, limit=0.3)
    time.sleep(0.5)
    assert not child.exists()
    seen = surroundings.read_text(encoding="utf-8")
    assert ("FONTCONFIG_FILE" in seen, "CONSORTIUM_" in seen) == (True, False)
