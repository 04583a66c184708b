"""Who looks at a page or acts on it (閲覧者): the first argument of what an officer does."""

from dataclasses import dataclass
from typing import Final

from consortium.db.unit import Actor

LEAD_ROLES: Final = ("lead_staff", "lead_approver", "lead_admin")
MEMBER_ROLES: Final = ("member_staff", "member_admin")
ROLE_LABELS: Final = {
    "lead_staff": "担当",
    "lead_approver": "承認者",
    "lead_admin": "管理者",
    "member_staff": "構成団体 担当",
    "member_admin": "構成団体 管理者",
    "auditor": "監査",
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person logged in, as read from the database for this very request."""

    user_id: str
    name: str
    role: str
    consortium_id: str
    #: Municipality code of a member town's user; None for the lead city and the auditor.
    code: str | None = None
    #: Municipality or office, as shown and as written to the chain (所属).
    body: str = ""
    consortium_name: str = ""
    is_sample: bool = False
    #: True where the office lets its staff approve their own drafts (一人の事務局).
    is_one_person: bool = False
    #: Some fiscal year is closed, so that pages have to look which (締めのある協議会).
    has_closings: bool = True
    #: False after a check found records that are not as they were saved (整合性の検証).
    shows_figures: bool = True
    #: Why something of a year under 仮締め changes, as typed on the form (変更の理由).
    reason: str = ""

    @property
    def is_lead_side(self) -> bool:
        """The office of the consortium (幹事市・事務局); the auditor is on neither side."""
        return self.role in LEAD_ROLES

    @property
    def is_member(self) -> bool:
        """A member town, which sees its own matters only (構成団体)."""
        return self.role in MEMBER_ROLES

    @property
    def role_label(self) -> str:
        """Give the role as shown (役割)."""
        return ROLE_LABELS[self.role]

    def actor(self) -> Actor:
        """Give this person as written to the chain (操作者)."""
        return Actor(self.user_id, self.name, self.body, self.role)
