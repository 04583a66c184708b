"""The rows of データ in a workbook of our own, typed as they stand there (データの行)."""

from decimal import Decimal

from consortium.intake.issued_book import DATA
from consortium.intake.prescan import refused
from consortium.intake.raw_book import read

Cell = str | int | Decimal | None


def data_rows(content: bytes) -> tuple[tuple[Cell, ...], ...] | None:
    """Give the rows with the headings, all of one length; None for a workbook without データ.

    Raises: BadInputError for a file that cannot be read.
    """
    try:
        sheets = read(content, only=DATA)
    except Exception as error:  # whatever is wrong with a file on disk
        raise refused("Excelブックの中身を読み取れません。") from error
    if not sheets:
        return None
    cells = {(row, column): _typed(kind, held) for row, column, kind, held, _ in sheets[0]["cells"]}
    if not cells:
        return ()
    rows, columns = (max(place) for place in zip(*cells, strict=True))
    return tuple(
        tuple(cells.get((row, column)) for column in range(1, columns + 1))
        for row in range(1, rows + 1)
    )


def _typed(kind: str, held: str | int | None) -> Cell:
    """A number stays one, whole or not; everything else is text."""
    if kind != "n" or not isinstance(held, str):
        return held
    number = Decimal(held)
    return int(number) if number == number.to_integral_value() else number
