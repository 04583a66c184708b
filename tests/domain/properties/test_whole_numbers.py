"""No float on any way that money takes (浮動小数点数を使わない): the M-3 of the design."""

import ast
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import consortium.domain
from consortium.domain.sharing.explanation import explain
from consortium.domain.sharing.roots import integer_root, power_of
from tests import oracle
from tests.depth import examples
from tests.domain.properties.agreements import Matter, matters
from tests.domain.properties.engine import shared_or_skipped

DOMAIN = Path(consortium.domain.__file__).parent
MODULES = sorted(path.relative_to(DOMAIN).as_posix() for path in DOMAIN.rglob("*.py"))

#: Where `/` divides fractions. On two whole numbers it would make a float, which the test of
#: whole results below would find; everywhere else it is not written at all.
MAY_DIVIDE = {
    "fiscalyear/instalment.py",
    "invoicing.py",
    *(
        f"sharing/{name}.py"
        for name in ("bases", "charges", "dampening", "explanation", "pots", "tax")
    ),
}
#: A Fraction shown with some decimals; no money is made of it.
MAY_ROUND = {"sharing/sentences.py"}

FLOATING = {
    *("float", "Decimal", "complex", "statistics", "numpy", "random"),
    *("sqrt", "pow", "exp", "log", "log2", "log10", "fsum", "fmod", "ldexp", "hypot", "dist"),
}
WHOLE = {"ceil", "floor", "gcd", "isqrt", "lcm", "prod", "comb", "factorial"}


def names_of(tree: ast.AST) -> Iterator[str]:
    """Give every name that a module reads, imports or asks of something."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name
        if isinstance(node, ast.ImportFrom):
            yield f"{node.module} module"
        elif isinstance(node, ast.Import):
            yield from (f"{alias.name} module" for alias in node.names)


@pytest.mark.parametrize("module", MODULES)
def test_m03_no_module_of_the_domain_knows_a_float(module: str) -> None:
    tree = ast.parse((DOMAIN / module).read_text(encoding="utf-8"))
    assert not set(names_of(tree)) & (FLOATING | {"decimal module"})
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            assert not isinstance(node.value, float | complex)
        elif isinstance(node, ast.ImportFrom) and node.module == "math":
            assert {alias.name for alias in node.names} <= WHOLE
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "round":
            assert module in MAY_ROUND
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            assert module in MAY_DIVIDE


def test_m03_the_lists_name_only_modules_that_need_it() -> None:
    dividing = set()
    for module in MODULES:
        tree = ast.parse((DOMAIN / module).read_text(encoding="utf-8"))
        if any(isinstance(node, ast.Div) for node in ast.walk(tree)):
            dividing.add(module)
    assert dividing == MAY_DIVIDE


def leaves(value: object) -> Iterator[object]:
    """Give every single value of a result or an explanation, however deep."""
    if is_dataclass(value):
        for field in fields(value):
            yield from leaves(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        for each in value:
            yield from leaves(each)
    elif hasattr(value, "items"):
        for key, each in value.items():
            yield from leaves(key)
            yield from leaves(each)
    else:
        yield value


@pytest.mark.property
@examples(1_000)
@given(matters(wide=True))
def test_m03_every_number_of_a_result_is_whole_or_a_fraction(matter: Matter) -> None:
    result = shared_or_skipped(matter)
    assert {type(yen) for row in result.matrix for yen in row} <= {int}
    assert type(result.total) is type(result.unallocated) is int
    entry, party = result.items[-1], result.parties[-1]
    found = {type(value) for value in leaves((result.items, result.pots))}
    found |= {type(value) for value in leaves(explain(result, entry.item.no, party.code))}
    assert not found & {float, complex}
    assert {kind for kind in found if issubclass(kind, int | float)} <= {int, bool}


# ---- powers: whole-number roots instead of floats ----------------------------------------------

exponents = st.builds(Fraction, st.integers(1, 60), st.integers(1, 40)).filter(lambda e: e <= 3)


@pytest.mark.property
@examples(1_000)
@given(st.one_of(st.integers(0, 50), st.integers(0, 10**8)).map(Fraction), exponents)
def test_a_power_is_cut_off_below_the_twelfth_decimal(value: Fraction, exponent: Fraction) -> None:
    found = power_of(value, exponent)
    assert found == oracle.root(value, exponent)
    # found <= value ** exponent < found + 10 ** -12, both sides raised to whole powers.
    raised = value**exponent.numerator
    assert found**exponent.denominator <= raised
    assert (found + Fraction(1, 10**12)) ** exponent.denominator > raised


def by_one_root(value: Fraction, exponent: Fraction) -> Fraction:
    """The power as one root of one whole number: exact, and slow where both are long."""
    raised = value**exponent.numerator
    whole = raised.numerator * 10 ** (12 * exponent.denominator) // raised.denominator
    return Fraction(integer_root(whole, exponent.denominator), 10**12)


#: As long as a case file takes them: eighteen digits before the point and eighteen behind it.
long_values = st.one_of(
    st.integers(0, 10**36 - 1).map(lambda digits: Fraction(digits, 10**18)),
    # Powers that are rational, and their nearest neighbours, above and below 1.
    st.builds(
        lambda base, degree, step: abs(base**degree + Fraction(step, 10**18)),
        st.builds(Fraction, st.integers(1, 99), st.integers(1, 99)),
        st.integers(1, 9),
        st.integers(-1, 1),
    ),
)
long_exponents = st.integers(2, 120).flatmap(
    lambda whole: st.integers(1, 3 * whole).map(lambda part: Fraction(part, whole))
)


@pytest.mark.property
@examples(1_000)
@given(long_values, long_exponents)
def test_a_power_of_a_long_value_is_the_one_root(value: Fraction, exponent: Fraction) -> None:
    if exponent.denominator > 1:
        assert power_of(value, exponent) == by_one_root(value, exponent)


@pytest.mark.parametrize("power", ["0.5", "1.5", "0.2", "2.75"])
@pytest.mark.parametrize("step", [-1, 0, 1])
@pytest.mark.parametrize("root", [10**100, Fraction(1, 10**9), Fraction(10**40, 7**50)])
def test_a_power_next_to_a_whole_one_is_cut_off_on_its_side(
    root: Fraction, step: int, power: str
) -> None:
    exponent = Fraction(power)
    value = root**exponent.denominator * (1 + Fraction(step, 10**400))
    assert power_of(value, exponent) == by_one_root(value, exponent)


def test_a_power_of_a_long_value_is_cut_off_below_the_exact_one() -> None:
    value = Fraction("123456789012345678.123456789012345679")
    found = power_of(value, Fraction(9_999, 10_000))
    raised = value**9_999
    assert found**10_000 <= raised < (found + Fraction(1, 10**12)) ** 10_000


@pytest.mark.property
@examples(1_000)
@given(st.one_of(st.integers(0, 10**4), st.integers(0, 10**60)), st.integers(1, 30))
def test_a_whole_root_is_the_largest_that_fits(number: int, degree: int) -> None:
    root = integer_root(number, degree)
    assert root**degree <= number < (root + 1) ** degree
