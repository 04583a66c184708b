"""Users with addresses, and what the outbox holds for them (メールの試験の材料)."""

from dataclasses import replace

from sqlalchemy import select

from consortium.db import models
from consortium.db.unit import reading
from consortium.mail import Mailer
from consortium.usecases.delivery import deliveries
from consortium.usecases.mail_addresses import set_address
from consortium.usecases.reporting import Worker
from tests.mail_server import MailServer
from tests.office import ITAYANAGI, Office
from tests.people import People

#: A server that nobody asks.
NOBODY = MailServer(port=9)


def reader(people: People, login: str, code: str | None = ITAYANAGI, role: str = "") -> str:
    """Register somebody with the address login@example.lg.jp."""
    user_id = people.make(login, role or ("member_staff" if code else "lead_staff"), code)
    set_address(login, f"{login}@example.lg.jp", people.clock.now())
    return user_id


def with_mail(office: Office, mailer: Mailer) -> Office:
    """Give the office at work with a mail server."""
    return replace(office, worker=replace(office.worker, mailer=mailer))


def letters() -> list[models.OutboxMessage]:
    """Give the outbox by recipient."""
    with reading() as session:
        found = select(models.OutboxMessage).order_by(models.OutboxMessage.address)
        return list(session.scalars(found))


def told() -> dict[str, str]:
    """Give the state of each letter by the name of its recipient."""
    return {letter.address.partition("@")[0]: letter.state for letter in letters()}


def deliver(worker: Worker) -> None:
    """Do all parts of a tick that write and send letters."""
    for _, act in deliveries(worker):
        act()
