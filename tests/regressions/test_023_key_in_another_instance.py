"""023: `manage.py demo` with CONSORTIUM_INSTANCE found no key, because it was written elsewhere."""

from pathlib import Path

import pytest

import manage


def test_the_key_is_written_where_the_portal_looks_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CONSORTIUM_INSTANCE", str(tmp_path / "elsewhere"))
    manage.write_secret_key()
    key = (tmp_path / "elsewhere" / "secret_key").read_text(encoding="ascii")
    assert len(key) == 64
    manage.write_secret_key()
    assert (tmp_path / "elsewhere" / "secret_key").read_text(encoding="ascii") == key
