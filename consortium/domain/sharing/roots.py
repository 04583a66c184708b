"""Powers with a rational exponent by whole-number roots (逓減割のべき乗): no float, any machine."""

from fractions import Fraction
from functools import lru_cache
from math import isqrt

from consortium.domain.errors import BadInputError

#: A power that is no rational number is cut off after this many decimals.
PRECISION = 10**12

#: Longer exponents would need roots of a degree nobody states in an agreement.
MAX_DENOMINATOR = 10_000
MAX_EXPONENT = 3

#: Binary places to begin with: enough for every usual value, doubled where they do not decide.
_PLACES = 96


@lru_cache(maxsize=4096)
def power_of(value: Fraction, exponent: Fraction) -> Fraction:
    """Raise a value to a power; what is not exact is cut off below 10^-12 (べき乗).

    Units: none. `floor(10^12 × value^(a/b)) / 10^12`. To raise to the a-th power first would make
    numbers of a million digits from long values, so the power is held between two bounds that draw
    nearer until both are cut off alike. Only a power that is itself a whole number of 10^-12 would
    stay between them for ever; its value has an exact b-th root, which is looked for first.
    Zero stays zero. Exponent 1 gives the value itself.

    >>> power_of(Fraction(9), Fraction(1, 2)), power_of(Fraction(2), Fraction(1, 2))
    (Fraction(3, 1), Fraction(353553390593, 250000000000))

    Raises: BadInputError for an exponent that is not above 0, above 3, or finer than 1/10,000.
    """
    check_exponent(exponent)
    if exponent.denominator == 1:
        return value**exponent.numerator
    root = _exact_root(value, exponent.denominator)
    if root is not None:
        raised = root**exponent.numerator
        return Fraction(PRECISION * raised.numerator // raised.denominator, PRECISION)
    places = _PLACES
    while True:
        low, high = _cut_off(value, exponent, places)
        if low == high:
            return Fraction(low, PRECISION)
        places *= 2


def _exact_root(value: Fraction, degree: int) -> Fraction | None:
    """Give the root of a value; None if it is not rational."""
    root = Fraction(integer_root(value.numerator, degree), integer_root(value.denominator, degree))
    return root if root**degree == value else None


def _cut_off(value: Fraction, exponent: Fraction, places: int) -> tuple[int, int]:
    """Give a power from below and from above, in units of 10^-12, each cut off."""
    whole, part = divmod(exponent, 1)
    raised = PRECISION * value**whole
    low, high = _between(value, part, places)
    divisor = raised.denominator << places
    return raised.numerator * low // divisor, raised.numerator * high // divisor


def _between(base: Fraction, part: Fraction, places: int) -> tuple[int, int]:
    """Give base^part, for a part between 0 and 1, from below and from above, over 2^places.

    A binary digit of the part at place n brings the n-th square root of the base as a factor.
    """
    low = (base.numerator << places) // base.denominator
    high = low + 1
    one = below = above = 1 << places
    digits = part.numerator
    for _ in range(places):
        low, high = isqrt(low << places), isqrt(high << places) + 1
        digits *= 2
        if digits >= part.denominator:
            digits -= part.denominator
            below, above = below * low >> places, (above * high >> places) + 1
        if not digits:
            return below, above
    # The digits that are left come to a factor between 1 and the last root.
    return below * min(low, one) >> places, (above * max(high, one) >> places) + 1


def check_exponent(exponent: Fraction) -> None:
    """Refuse an exponent that no agreement means (指数の検査)."""
    if 0 < exponent <= MAX_EXPONENT and exponent.denominator <= MAX_DENOMINATOR:
        return
    raise BadInputError(
        "逓減割の指数を読みました。",
        f"指数が {exponent} です。",
        f"0より大きく{MAX_EXPONENT}以下、小数4桁までの数にしてください。",
        path="power",
    )


def integer_root(number: int, degree: int) -> int:
    """Give the largest whole number whose power does not exceed the number (整数の根).

    The sixth root is the square root of the cube root, also when each is cut off to a whole
    number, so a degree is taken factor by factor.

    >>> integer_root(63, 6), integer_root(64, 6)
    (1, 2)
    """
    factor = 2
    while degree > 1:
        while degree % factor:
            factor += 1
        number = _root(number, factor)
        degree //= factor
    return number


def _root(number: int, degree: int) -> int:
    """Newton's method from above: it only ever falls, and stops at the root."""
    if degree == 2:
        return isqrt(number)
    if number < 2:
        return number
    root = 1 << -(-number.bit_length() // degree)
    while True:
        nearer = ((degree - 1) * root + number // root ** (degree - 1)) // degree
        if nearer >= root:
            return root
        root = nearer
