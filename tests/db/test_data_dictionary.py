"""docs/data-dictionary.md says what the models say (データ項目一覧)."""

from consortium.db.models import Base
from tests.db.data_dictionary import DICTIONARY, described, render


def test_every_column_has_one_sentence() -> None:
    known = described()
    assert set(known) == set(Base.metadata.tables)
    for name, table in Base.metadata.tables.items():
        meaning, sentences = known[name]
        assert meaning.endswith("."), name
        assert set(sentences) == set(table.columns.keys()), name
        for column, sentence in sentences.items():
            assert sentence.endswith("."), f"{name}.{column}"


def test_the_data_dictionary_is_up_to_date() -> None:
    assert DICTIONARY.read_text(encoding="utf-8") == render()
