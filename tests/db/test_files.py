"""Produced files (帳票ファイル): whole or not there, never overwritten, never served changed."""

import errno
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consortium.db.files import StoredFile, read_stored, sweep, write_once
from consortium.domain.errors import DomainError

NOW = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


def names(folder: Path) -> list[str]:
    """List a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


def aged(folder: Path, name: str, before: timedelta) -> str:
    """Make a file last written some time before NOW."""
    (folder / name).write_bytes(b"x")
    written = (NOW - before).timestamp()
    os.utime(folder / name, (written, written))
    return name


def test_a_stored_file_has_a_fresh_name_its_size_and_its_hash(tmp_path: Path) -> None:
    stored = write_once(tmp_path / "帳票", b"abc", ".xlsx")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.xlsx", stored.stored_name)
    assert stored.size == 3
    # SHA-256 of "abc": FIPS 180-2, appendix B.1.
    assert stored.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert names(tmp_path / "帳票") == [stored.stored_name]
    assert read_stored(tmp_path / "帳票", stored) == b"abc"


def test_the_same_bytes_twice_are_two_files(tmp_path: Path) -> None:
    first, second = (write_once(tmp_path, b"abc", ".xlsx") for _ in range(2))
    assert first.stored_name != second.stored_name
    assert len(names(tmp_path)) == 2


def test_bytes_are_synced_before_the_name_appears_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    real_sync, real_replace = os.fsync, os.replace

    def sync(handle: int) -> None:
        steps.append("folder" if os.fstat(handle).st_mode & 0o040000 else "file")
        real_sync(handle)

    def replace(source: Path, target: Path) -> None:
        steps.append("name")
        assert source.name.startswith(".run-2-lead.")
        assert source.parent == target.parent
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", replace)
    write_once(tmp_path, b"abc", ".xlsx", claim="run-2-lead")
    assert steps == (["file", "name"] if os.name == "nt" else ["file", "name", "folder"])


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_no_file_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, step, refuse)
    with pytest.raises(OSError, match="No space"):
        write_once(tmp_path, b"abc", ".xlsx")
    assert names(tmp_path) == []


@pytest.mark.parametrize("suffix", ["xlsx", "/../x", ".XLSX", "", ".x/y"])
def test_an_unexpected_suffix_is_refused(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ValueError, match="file name"):
        write_once(tmp_path, b"abc", suffix)


@pytest.mark.parametrize("claim", ["member:023817", "../x", "弘前"])
def test_a_claim_that_could_leave_the_folder_is_refused(tmp_path: Path, claim: str) -> None:
    with pytest.raises(ValueError, match="file name"):
        write_once(tmp_path, b"abc", ".xlsx", claim=claim)


@pytest.mark.parametrize("name", ["../secret_key", "/etc/passwd", "x.xlsx", ""])
def test_only_stored_names_are_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="stored name"):
        read_stored(tmp_path, StoredFile(name, 3, "a" * 64))


def test_a_changed_file_is_not_served(tmp_path: Path) -> None:
    stored = write_once(tmp_path, b"abc", ".xlsx")
    (tmp_path / stored.stored_name).write_bytes(b"abd")
    with pytest.raises(DomainError, match="異なります"):
        read_stored(tmp_path, stored)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    stored = write_once(tmp_path, b"abc", ".xlsx")
    (tmp_path / stored.stored_name).unlink()
    with pytest.raises(DomainError, match="見つかりません"):
        read_stored(tmp_path, stored)


def test_the_sweep_takes_old_leftovers_only(tmp_path: Path) -> None:
    uuids = [f"{n}" * 8 + "-0000-4000-8000-000000000000" for n in range(4)]
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    recorded = aged(tmp_path, f"{uuids[0]}.xlsx", hour)
    orphan = aged(tmp_path, f"{uuids[1]}.xlsx", hour)
    temporary = aged(tmp_path, f".run-1-lead.{uuids[2]}.part", hour)
    young = aged(tmp_path, f"{uuids[3]}.xlsx", minute)
    young_temporary = aged(tmp_path, f".run-2-lead.{uuids[3]}.part", minute)
    foreign = aged(tmp_path, "notes.txt", hour)
    lease_began = NOW - timedelta(minutes=5)
    assert set(sweep(tmp_path, {recorded}, lease_began)) == {orphan, temporary}
    assert set(names(tmp_path)) == {recorded, young, young_temporary, foreign}


def test_the_sweep_of_a_folder_that_is_not_there_finds_nothing(tmp_path: Path) -> None:
    assert sweep(tmp_path / "none", set(), NOW) == []
