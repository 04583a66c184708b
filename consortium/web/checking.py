"""Forms whose result is shown before it is saved (計算の確かめ)."""

from wtforms import StringField
from wtforms.widgets import HiddenInput

from consortium.web.forms import PortalForm


class CheckedForm(PortalForm):
    """A form that carries the mark of the result it has shown; without script, nothing is kept."""

    checked = StringField("計算の結果", widget=HiddenInput())

    def has_shown(self, digest: str) -> bool:
        """Say whether exactly this result stood on the page that was sent."""
        return bool(self.checked.data == digest)

    def show(self, digest: str) -> None:
        """Let the form, sent again unchanged, save the result it now shows."""
        self.checked.raw_data = None
        self.checked.data = digest
