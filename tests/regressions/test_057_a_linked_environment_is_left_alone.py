"""`manage.py setup` emptied the environment of another folder that .venv was a link to."""

from pathlib import Path

import pytest

import manage


def test_an_environment_that_is_a_link_is_refused_and_what_it_points_to_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "別の所"
    elsewhere.mkdir()
    (elsewhere / manage.STAMP).write_text("python 3.11.2 x86_64\n", encoding="utf-8")
    link = tmp_path / ".venv"
    link.symlink_to(elsewhere, target_is_directory=True)
    monkeypatch.setattr(manage, "must", lambda _: pytest.fail("the environment was touched"))
    with pytest.raises(SystemExit, match="リンクです"):
        manage.build_environment(link, manage.RUNTIME, [], is_usable=False)
    assert (elsewhere / manage.STAMP).exists()
