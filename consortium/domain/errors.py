"""What the portal says when it cannot do what was asked (エラー).

Every refusal carries three parts: what was asked, what was found, what to do. They are Japanese
sentences for the officer; `str(error)` joins them into one line.
"""


class DomainError(Exception):
    """A refusal that names what was asked, what was found and what to do (お断り)."""

    def __init__(self, asked: str, found: str, todo: str) -> None:
        """Keep the three parts; each is a Japanese sentence, ending in 「。」."""
        super().__init__(asked, found, todo)
        self.asked = asked
        self.found = found
        self.todo = todo

    def __str__(self) -> str:
        """Give the three parts as one line."""
        return f"{self.asked}{self.found}{self.todo}"


class NotInForceError(DomainError):
    """No value is in force on the day asked for (未登録・廃止)."""


class CannotShareError(DomainError):
    """A cost cannot be shared, e.g. because all weights are zero (按分不能)."""


class InvalidTransitionError(DomainError):
    """A step is not allowed in the present state, or not by this person (手順違反)."""


class ClosedError(DomainError):
    """The fiscal year is closed for good and takes no change any more (本締め済み)."""


class DuplicateError(DomainError):
    """Something with the same key exists already (重複); `field` is the form field to mark."""

    def __init__(self, asked: str, found: str, todo: str, *, field: str) -> None:
        """Keep the three parts and the field."""
        super().__init__(asked, found, todo)
        self.field = field


class StaleError(DomainError):
    """Somebody else saved the same record meanwhile (競合)."""


class BadInputError(DomainError):
    """An input cannot be accepted (入力誤り); `path` is its key or field, e.g. `items[0].from`."""

    def __init__(self, asked: str, found: str, todo: str, *, path: str = "") -> None:
        """Keep the three parts and the path of the offending value."""
        super().__init__(asked, found, todo)
        self.path = path

    def __str__(self) -> str:
        """Give the path, where there is one, and the three parts as one line."""
        prefix = f"{self.path}: " if self.path else ""
        return prefix + super().__str__()


class NotFoundError(DomainError):
    """The object does not exist, or not for this viewer: both look alike (該当なし)."""
