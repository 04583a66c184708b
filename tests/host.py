"""What this host brings for the tests, and how to get the rest (道具); standard library only."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

APT = ("apt-get", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
EDGE = "Microsoft/Edge/Application/msedge.exe"


@dataclass(frozen=True, slots=True)
class Tool:
    """A program or font that some tests need and no Python package brings (道具)."""

    key: str
    title: str
    find: Callable[[], str]  # where it is, or "" if it is not here
    packages: tuple[str, ...]  # Debian's names, the first that exists is taken
    elsewhere: str  # what to do on a host without apt

    def remedy(self) -> str:
        """Give the exact command, or the sentence, that adds it (入れ方)."""
        if shutil.which("apt-get"):
            sudo = "" if is_root() else "sudo "
            return f"{sudo}apt-get install --no-install-recommends {self.packages[0]}"
        return self.elsewhere


#: Bytes that two test processes with a PostgreSQL server each need at most, with room to spare.
_ROOM = 2 * 10**9


def is_root() -> bool:
    """Tell whether we may install system packages (管理者)."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def can_install() -> bool:
    """Root on Debian with apt: what is missing can be installed here and now."""
    return is_root() and Path("/etc/debian_version").exists() and bool(shutil.which("apt-get"))


def find_browser() -> str:
    """Find a Chromium of the host; never one that Playwright would download (閲覧ソフト)."""
    chosen = os.environ.get("CHROMIUM_PATH", "")
    if chosen and Path(chosen).is_file():
        return chosen
    folders = [os.environ.get(name, "") for name in ("ProgramFiles", "ProgramFiles(x86)")]
    edges = [Path(folder) / EDGE for folder in folders if folder]
    on_path = [found for found in map(shutil.which, BROWSERS) if found]
    return next(iter(on_path + [str(path) for path in edges if path.is_file()]), "")


def quick_folder() -> str:
    """Give a folder in memory with room for many databases; empty where there is none."""
    folder = Path("/dev/shm")  # noqa: S108 -- made for this; each test has a folder of its own
    is_open = folder.is_dir() and os.access(folder, os.W_OK)
    return str(folder) if is_open and shutil.disk_usage(folder).free > _ROOM else ""


def find_initdb() -> str:
    """Find the newest PostgreSQL of Debian's packages, or whichever is on PATH."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = sorted(installed, key=lambda path: [int(n) for n in path.parts[4].split(".")])
    return str(newest[-1]) if newest else shutil.which("initdb") or ""


def find_calc() -> str:
    """Find a LibreOffice that has Calc; the package of Writer alone brings soffice, too."""
    program = shutil.which("soffice") or shutil.which("libreoffice") or ""
    folder = Path(program).resolve().parent
    without_calc = program and sys.platform == "linux" and not any(folder.glob("libsclo.*"))
    return "" if without_calc else program


def find_font(family: str) -> str:
    """Find a Japanese font by a part of its family name; "" takes any (和文フォント)."""
    if sys.platform == "win32":
        return "Windows"
    if not shutil.which("fc-list"):
        return ""
    listed = subprocess.run(
        ["fc-list", ":lang=ja", "family"], capture_output=True, encoding="utf-8", check=False
    )
    return next((line for line in listed.stdout.splitlines() if family in line), "")


TOOLS = (
    Tool(
        "postgresql",
        "PostgreSQL",
        find_initdb,
        ("postgresql",),
        "PostgreSQL 15 以上を入れ、initdb を PATH に置いてください",
    ),
    Tool(
        "chromium",
        "Chromium",
        find_browser,
        ("chromium",),
        "Chromium か Edge を入れるか、CHROMIUM_PATH に場所を書いてください",
    ),
    Tool(
        "font",
        "和文フォント",
        lambda: find_font(""),
        ("fonts-noto-cjk",),
        "Noto Sans CJK などの和文フォントを入れてください",
    ),
    Tool(
        "calc",
        "LibreOffice Calc",
        find_calc,
        ("libreoffice-calc-nogui", "libreoffice-calc"),
        "LibreOffice を入れ、soffice を PATH に置いてください",
    ),
    Tool(
        "ipafont",
        "IPAフォント",
        lambda: find_font("IPA"),
        ("fonts-ipafont",),
        "IPAフォントを入れてください",
    ),
    Tool(
        "pdf",
        "pdftotext・pdftoppm",
        lambda: shutil.which("pdftotext") or "",
        ("poppler-utils",),
        "poppler を入れ、pdftotext を PATH に置いてください",
    ),
)


def missing(keys: Iterable[str]) -> list[Tool]:
    """List the tools among these that are not here (足りない道具)."""
    wanted = set(keys)
    return [tool for tool in TOOLS if tool.key in wanted and not tool.find()]


def apt(*arguments: str) -> bool:
    """Run apt-get without questions and say whether it went well."""
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        [*APT, "-qq", *arguments], env=environ, stdin=subprocess.DEVNULL, stdout=sys.stderr
    )
    return done.returncode == 0


def known_to_apt(package: str) -> bool:
    """Tell whether this release of Debian has the package."""
    asked = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False)
    return asked.returncode == 0


def install_missing(keys: Iterable[str]) -> None:
    """Install what is missing, where that is possible, and say so (不足の導入)."""
    tools = missing(keys)
    if not tools or not can_install():
        return
    print(f"▶ 不足の道具を入れます: {'、'.join(tool.title for tool in tools)}", file=sys.stderr)
    apt("update")
    for tool in tools:
        package = next(filter(known_to_apt, tool.packages), tool.packages[0])
        print(f"  apt-get install --no-install-recommends {package} …", file=sys.stderr)
        if not apt("install", "-y", "--no-install-recommends", package):
            print(f"  {package} を入れられませんでした。", file=sys.stderr)
