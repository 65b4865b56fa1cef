from decimal import Decimal

import pytest

from cracktrader.domain.account import Account, Fee, Fill, Position

D = Decimal


def fill(trade_id, side, amount, price, fee=None, symbol="BTC/USDT"):
    return Fill(
        exchange="binance",
        symbol=symbol,
        trade_id=trade_id,
        side=side,
        amount=D(amount),
        price=D(price),
        timestamp=0,
        fee=fee,
    )


def test_a_fill_moves_both_balances_and_its_fee_the_third():
    account = Account().with_balance("USDT", D(1000)).with_balance("BNB", D(1))
    bought = account.after([fill("1", "buy", "0.5", "100", Fee(currency="BNB", amount=D("0.01")))])
    assert bought.balances == {"USDT": D(950), "BTC": D("0.5"), "BNB": D("0.99")}


def test_a_fee_in_base_currency_leaves_less_to_sell():
    account = Account().after(
        [fill("1", "buy", "1", "100", Fee(currency="BTC", amount=D("0.001")))]
    )
    assert account.balances["BTC"] == D("0.999")


def test_a_fill_reported_twice_counts_once():
    once = fill("1", "buy", "1", "100")
    account = Account().after([once, once]).after([once])
    assert account.positions["BTC/USDT"].amount == 1


def test_trade_ids_are_per_symbol():
    fills = [fill("1", "buy", "1", "100"), fill("1", "buy", "2", "10", symbol="ETH/USDT")]
    assert Account().after(fills).positions["ETH/USDT"].amount == 2


@pytest.mark.parametrize(
    ("fills", "amount", "average", "realized"),
    [
        ([("buy", "1", "100"), ("buy", "3", "200")], "4", "175", "0"),
        ([("buy", "2", "100"), ("sell", "1", "150")], "1", "100", "50"),
        ([("buy", "2", "100"), ("sell", "2", "90")], "0", "0", "-20"),
        ([("buy", "1", "100"), ("sell", "3", "110")], "-2", "110", "10"),
        ([("sell", "2", "100"), ("buy", "1", "90")], "-1", "100", "10"),
        ([("sell", "1", "100"), ("buy", "1", "90"), ("buy", "1", "80")], "1", "80", "10"),
        ([("buy", "0.1", "1"), ("buy", "0.2", "1"), ("sell", "0.3", "1")], "0", "0", "0.0"),
    ],
)
def test_a_position_is_the_sum_of_its_fills(fills, amount, average, realized):
    position = Position(symbol="BTC/USDT")
    for number, (side, size, price) in enumerate(fills):
        position = position.after(fill(str(number), side, size, price))
    assert (position.amount, position.average) == (D(amount), D(average))
    assert position.realized == D(realized)


def test_derivative_symbols_do_not_move_spot_balances():
    with pytest.raises(ValueError, match="not a spot symbol"):
        Account().after([fill("1", "buy", "1", "1", symbol="BTC/USDT:USDT")])


def test_a_fill_needs_an_amount():
    with pytest.raises(ValueError, match="positive amount"):
        fill("1", "buy", "0", "100")
