"""Registering cost categories (経費区分の登録)."""

from datetime import datetime
from uuid import uuid4

from consortium.db.store import costs, members
from consortium.db.store.costs import Category
from consortium.db.store.members import Service
from consortium.db.unit import reading, writing
from consortium.domain.errors import BadInputError
from consortium.usecases.viewer import Viewer


def list_services(viewer: Viewer) -> tuple[Service, ...]:
    """List the services that a category can belong to (共同サービスの選択)."""
    with reading() as session:
        return members.services(session, viewer.consortium_id)


def add_category(viewer: Viewer, service_id: str, name: str, now: datetime) -> Category:
    """Register a cost category of a service, after those there are (経費区分の登録).

    Raises: BadInputError at the field.
    """
    owner = viewer.consortium_id
    with writing(viewer.actor(), now) as unit:
        unit.take_turn(owner)
        services = {each.id: each for each in members.services(unit.session, owner)}
        service = services.get(service_id)
        if service is None:
            raise _refuse("service", "一覧にない共同サービスです。", "選び直してください。")
        of_service = [
            each for each in costs.categories(unit.session, owner) if each.service_id == service_id
        ]
        if any(each.name == name for each in of_service):
            raise _refuse(
                "name",
                f"「{name}」はもう登録されています。",
                "登録済みの経費区分を使ってください。",
            )
        position = max((each.position for each in of_service), default=0) + 1
        new = Category(str(uuid4()), service.id, service.name, service.period.since, name, position)
        costs.add_category(unit, owner, new)
    return new


def _refuse(path: str, found: str, todo: str) -> BadInputError:
    return BadInputError("経費区分を保存しようとしました。", found, todo, path=path)
