"""Every refusal that a test of the domain meets is three whole sentences (お断りの文)."""

from collections.abc import Iterator

import pytest

from consortium.domain.errors import DomainError


@pytest.fixture(scope="module", autouse=True)
def whole_sentences() -> Iterator[None]:
    """Look at what was asked, what was found and what to do, wherever a refusal is made."""
    plain = DomainError.__init__

    def looked_at(self: DomainError, asked: str, found: str, todo: str) -> None:
        for sentence in (asked, found, todo):
            assert isinstance(sentence, str)
            assert sentence.endswith("。"), sentence
            assert not sentence.isascii()
        plain(self, asked, found, todo)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DomainError, "__init__", looked_at)
        yield
