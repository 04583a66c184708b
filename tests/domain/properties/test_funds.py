"""What must always hold for grants and taxes (補助金・消費税の不変条件), tried at random.

The numbers M-… are those of the table of invariants that the design keeps.
"""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from consortium.domain.errors import BadInputError
from consortium.domain.funding import INFO_ONLY, PER_MEMBER, PRE_SPLIT, Grant
from consortium.domain.invoicing import KNOWN_TAX_RATES, TAX_PER, taxed
from consortium.domain.sharing.result import Finding
from consortium.domain.yen import MODES, Yen
from tests.depth import examples
from tests.domain.properties.agreements import Matter, is_percent, matters
from tests.domain.properties.engine import shared, shared_or_skipped

pytestmark = pytest.mark.property

SAMPLE = 1_000


def blocking(findings: tuple[Finding, ...]) -> list[str]:
    """Give the texts of what forbids 発行."""
    return [finding.text for finding in findings if finding.blocks]


@examples(SAMPLE)
@given(st.integers(-(10**11), 10**11), st.sampled_from([PRE_SPLIT, PER_MEMBER, INFO_ONLY]))
def test_m20_a_grant_is_never_below_nothing(amount: int, treatment: str) -> None:
    def grant() -> Grant:
        item, member = (1, None) if treatment == PRE_SPLIT else (None, "022021")
        return Grant("補助", Yen(amount), treatment, item, member)

    if amount >= 0:
        assert grant().amount == amount
        return
    with pytest.raises(BadInputError) as refusal:
        grant()
    assert refusal.value.path == "amount"


@examples(SAMPLE)
@given(matters(wide=True), st.integers(0, 10**11), st.integers(0, 11), st.integers(0, 3))
def test_m20_a_grant_to_one_member_lowers_only_that_member(
    matter: Matter, yen: int, who: int, which: int
) -> None:
    agreement, items = matter
    items = [item._replace(grants=()) for item in items]
    before = shared_or_skipped((agreement, items))
    who, which = who % len(before.parties), which % len(items)
    code = before.parties[who].code
    granted = [*items]
    granted[which] = items[which]._replace(grants=((code, yen),))
    after = shared(agreement, granted)
    for number, (old, new) in enumerate(zip(before.matrix, after.matrix, strict=True)):
        for position, amount in enumerate(old):
            mine = (number, position) == (which, who)
            assert new[position] == amount - (yen if mine else 0)
    assert after.total == before.total - yen
    above = yen > before.amounts[who]
    assert bool(yen and above) == any("超えています" in each for each in blocking(after.findings))
    assert after.amounts[who] >= 0 or above or before.amounts[who] < 0


@examples(SAMPLE)
@given(matters(wide=True), st.integers(0, 10**11), st.integers(0, 3))
def test_m20_a_grant_that_reduces_the_pot_is_the_smaller_cost(
    matter: Matter, yen: int, which: int
) -> None:
    agreement, items = matter
    which %= len(items)
    assume(not is_percent(agreement))
    items = [item._replace(grants=()) for item in items]
    granted = [*items]
    granted[which] = items[which]._replace(grants=(("", yen),))
    result = shared_or_skipped((agreement, granted))
    smaller = [*items]
    smaller[which] = items[which]._replace(amount=items[which].amount - yen)
    without = shared(agreement, smaller)
    assert result.matrix == without.matrix
    assert result.unallocated == without.unallocated
    above = bool(yen) and yen > items[which].amount
    assert above == bool(blocking(result.findings))


# ---- M-21 --------------------------------------------------------------------------------------

lines = st.lists(
    st.tuples(st.integers(-(10**9), 10**9), st.sampled_from(KNOWN_TAX_RATES)),
    min_size=1,
    max_size=8,
)


@examples(SAMPLE)
@given(matters(wide=True), lines, st.sampled_from(sorted(TAX_PER)), st.sampled_from(sorted(MODES)))
def test_m21_a_tax_is_shared_with_what_it_is_a_tax_on(
    matter: Matter, invoice: list[tuple[int, Fraction]], per: str, mode: str
) -> None:
    agreement, items = matter
    assume(not is_percent(agreement))
    taxes = taxed(invoice, per, mode)
    item = items[0]._replace(grants=(), usage=None, charge_to=None)
    costs = [item._replace(amount=net + tax) for (net, _), tax in zip(invoice, taxes, strict=True)]
    result = shared_or_skipped((agreement, costs))
    # The lines of 8 % and 10 % make up the invoice, and the shares make up the lines.
    assert result.total == sum(net for net, _ in invoice) + sum(taxes)
    for entry, cost in zip(result.items, costs, strict=True):
        assert sum(entry.amounts) + entry.unallocated == cost.amount


@examples(SAMPLE)
@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=8), st.sampled_from(KNOWN_TAX_RATES))
def test_m21_the_rule_of_an_invoice_decides_between_two_named_sums(
    nets: list[int], rate: Fraction
) -> None:
    invoice = [(net, rate) for net in nets]
    percent = int(rate)
    assert sum(taxed(invoice, "line", "floor")) == sum(net * percent // 100 for net in nets)
    assert sum(taxed(invoice, "invoice", "floor")) == sum(nets) * percent // 100
