"""The text of formulas that every program calculates alike (計算式の文).

Only integers go in and come out, and every one on the way stays below 10^15: `fits()` says so of
the figures as they are, the sizes handed to `verdict()` of figures somebody changes in the file.
"""

from collections.abc import Sequence

from consortium.reports.sheet import INT_LIMIT

#: Excel takes no longer formula, and no more arguments of a function.
LONGEST, MOST_ARGUMENTS = 8_000, 250


def floordiv(numerator: str, divisor: str) -> str:
    """Divide two integers and cut the fraction off; the numerator is not negative.

    A quotient just below an integer may come out as the integer: the second half takes that back.

    >>> floordiv("B7*3", "$I8")
    '(INT(B7*3/$I8)-(INT(B7*3/$I8)*$I8>B7*3))'
    """
    quotient = f"INT({numerator}/{divisor})"
    return f"({quotient}-({quotient}*{divisor}>{numerator}))"


def nearest(size: str, part: str, whole: str) -> str:
    """Give size × part ÷ whole to the yen, half a yen up; the size is not negative.

    >>> nearest("ABS(I7)", "1", "5")
    '(INT((2*ABS(I7)*1+5)/(2*5))-(INT((2*ABS(I7)*1+5)/(2*5))*(2*5)>(2*ABS(I7)*1+5)))'
    """
    return floordiv(f"(2*{size}*{part}+{whole})", f"(2*{whole})")


def to_unit(numerator: str, divisor: str, unit: int, mode: str) -> str:
    """Round a quotient of integers to whole units by a key of `yen.MODES` (端数処理)."""
    over = divisor if unit == 1 else f"({unit}*{divisor})"
    lifted = {
        "floor": (numerator, over),
        "half_up": (f"(2*{numerator}+{over})", f"(2*{over})"),
        "ceil": (f"({numerator}+{over}-1)", over),
    }[mode]
    return floordiv(*lifted) + (f"*{unit}" if unit > 1 else "")


def rank(pairs: Sequence[tuple[str, str, str]]) -> str:
    """Give a cell's place, the largest first, equal ones from the left (順位).

    Of each row that decides, the earlier ones first: (the row, its cells up to the cell, the cell).
    RANK compares one row only, and would disagree with the engine where two remainders are equal.
    """
    larger = ""
    for row, _, cell in reversed(pairs):
        larger = f"({row}>{cell})" + (f"+({row}={cell})*({larger})" if larger else "*1")
    alike = "*".join(f"({before}={cell})" for _, before, cell in pairs)
    return f"SUMPRODUCT({larger})+SUMPRODUCT({alike}*1)"


def added(cells: Sequence[str]) -> str | None:
    """Add cells up; None where no formula can be that long, or there is nothing to add.

    >>> added(["B7", "B12"])
    'SUM(B7,B12)'
    """
    groups = [cells[at : at + MOST_ARGUMENTS] for at in range(0, len(cells), MOST_ARGUMENTS)]
    text = "+".join(f"SUM({','.join(group)})" for group in groups)
    return text if text and len(text) <= LONGEST else None


def verdict(test: str, *sizes: str) -> str:
    """Say 一致 or 不一致, or 桁数超過 where one of the sizes has more digits than are exact.

    >>> verdict("I12=I7")
    'IF(I12=I7,"一致","不一致")'
    """
    text = f'IF({test},"一致","不一致")'
    if not sizes:
        return text
    return f'IF(MAX({",".join(sizes)})>={INT_LIMIT},"桁数超過",{text})'


def fits(*sizes: int) -> bool:
    """Say whether all of these are integers that every program keeps exact (桁数)."""
    return all(abs(size) < INT_LIMIT for size in sizes)
