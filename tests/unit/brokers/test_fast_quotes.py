import itertools

import backtrader as bt
import pytest

from cracktrader.brokers.commission import CCXTCommissionInfo
from cracktrader.brokers.dust import with_fractional_sizes
from cracktrader.brokers.fast_quotes import make_quote


class ByNumber(bt.CommInfoBase):
    """Charges sales only."""

    params = (("stocklike", True), ("commtype", bt.CommInfoBase.COMM_PERC))

    def _getcommission(self, size, price, pseudoexec):
        return 3.0 if size < 0 else 0.0


class Contracts(CCXTCommissionInfo):
    """Counts contracts its own way."""

    _contract = 7.0


SCHEMES = {
    "none": bt.CommInfoBase(),
    "percent": bt.CommInfoBase(commission=0.1, percabs=False),
    "leverage": bt.CommInfoBase(commission=0.001, leverage=3.0),
    "fixed": bt.CommInfoBase(commission=2.0, margin=100.0, mult=10.0),
    "automargin": bt.CommInfoBase(commission=2.0, automargin=0.1, commtype=1, stocklike=False),
    "stock, fixed fee": bt.CommInfoBase(commission=2.0, commtype=1, stocklike=True),
    "own": ByNumber(),
    "ccxt": CCXTCommissionInfo(maker=0.001, taker=0.002, leverage=2.0),
    "ccxt contracts": CCXTCommissionInfo(commission=0.001, mult=0.01),
    "ccxt margin": CCXTCommissionInfo(commission=0.001, stocklike=False, margin=50.0),
    "ccxt own": Contracts(commission=0.001),
    "fractional": with_fractional_sizes(bt.CommInfoBase(commission=0.001, percabs=True)),
}


@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize("has_shortcash", [True, False])
@pytest.mark.parametrize("is_closing", [True, False])
def test_a_quote_is_what_the_scheme_says(name, has_shortcash, is_closing):
    comminfo = SCHEMES[name]
    quote = make_quote(comminfo)
    for size, worth, price in itertools.product((1, -2, 0.1, -0.3), (10.0, 0.7), (11.3, 9)):
        held = -size if is_closing else size
        value = (
            comminfo.getvaluesize(held, worth)
            if has_shortcash
            else comminfo.getoperationcost(size, worth)
        )
        cash = value / comminfo.get_leverage() if value > 0 else value
        expected = (value, cash, comminfo.getcommission(size, price))
        assert repr(quote(size, held, worth, price, has_shortcash)) == repr(expected)
