from decimal import Decimal

import pytest

from cracktrader.domain.market import Limits, Market, Precision, Rounding, to_decimal

D = Decimal
BTC = Market(
    symbol="BTC/USDT",
    base="BTC",
    quote="USDT",
    amount_precision=Precision(step=D("0.00001")),
    price_precision=Precision(step=D("0.01")),
    amount_limits=Limits(min=D("0.00001"), max=D(9000)),
    price_limits=Limits(min=D("0.01"), max=D(1_000_000)),
    cost_limits=Limits(min=D(5)),
)


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("0.123456789", "0.12345"),
        (0.1, "0.1"),
        (0.3, "0.3"),
        ("-0.123456", "-0.12345"),
        (0.29, "0.29"),
    ],
)
def test_an_amount_is_never_more_than_asked(amount, rounded):
    asked = D(amount) if isinstance(amount, str) else amount
    assert BTC.round_amount(asked) == D(rounded)


def test_a_price_is_never_worse_than_asked():
    assert BTC.round_price(D("100.019"), "buy") == D("100.01")
    assert BTC.round_price(D("100.011"), "sell") == D("100.02")
    assert BTC.round_price(100.01, "sell") == D("100.01")


def test_steps_need_not_be_powers_of_ten():
    half = Precision(step=D("0.5"))
    assert half.round(D("1.74"), Rounding.DOWN) == D("1.5")
    assert half.round(D("1.26"), Rounding.UP) == D("1.5")
    assert half.holds(D("2.5"))
    assert not half.holds(D("2.6"))


@pytest.mark.parametrize(
    ("value", "rounding", "rounded"),
    [
        ("12345.6", Rounding.DOWN, "12345"),
        ("0.00123456", Rounding.DOWN, "0.0012345"),
        ("0.00123456", Rounding.UP, "0.0012346"),
        ("0", Rounding.UP, "0"),
        ("99999.9", Rounding.UP, "100000"),
    ],
)
def test_some_exchanges_count_significant_digits(value, rounding, rounded):
    assert Precision(significant_digits=5).round(D(value), rounding) == D(rounded)


def test_no_precision_leaves_numbers_alone():
    assert Precision().round(D("0.1234567891"), Rounding.DOWN) == D("0.1234567891")


@pytest.mark.parametrize("wrong", [{"step": D(0)}, {"step": D(-1)}, {"significant_digits": 0}])
def test_nonsense_precision_is_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        Precision(**wrong)


@pytest.mark.parametrize(
    ("amount", "price", "code"),
    [
        ("0.001", "60000", None),
        ("0", "60000", "amount_step"),
        ("0.000001", "60000", "amount_step"),
        ("0.001", "60000.001", "price_step"),
        ("9001", "60000", "amount_limit"),
        ("0.001", "2000000", "price_limit"),
        ("0.00001", "60000", "cost_limit"),
        ("-0.001", "60000", None),
    ],
)
def test_a_refusal_starts_with_its_code(amount, price, code):
    reason = BTC.refusal(D(amount), D(price))
    assert (reason.split(":")[0] if reason else None) == code


def test_a_refusal_gives_the_figures():
    assert BTC.refusal(D("0.00001"), D(60000)) == "cost_limit: 0.60000 is below the minimum 5"


def test_inverse_contracts_cost_base_currency():
    contract = Market(
        symbol="BTC/USD:BTC",
        base="BTC",
        quote="USD",
        settle="BTC",
        type="swap",
        is_linear=False,
        contract_size=D(100),
    )
    assert contract.cost(D(6), D(60000)) == D("0.01")
    assert BTC.cost(D(2), D(3)) == D(6)


def test_decimals_are_what_a_person_reads():
    assert to_decimal(0.1) == D("0.1")
    assert to_decimal(1) == D(1)
    for wrong in (float("nan"), float("inf"), D("NaN")):
        with pytest.raises(ValueError, match="finite"):
            to_decimal(wrong)
