"""A workbook on paper (PDF): LibreOffice prints what was issued, where the host has it.

The workbook is the document; a PDF of it is made when somebody wants one, and never stored.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

from consortium.domain.errors import DomainError
from consortium.reports.styles import GOTHIC, MINCHO

#: Fonts of the forms → those of the host that stand in for them (代わりのフォント).
STAND_INS = {GOTHIC: "IPAGothic", MINCHO: "IPAMincho"}
#: A start takes two seconds; one that takes this long does not come to an end.
LIMIT = 120
#: `fc-match` answers at once, or after some seconds where it reads all fonts for the first time.
_ANSWER = 20

_PROGRAMS = ("soffice", "libreoffice")
_WINDOWS = Path("LibreOffice/program/soffice.exe")
_SYSTEM_FONTS = "/etc/fonts/fonts.conf"
_RULE = (
    '<match target="pattern"><test name="family"><string>{wanted}</string></test>'
    '<edit name="family" mode="assign" binding="strong"><string>{given}</string></edit></match>'
)


class CannotPrintError(DomainError):
    """No PDF can be made on this host, or not of this workbook (PDF作成不能)."""

    def __init__(self, found: str, todo: str) -> None:
        """Say what is missing and how to get it."""
        super().__init__("PDFを作ろうとしました。", found, todo)


def find_program() -> str:
    """Find LibreOffice; empty where the host has none."""
    on_path = [found for found in map(shutil.which, _PROGRAMS) if found]
    folders = [os.environ.get(name) for name in ("ProgramFiles", "ProgramFiles(x86)")]
    installed = [Path(folder) / _WINDOWS for folder in folders if folder]
    return next(iter(on_path + [str(path) for path in installed if path.is_file()]), "")


def print_books(books: Mapping[str, bytes], *, limit: float = LIMIT) -> dict[str, bytes]:
    """Print workbooks in one start of LibreOffice, in the order given; `limit` in seconds.

    Raises: CannotPrintError where program or fonts are missing, or a book was not printed in time.
    """
    program = find_program()
    if not program:
        raise CannotPrintError(
            "LibreOffice が見つかりません。",
            "LibreOffice Calc を入れてください"
            "（Debian では apt-get install libreoffice-calc-nogui）。",
        )
    with TemporaryDirectory(prefix="consortium-pdf-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        environ = _environ(folder)
        # Names of our own: what a user typed is never part of a path.
        sources = [folder / f"{number}.xlsx" for number in range(len(books))]
        for source, content in zip(sources, books.values(), strict=True):
            source.write_bytes(content)
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        options = ("--headless", "--norestore", "--convert-to", "pdf:calc_pdf_Export")
        command = [program, profile, *options, "--outdir", name, *map(str, sources)]
        _run(command, environ, limit)
        return {
            key: _printed(source.with_suffix(".pdf"))
            for key, source in zip(books, sources, strict=True)
        }


def _environ(folder: Path) -> dict[str, str]:
    """Give the program its surroundings: no secret of ours, and stand-ins for the fonts."""
    environ = {
        name: text for name, text in os.environ.items() if not name.startswith("CONSORTIUM_")
    }
    if sys.platform in ("win32", "darwin"):
        return environ  # the fonts of the forms come with the system or with Office
    rules = "".join(
        _RULE.format(wanted=escape(wanted), given=escape(given))
        for wanted, given in STAND_INS.items()
    )
    listed = folder / "fonts.conf"
    listed.write_text(
        '<?xml version="1.0"?><fontconfig>'
        f'<include ignore_missing="yes">{_SYSTEM_FONTS}</include>{rules}</fontconfig>',
        encoding="utf-8",
    )
    environ["FONTCONFIG_FILE"] = str(listed)
    absent = [font for font in STAND_INS.values() if font not in _chosen(font, environ)]
    if absent:
        raise CannotPrintError(
            f"フォント {'・'.join(absent)} が見つかりません。",
            "IPAフォントと fontconfig を入れてください"
            "（Debian では apt-get install fonts-ipafont fontconfig）。",
        )
    return environ


def _chosen(font: str, environ: Mapping[str, str]) -> str:
    """Ask which font the host takes for a family; empty where nobody can say."""
    asking = shutil.which("fc-match")
    if not asking:
        return ""
    command = [asking, "--format", "%{family}", font]
    try:
        answer = subprocess.run(
            command,
            env=environ,
            capture_output=True,
            encoding="utf-8",
            timeout=_ANSWER,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ""
    return answer.stdout


def _run(command: list[str], environ: Mapping[str, str], limit: float) -> None:
    """Run the program; when its time is over, end it with all that it started."""
    with subprocess.Popen(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:
        try:
            child.wait(limit)
        except subprocess.TimeoutExpired:
            raise CannotPrintError(
                f"LibreOffice が{limit:g}秒以内に終わりませんでした。",
                "しばらく待ってから、もう一度行ってください。",
            ) from None
        finally:
            _end(child)


def _end(child: "subprocess.Popen[bytes]") -> None:
    """End a program that still runs; `soffice` is a script, the work is done by its children."""
    if child.poll() is not None:
        return
    if sys.platform == "win32":
        child.kill()
    else:
        os.killpg(child.pid, signal.SIGKILL)


def _printed(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise CannotPrintError(
            "LibreOffice がPDFを作りませんでした。",
            "LibreOffice Calc が入っているかを確かめてください（Writer だけでは作れません）。",
        ) from None
