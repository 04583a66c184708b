"""Files of others lie in the portal unchanged (同梱ファイル)."""

import hashlib
import re
from pathlib import Path

STATIC = Path(__file__).parents[2] / "consortium" / "web" / "static"
VENDOR = STATIC / "vendor"
CSS = STATIC / "css"


def recorded_hashes() -> dict[str, str]:
    lines = (VENDOR / "VENDOR.txt").read_text(encoding="utf-8").splitlines()
    rows = [re.fullmatch(r"([0-9a-f]{64})  (\S+)", line) for line in lines]
    return {row[2]: row[1] for row in rows if row}


def own_stylesheets(but: str = "") -> list[Path]:
    return [path for path in sorted(CSS.glob("*.css")) if path.name != but]


def test_every_vendored_file_has_the_hash_written_in_vendor_txt() -> None:
    ours = {"VENDOR.txt", ".gitattributes"}
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.name not in ours
    }
    assert found == recorded_hashes()


def test_vendor_txt_names_the_package_and_its_version() -> None:
    text = (VENDOR / "VENDOR.txt").read_text(encoding="utf-8")
    assert "name: @digital-go-jp/design-tokens\nversion: 1.1.9\n" in text


def test_only_the_alias_layer_uses_the_names_of_the_design_tokens() -> None:
    theirs = set(re.findall(r"^\s*(--[\w-]+):", (VENDOR / "tokens.css").read_text(), re.MULTILINE))
    for path in own_stylesheets(but="alias.css"):
        used = set(re.findall(r"var\((--[\w-]+)", path.read_text(encoding="utf-8")))
        assert not used & theirs, path.name


def test_every_name_used_in_a_stylesheet_is_defined() -> None:
    defined = set()
    for path in [VENDOR / "tokens.css", *own_stylesheets()]:
        defined |= set(re.findall(r"(--[\w-]+):", path.read_text(encoding="utf-8")))
    for path in own_stylesheets():
        used = set(re.findall(r"var\((--[\w-]+)", path.read_text(encoding="utf-8")))
        assert used <= defined, path.name


def test_no_stylesheet_reaches_outside_the_portal() -> None:
    for path in [VENDOR / "tokens.css", *own_stylesheets()]:
        assert not re.search(r"@import|url\(|https?:", path.read_text(encoding="utf-8")), path.name


def test_templates_hold_nothing_the_content_security_policy_refuses() -> None:
    refused = re.compile(
        r"<style|<script(?![^>]*\ssrc=)|\sstyle=|\son[a-z]+=|javascript:|data:", re.IGNORECASE
    )
    for path in sorted((STATIC.parent / "templates").rglob("*.html")):
        found = refused.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{path.name}: {found}"
