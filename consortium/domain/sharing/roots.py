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


@lru_cache(maxsize=4096)
def power_of(value: Fraction, exponent: Fraction) -> Fraction:
    """Raise a value to a power; what is not exact is cut off below 10^-12 (べき乗).

    Units: none. `floor(10^12 × value^(a/b)) / 10^12`, found as the b-th root of a whole number.
    Zero stays zero. Exponent 1 gives the value itself.

    >>> power_of(Fraction(9), Fraction(1, 2)), power_of(Fraction(2), Fraction(1, 2))
    (Fraction(3, 1), Fraction(353553390593, 250000000000))

    Raises: BadInputError for an exponent that is not above 0, above 3, or finer than 1/10,000.
    """
    check_exponent(exponent)
    if exponent.denominator == 1:
        return value**exponent.numerator
    raised = value**exponent.numerator
    degree = exponent.denominator
    whole = raised.numerator * PRECISION**degree // raised.denominator
    return Fraction(integer_root(whole, degree), PRECISION)


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
