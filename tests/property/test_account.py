"""However fills are split, repeated or reordered, the account adds up."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from cracktrader.domain.account import Account, Fill

numbers = st.decimals(min_value="0.00001", max_value=1000, places=5)
legs = st.lists(st.tuples(st.sampled_from(["buy", "sell"]), numbers, numbers), max_size=20)


def to_fills(rows):
    return [
        Fill(
            exchange="x",
            symbol="A/B",
            trade_id=str(n),
            side=side,
            amount=amount,
            price=price,
            timestamp=n,
        )
        for n, (side, amount, price) in enumerate(rows)
    ]


@given(legs, st.randoms(use_true_random=False))
def test_balances_ignore_order_and_repetition(rows, random):
    fills = to_fills(rows)
    shuffled = fills + fills[: len(fills) // 2]
    random.shuffle(shuffled)
    assert Account().after(fills).balances == Account().after(shuffled).balances


@given(legs)
def test_position_and_base_balance_agree(rows):
    account = Account().after(to_fills(rows))
    total = sum((f.signed_amount for f in to_fills(rows)), Decimal(0))
    assert account.balances.get("A", 0) == total
    if rows:
        assert account.positions["A/B"].amount == total
