"""What letters say (メールの文): a link to the portal, never a file and never an amount.

They are written into the outbox in the transaction of what they tell of; `delivery.py` sends them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from consortium.db.store import outbox
from consortium.db.store.outbox import Draft, Reader, Sender
from consortium.db.store.reports import FileRecord
from consortium.db.unit import Unit
from consortium.mail import Mailer

#: Slot of a town's file, and roles that are told what concerns the office alone.
_MEMBER, _OFFICE = "member:", ("lead_staff", "lead_approver", "lead_admin")

INBOX, HOME = "/inbox", "/this-month"


def announce(
    unit: Unit, consortium_id: str, run_id: str, files: Sequence[FileRecord], mailer: Mailer | None
) -> None:
    """Write a letter to every user whose file is being published (公開のお知らせ).

    Called in the publishing transaction, so that nothing is published untold nor told unpublished.
    Without a mail server nothing is written.
    """
    if mailer is None or not files:
        return
    every = outbox.readers(unit.session, consortium_id)
    office = outbox.sender_of(unit.session, consortium_id)
    by_slot = {file.slot: file.display_name for file in files}
    drafts = [
        Draft(run_id, f"report:{run_id}", reader, *_published(office, reader, name, mailer))
        for reader, name in _whose(every, by_slot, is_by_itself=unit.actor.role == "system")
    ]
    outbox.queue(unit, consortium_id, mailer.domain, drafts)


def _whose(
    every: Iterable[Reader], by_slot: Mapping[str, str], *, is_by_itself: bool
) -> Iterator[tuple[Reader, str]]:
    """Match users and files: a town's own; of a report for the office alone the office's users."""
    for reader in every:
        if reader.code is not None and (name := by_slot.get(f"{_MEMBER}{reader.code}")):
            yield reader, name
    is_for_towns = any(slot.startswith(_MEMBER) for slot in by_slot)
    if is_by_itself and not is_for_towns:
        (name, *_) = by_slot.values()
        yield from ((reader, name) for reader in every if reader.role in _OFFICE)


def _published(office: Sender, reader: Reader, name: str, mailer: Mailer) -> tuple[str, str]:
    title = name.rpartition(".")[0]
    is_town = reader.code is not None
    way = ("「帳票の受取」から受け取って", INBOX) if is_town else ("「今月の仕事」を開いて", HOME)
    text = f"次の帳票を公開しました。\n　{title}\n\nポータルにログインし、{way[0]}ください。"
    return _subject(office, f"帳票を公開しました：{title}"), _body(
        office, reader, text, mailer.base_url + way[1]
    )


def reminder(
    office: Sender, reader: Reader, names: Sequence[str], days: int, mailer: Mailer
) -> tuple[str, str]:
    """Give subject and body that name documents nobody of a town has received (受領のお願い)."""
    listed = "\n".join(f"　{name.rpartition('.')[0]}" for name in names)
    text = f"次の帳票は、公開から{days}業務日を過ぎても、まだ受け取られていません。\n{listed}\n\n"
    text += "ポータルにログインし、「帳票の受取」から受け取ってください。"
    subject = _subject(office, f"未受領の帳票があります（{len(names)}件）")
    return subject, _body(office, reader, text, mailer.base_url + INBOX)


def failure(
    office: Sender, reader: Reader, title: str, error: str, mailer: Mailer
) -> tuple[str, str]:
    """Give subject and body that tell the office of a report that failed (作成の失敗)."""
    text = f"次の帳票を作成できませんでした。\n　{title}\n　{error}\n\n"
    text += "「今月の仕事」で内容を確かめ、直してから「再試行」を押してください。"
    subject = _subject(office, f"帳票を作成できません：{title}")
    return subject, _body(office, reader, text, mailer.base_url + HOME)


def _subject(office: Sender, text: str) -> str:
    sample = "【見本】" if office.is_sample else ""
    # A name typed with a line end in it must not end the heading.
    return " ".join(f"{sample}【{office.consortium}】{text}".split())


def _body(office: Sender, reader: Reader, text: str, link: str) -> str:
    return f"""{reader.name} 様

{text}
{link}

このメールにファイルや金額は付けていません。同じメールが二度届くことがあります。
お知らせが要らないときは、「利用者情報」でメールアドレスを消してください。

{office.consortium}　{office.office}
"""
