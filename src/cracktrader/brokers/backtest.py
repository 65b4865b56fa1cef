"""Backtrader's simulated broker with its exact results, and what an exchange does on request."""

from __future__ import annotations

import copy
import inspect
from typing import Any, Final

import backtrader as bt

from cracktrader.brokers.commission import CCXTCommissionInfo, make_comminfo
from cracktrader.brokers.costs import CostTotals, TakerCosts
from cracktrader.brokers.dust import (
    DustlessOrderData,
    DustlessPositions,
    TradeSizes,
    with_fractional_sizes,
)
from cracktrader.brokers.fast_orders import term
from cracktrader.brokers.markets import make_directory
from cracktrader.brokers.rules import Refusal, apply_rules, short_sale, smallest_step
from cracktrader.brokers.timing import latest, may_fill
from cracktrader.errors import ConfigError

_BRACKET: Final = Refusal(code="bracket", text="another order of the same bracket was refused")


class CCXTBackBroker(bt.brokers.BackBroker):
    """Backtrader's BackBroker; with default arguments its results are the same bit for bit.

    Params, beside Backtrader's own; each works alone:
        fractional: targets and sizers get fractional sizes, and float dust is no position:
            0.1 + 0.2 - 0.3 is flat, its trade closed and its order Completed.
        commission: a fee for both sides, the name of a fee preset, or a CommInfo object. If
            it is not given, the fees are those of each feed's market, where *store* or
            *markets* tells them, and else none.
        slippage: ``{"model": "fixed_bps", "bps": 10, "within_bar": False}``.
        half_spread_bps: half of the bid-ask spread. See `TakerCosts` for who pays.
        rules: sizes are rounded down to the market's step, limit and stop prices to its
            tick, never worse than asked. What the exchange would refuse (too small, too
            large, sold short on a spot market) is Rejected: ``order.info.reason`` has a
            stable code, ``order.info.refusal`` a sentence. Nothing is filled by a bar that
            opened before the order was sent.
        store, markets: who knows the markets; an object with ``market(symbol)``, or a dict.
        leverage: of the market's positions; 1 is none.

    A fill is a taker's, and pays the taker fee, spread and slippage, unless it is of a limit
    order that could not trade at once: at the open of the first bar after it was sent, or
    when its stop was triggered. Such an order rests, and all its fills are a maker's.

    Every execution of an order (``order.executed.exbits``) carries ``is_maker``, ``spread``
    and ``slippage`` (paid, in quote currency); `costs` has the totals.
    """

    params: Any = (
        ("commission", None),
        ("fractional", False),
        ("slippage", None),
        ("half_spread_bps", 0.0),
        ("rules", False),
        ("store", None),
        ("markets", None),
        ("leverage", 1.0),
    )

    costs: CostTotals
    """What the fills have cost so far."""

    def __init__(self, **params: Any) -> None:
        self._taker_costs = TakerCosts.parse(self.p.slippage, self.p.half_spread_bps)
        self._directory = make_directory(self.p.store, self.p.markets)
        self._has_market_fees = self.p.commission is None and self._directory is not None
        if self.p.commission is None:
            self.p.commission = bt.CommInfoBase(percabs=True)
        else:
            self.p.commission = make_comminfo(self.p.commission, leverage=self.p.leverage)
        if self.p.fractional:
            self.p.commission = with_fractional_sizes(self.p.commission)
        self._check_options()
        super().__init__(**params)

    def init(self) -> None:
        super().init()
        self.costs = CostTotals()
        self._order: bt.Order | None = None
        self._is_maker = False
        self._reference: float | None = None
        self._trades = TradeSizes()
        self._market_comminfos: dict[bt.AbstractDataBase, CCXTCommissionInfo] = {}
        if self.p.fractional:
            self.positions = DustlessPositions(self._dust_of)

    def start(self) -> None:
        """Begin a run.

        Raises:
            ConfigError: if options contradict one another, or a market or its fees are unknown.
        """
        super().start()
        self._check_options()
        for feed in self._load_markets():
            self.getcommissioninfo(feed)

    # Commissions

    def getcommissioninfo(self, data: bt.AbstractDataBase) -> bt.CommInfoBase:
        if self._has_market_fees and data._name not in self.comminfo:
            comminfo: bt.CommInfoBase = self._market_comminfo(data)
        else:
            comminfo = super().getcommissioninfo(data)
        if self._is_maker and isinstance(comminfo, CCXTCommissionInfo):
            return comminfo.maker_side
        return comminfo

    def setcommission(self, *args: Any, **kwargs: Any) -> None:
        super().setcommission(*args, **kwargs)
        signature = inspect.signature(bt.BrokerBase.setcommission)
        self._note_comminfo(signature.bind(self, *args, **kwargs).arguments.get("name"))

    def addcommissioninfo(self, comminfo: bt.CommInfoBase, name: str | None = None) -> None:
        super().addcommissioninfo(comminfo, name)
        self._note_comminfo(name)

    def _note_comminfo(self, name: str | None) -> None:
        if name is None:
            self._has_market_fees = False
        if self.p.fractional:
            self.comminfo[name] = with_fractional_sizes(self.comminfo[name])

    def _market_comminfo(self, data: bt.AbstractDataBase) -> CCXTCommissionInfo:
        if data not in self._market_comminfos:
            assert self._directory is not None  # noqa: S101 - else there are no market fees
            self._market_comminfos[data] = CCXTCommissionInfo.from_market(
                self._directory.of(data), leverage=self.p.leverage
            )
        return self._market_comminfos[data]

    # Orders on their way in

    def submit(self, order: bt.Order, check: bool = True) -> bt.Order:
        if self.p.rules and term(order, "exectype") != bt.Order.Historical:
            refused = self._apply_rules(order)
            if refused is not None:
                return self._refuse(order, refused)
            order.sent = latest(self.cerebro.datas)
        if self.p.fractional:
            dust = self._dust_of(order.p.data)
            order.executed = DustlessOrderData(remsize=order.size, dust=dust)
        return super().submit(order, check)

    def _apply_rules(self, order: bt.Order) -> Refusal | None:
        if order.p.parent is not None and order.p.parent.status == bt.Order.Rejected:
            return _BRACKET
        assert self._directory is not None  # noqa: S101 - checked with the options
        return apply_rules(self._directory.of(order.p.data), order)

    def _refuse(self, order: bt.Order, refusal: Refusal) -> bt.Order:
        self._reject(order, refusal)
        parent = order.parent
        if parent is not None and parent.status == bt.Order.Created:
            # An entry whose exit was refused would be unprotected: the bracket stays out.
            for member in self._pchildren.pop(parent.ref, ()):
                self._reject(member, _BRACKET)
        return order

    def _reject(self, order: bt.Order, refusal: Refusal) -> None:
        order.addinfo(reason=refusal.code, refusal=refusal.text)
        order.reject()
        self.notify(order)

    # Executions

    def _try_exec(self, order: bt.Order) -> None:
        if self.p.rules and not may_fill(order, cheats=self.p):
            return
        self._order, self._is_maker, self._reference = order, False, None
        super()._try_exec(order)
        self._is_maker = False

    def _try_exec_limit(
        self, order: bt.Order, popen: float, phigh: float, plow: float, plimit: float
    ) -> None:
        is_marketable = plimit >= popen if order.isbuy() else plimit <= popen
        self._is_maker = vars(order).get("is_resting", False) or not is_marketable
        order.is_resting = True
        super()._try_exec_limit(order, popen, phigh, plow, plimit)

    def _try_exec_stoplimit(self, order: bt.Order, *prices: float) -> None:
        *_, pcreated, plimit = prices
        self._is_maker = plimit < pcreated if order.isbuy() else plimit > pcreated
        super()._try_exec_stoplimit(order, *prices)
        order.is_resting = order.triggered

    def _slip_up(
        self,
        pmax: float,
        price: float,
        doslip: bool = True,
        lim: bool = False,
    ) -> float | None:
        self._reference = price
        if self._taker_costs.rate:
            return self._worsened(price, has_limit=lim)
        return super()._slip_up(pmax, price, doslip, lim)

    def _slip_down(
        self,
        pmin: float,
        price: float,
        doslip: bool = True,
        lim: bool = False,
    ) -> float | None:
        self._reference = price
        if self._taker_costs.rate:
            return self._worsened(price, has_limit=lim)
        return super()._slip_down(pmin, price, doslip, lim)

    def _worsened(self, price: float, *, has_limit: bool = False) -> float:
        order = self._order
        assert order is not None  # noqa: S101 - only called while one is tried
        if self._is_maker:
            return price
        sign, extreme = (1, "high") if order.isbuy() else (-1, "low")
        return self._taker_costs.worsen(
            price,
            sign=sign,
            limit=_limit_of(order) if has_limit else None,
            bar_bound=_tick(order.p.data, extreme),
        )

    def _execute(
        self,
        order: bt.Order,
        ago: int | None = None,
        price: float | None = None,
        cash: float | None = None,
        position: bt.Position | None = None,
        dtcoc: float | None = None,
    ) -> float | None:
        if ago is None or price is None:
            return super()._execute(order, ago, price, cash, position, dtcoc)
        if self._taker_costs.rate and term(order, "exectype") == bt.Order.Close:
            self._reference = price
            price = self._worsened(price)
        if self.p.rules and (refused := self._short_sale(order)):
            self._reject(order, refused)
            self._ococheck(order)
            self._bracketize(order, cancel=True)
            return None
        if self.p.fractional:
            self.positions[_traded(order)].trade_size = self._trades.of(order)
        fills = len(order.executed)
        super()._execute(order, ago=ago, price=price, dtcoc=dtcoc)
        if len(order.executed) > fills:
            self._book(order, price)
        return None

    def _short_sale(self, order: bt.Order) -> Refusal | None:
        if order.isbuy() or term(order, "exectype") == bt.Order.Historical:
            return None
        assert self._directory is not None  # noqa: S101 - checked with the options
        held, dust = self.positions[order.p.data].size, self._dust_of(order.p.data)
        return short_sale(self._directory.of(order.p.data), order, held=held, dust=dust)

    def _book(self, order: bt.Order, price: float) -> None:
        bit = order.executed[-1]
        if self.p.fractional:
            self._trades.add(order, bit)
        if self.p.fractional and bit.opened and bit.closed:
            # The sum of both parts may miss by an ulp what the new trade is opened with.
            self.positions[_traded(order)].size = bit.psize
        reference = price if self._reference is None else self._reference
        units = bit.size * order.comminfo.p.mult
        spread, slippage = self._taker_costs.split(price=price, reference=reference)
        bit.spread, bit.slippage, bit.is_maker = spread * units, slippage * units, self._is_maker
        self.costs.add(bit)

    # Wiring

    def _check_options(self) -> None:
        if self.p.rules and self._directory is None:
            raise ConfigError("rules=True needs to know the markets; give store= or markets=")
        if self._taker_costs.rate and (self.p.slip_perc or self.p.slip_fixed):
            raise ConfigError(
                "slippage and half_spread_bps replace slip_perc and slip_fixed; give one kind"
            )

    def _load_markets(self) -> list[bt.AbstractDataBase]:
        if self._directory is None or not (self.p.rules or self._has_market_fees):
            return []
        return self._directory.load(self.cerebro.datas)

    def _dust_of(self, data: bt.AbstractDataBase) -> float:
        market = self._directory.known(data) if self.p.rules and self._directory else None
        return 0.0 if market is None else smallest_step(market.amount_precision) / 2

    def __getstate__(self) -> dict[str, Any]:
        # Other processes get the markets, not the connection.
        self._load_markets()
        params = copy.copy(self.p)
        params.store = None
        return {**vars(self), "p": params, "params": params}


def _traded(order: bt.Order) -> bt.AbstractDataBase:
    feed: bt.AbstractDataBase = order.p.data
    compensated: bt.AbstractDataBase | None = feed._compensate
    return feed if compensated is None else compensated


def _limit_of(order: bt.Order) -> float:
    is_limit = order.exectype == bt.Order.Limit
    return float(order.created.price if is_limit else order.created.pricelimit)


def _tick(data: bt.AbstractDataBase, name: str) -> float:
    # Replayed feeds tell the part of the bar seen so far, as Backtrader's broker uses it.
    value = getattr(data, f"tick_{name}", None)
    return float(getattr(data, name)[0] if value is None else value)
