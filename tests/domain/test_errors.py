"""What the portal says when it cannot do what was asked (エラー)."""

from consortium.domain.errors import BadInputError, DomainError, DuplicateError

PARTS = ("登録しようとしました。", "同じ名前があります。", "別の名前にしてください。")


def test_an_error_says_what_was_asked_what_was_found_and_what_to_do() -> None:
    error = DomainError(*PARTS)
    assert (error.asked, error.found, error.todo) == PARTS
    assert str(error) == "登録しようとしました。同じ名前があります。別の名前にしてください。"


def test_a_duplicate_marks_the_field() -> None:
    error = DuplicateError(*PARTS, field="name")
    assert error.field == "name"
    assert str(error) == "".join(PARTS)


def test_bad_input_names_its_key_if_it_has_one() -> None:
    assert str(BadInputError(*PARTS)) == "".join(PARTS)
    assert str(BadInputError(*PARTS, path="items[0].from")) == "items[0].from: " + "".join(PARTS)
