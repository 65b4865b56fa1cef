import pytest

from cracktrader.brokers.realism import EXCHANGE, read_realism
from cracktrader.errors import ConfigError


def test_none_is_nothing():
    assert read_realism(None) == {}


def test_exchange_is_everything():
    assert read_realism("exchange") == EXCHANGE


def test_parts_stand_alone():
    assert read_realism({"half_spread_bps": 3}) == {"half_spread_bps": 3}


@pytest.mark.parametrize(
    ("realism", "message"),
    [
        ("exchnage", "realism was 'exchnage'"),
        (True, "realism was True"),
        (
            {"half_spread": 1},
            r'no "half_spread"\. Did you mean "half_spread_bps"\? There are: rules',
        ),
        ({"latency": {}}, 'realism has no "latency"'),
    ],
)
def test_nonsense_is_a_config_error(realism, message):
    with pytest.raises(ConfigError, match=message):
        read_realism(realism)
