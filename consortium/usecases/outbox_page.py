"""What became of the letters (送信箱): sent, waiting, given up; sending one again."""

from dataclasses import dataclass
from datetime import datetime

from consortium.db.store import outbox
from consortium.db.store.outbox import Line
from consortium.db.unit import reading, writing
from consortium.usecases.viewer import Viewer

#: States of a letter as people read them (メールの状態).
STATES = {"queued": "送信待ち", "sent": "送信済", "failed": "送信できません"}
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """The newest letters, and whom none reaches (送信箱の画面)."""

    lines: list[Line]
    #: towns none of whose users has an address
    unreachable: list[str]

    def count(self, state: str) -> int:
        """Count the letters shown in a state (件数)."""
        return sum(1 for line in self.lines if line.state == state)


def show_outbox(viewer: Viewer) -> OutboxPage:
    """Give the newest letters, those not sent first (送信箱)."""
    owner = viewer.consortium_id
    with reading() as session:
        return OutboxPage(outbox.lines(session, owner, _SHOWN), outbox.unreachable(session, owner))


def send_again(viewer: Viewer, letter_id: str, now: datetime) -> str:
    """Queue a letter that was given up, and give the address it goes to now (再送).

    Raises: NotFoundError unless it was given up and its user takes letters.
    """
    with writing(viewer.actor(), now) as unit:
        address = outbox.send_again(unit, viewer.consortium_id, letter_id)
        unit.record(viewer.consortium_id, "mail.again", "outbox_message", letter_id, "メールの再送")
    return address
