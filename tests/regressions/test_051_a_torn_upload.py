"""051: an upload whose compressed bytes were damaged was answered by 500, not by a sentence.

zlib raises an error of its own, which is neither an OSError nor a ValueError.
"""

import pytest

from consortium.domain.errors import BadInputError
from consortium.intake.attachments import read_attachment
from consortium.intake.prescan import prescan
from tests.intake.hostile import REFUSED

TORN, SAID = REFUSED["torn part"]


def test_a_torn_workbook_is_refused_with_a_sentence() -> None:
    for reads in (prescan, lambda content: read_attachment("表.xlsx", content)):
        with pytest.raises(BadInputError, match=SAID):
            reads(TORN)
