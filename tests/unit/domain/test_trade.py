from cracktrader.domain.trade import Trade


def test_side_and_id_may_be_unknown():
    trade = Trade(timestamp=1, price=2.0, amount=3.0)
    assert trade.side is None
    assert trade.id is None
