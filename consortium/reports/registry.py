"""Every 帳票 by its key (帳票の登録簿): pages, schedules and tests iterate over it."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

#: `render(document)` for the lead city's 帳票, `render(document, code)` for a member's.
Render = TypeVar("Render", bound=Callable[..., bytes])


class Report(NamedTuple):
    """A registered 帳票: its stored key, its Japanese title, and what makes the file."""

    key: str
    title: str
    render: Callable[..., bytes]


#: Keys are stored in schedules and runs and never renamed.
REPORTS: dict[str, Report] = {}


def report(key: str, title: str) -> Callable[[Render], Render]:
    """Register a 帳票 under a key and its Japanese title."""

    def register(render: Render) -> Render:
        REPORTS[key] = Report(key, title, render)
        return render

    return register
