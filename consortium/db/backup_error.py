"""That a backup could not be made, read or put back (バックアップの失敗)."""

from consortium.domain.errors import DomainError


class BackupError(DomainError):
    """A backup cannot be made, is not whole, or does not fit here (バックアップの失敗)."""
