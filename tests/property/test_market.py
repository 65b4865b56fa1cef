"""No rounding ever asks for more, or for a worse price, than the trader did."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cracktrader.domain.market import Market, Precision

steps = st.one_of(
    st.builds(
        lambda n, e: Precision(step=Decimal(n).scaleb(e)), st.integers(1, 50), st.integers(-8, 2)
    ),
    st.builds(lambda n: Precision(significant_digits=n), st.integers(1, 8)),
)
values = st.floats(min_value=1e-8, max_value=1e8, allow_nan=False)


def market(precision):
    return Market(
        symbol="A/B",
        base="A",
        quote="B",
        amount_precision=precision,
        price_precision=precision,
    )


@given(steps, values)
def test_rounding_goes_to_the_safe_side_and_stays_there(precision, value):
    rules, exact = market(precision), Decimal(repr(value))
    amount = rules.round_amount(value)
    buy, sell = rules.round_price(value, "buy"), rules.round_price(value, "sell")
    assert amount <= exact
    assert buy <= exact <= sell
    assert rules.round_amount(amount) == amount
    assert rules.round_price(buy, "buy") == buy
    assert rules.round_price(sell, "sell") == sell


@given(steps, values)
def test_what_was_rounded_breaks_no_step(precision, value):
    rules = market(precision)
    amount = rules.round_amount(value)
    reason = rules.refusal(amount, rules.round_price(value, "sell"))
    assert reason is None or amount == 0
