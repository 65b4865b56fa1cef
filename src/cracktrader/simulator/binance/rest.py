"""Requests to answers: routes, weights, and refusals as Binance words them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cracktrader.domain.clock import Clock
from cracktrader.simulator.binance import codec
from cracktrader.simulator.binance import market_endpoints as market
from cracktrader.simulator.binance.codec import Param
from cracktrader.simulator.binance.exchange_info import coins, symbol_id, trade_fees
from cracktrader.simulator.binance.refusals import Refused, missing_key
from cracktrader.simulator.binance.weights import RequestWeights
from cracktrader.simulator.venue import Venue
from cracktrader.simulator.wire import Answer, Request

_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
KEY_HEADER: Final = "x-mbx-apikey"


Weigher = Callable[[market.Query], int]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path: who answers, which parameters it knows, what it weighs."""

    answer: market.Answerer
    params: Sequence[Param]
    weight: Weigher
    needs_key: bool = False
    is_signed: bool = False


class BinanceRest:
    """Answers requests from a venue. Pure but for the clocks it is given."""

    def __init__(self, venue: Venue, clock: Clock, weights: RequestWeights) -> None:
        self._venue = venue
        self._clock = clock
        self._weights = weights
        self._ids = {symbol_id(listed): listed.symbol for listed in venue.markets}

    def answer(self, request: Request) -> Answer:
        """Return the answer to *request*; whatever it holds, this never raises."""
        endpoint = _ENDPOINTS.get(request.path) if request.method == "GET" else None
        if endpoint is None:
            return self._not_found(request)
        try:
            content = self._answered(endpoint, request)
        except Refused as refusal:
            return self._reply(refusal.body, refusal.status, refusal.headers)
        return self._reply(content, 200, _NO_HEADERS)

    def _answered(self, endpoint: Endpoint, request: Request) -> object:
        params = [*endpoint.params, *(_SIGNING if endpoint.is_signed else ())]
        try:
            query = codec.parse_query(request.query, params)
        except Refused:
            self._weights.spend(1)
            raise
        self._weights.spend(endpoint.weight(query))
        if endpoint.needs_key and not request.headers.get(KEY_HEADER):
            raise missing_key()
        context = market.Context(
            venue=self._venue,
            now=self._clock.time_ms(),
            weight_limit=self._weights.limit,
            ids=self._ids,
        )
        return endpoint.answer(context, query)

    def _not_found(self, request: Request) -> Answer:
        content = {
            "timestamp": self._clock.time_ms(),
            "status": 404,
            "error": "Not Found",
            "message": "No message available",
            "path": request.path,
        }
        return self._reply(content, 404, _NO_HEADERS)

    def _reply(self, content: object, status: int, headers: Mapping[str, str]) -> Answer:
        used = str(self._weights.used)
        all_headers = {"x-mbx-used-weight": used, "x-mbx-used-weight-1m": used, **headers}
        return Answer(status=status, body=codec.json_bytes(content), headers=all_headers)


def _fixed(weight: int) -> Weigher:
    return lambda _: weight


def _by_symbols(one: int, all_symbols: int) -> Weigher:
    return lambda query: one if codec.SYMBOL.name in query else all_symbols


def _depth_weight(query: market.Query) -> int:
    limit = codec.limit_of(query, default=100, largest=5000)
    return next(weight for most, weight in _DEPTH_WEIGHTS if limit <= most)


def _window_weight(query: market.Query) -> int:
    return min(4 * (1 + query.get(codec.SYMBOLS.name, "").count(",")), 200)


def _coins(context: market.Context, _: market.Query) -> object:
    return coins(context.venue.currencies)


def _fees(context: market.Context, _: market.Query) -> object:
    return trade_fees(context.venue.markets)


def _system_status(_: market.Context, __: market.Query) -> object:
    return {"status": 0, "msg": "normal"}


def _nothing(_: market.Context, __: market.Query) -> object:
    return []


_DEPTH_WEIGHTS: Final = ((100, 5), (500, 25), (1000, 50), (5000, 250))
_SIGNING: Final = (
    Param("timestamp", "^[0-9]{1,20}$", is_mandatory=True),
    Param("recvWindow", "^[0-9]{1,20}$"),
    Param("signature", "^[A-Za-z0-9+/=_-]{1,400}$", is_mandatory=True),
)
_CHOICE: Final = (codec.SYMBOL_OPTIONAL, codec.SYMBOLS)
_KLINES: Final = Endpoint(
    market.klines,
    (
        codec.SYMBOL,
        codec.INTERVAL,
        codec.START_TIME,
        codec.END_TIME,
        codec.TIME_ZONE,
        codec.LIMIT,
    ),
    _fixed(2),
)
_ENDPOINTS: Final[Mapping[str, Endpoint]] = MappingProxyType(
    {
        "/api/v3/ping": Endpoint(market.ping, (), _fixed(1)),
        "/api/v3/time": Endpoint(market.server_time, (), _fixed(1)),
        "/api/v3/exchangeInfo": Endpoint(
            market.info,
            (*_CHOICE, codec.PERMISSIONS, codec.SHOW_PERMISSION_SETS, codec.SYMBOL_STATUS),
            _fixed(20),
        ),
        "/api/v3/klines": _KLINES,
        "/api/v3/uiKlines": _KLINES,
        "/api/v3/depth": Endpoint(market.depth, (codec.SYMBOL, codec.LIMIT), _depth_weight),
        "/api/v3/trades": Endpoint(market.trades, (codec.SYMBOL, codec.LIMIT), _fixed(25)),
        "/api/v3/historicalTrades": Endpoint(
            market.historical_trades, (codec.SYMBOL, codec.LIMIT, codec.FROM_ID), _fixed(25)
        ),
        "/api/v3/aggTrades": Endpoint(
            market.agg_trades,
            (codec.SYMBOL, codec.FROM_ID, codec.START_TIME, codec.END_TIME, codec.LIMIT),
            _fixed(4),
        ),
        "/api/v3/avgPrice": Endpoint(market.average_price, (codec.SYMBOL,), _fixed(2)),
        "/api/v3/ticker/24hr": Endpoint(
            market.day_ticker, (*_CHOICE, codec.TYPE, codec.SYMBOL_STATUS), _by_symbols(2, 80)
        ),
        "/api/v3/ticker/price": Endpoint(
            market.price_ticker, (*_CHOICE, codec.SYMBOL_STATUS), _by_symbols(2, 4)
        ),
        "/api/v3/ticker/bookTicker": Endpoint(
            market.book_ticker, (*_CHOICE, codec.SYMBOL_STATUS), _by_symbols(2, 4)
        ),
        "/api/v3/ticker": Endpoint(
            market.window_ticker, (*_CHOICE, codec.WINDOW_SIZE, codec.TYPE), _window_weight
        ),
        "/sapi/v1/system/status": Endpoint(_system_status, (), _fixed(1)),
        "/sapi/v1/capital/config/getall": Endpoint(
            _coins, (), _fixed(10), needs_key=True, is_signed=True
        ),
        "/sapi/v1/asset/tradeFee": Endpoint(
            _fees, (codec.SYMBOL_OPTIONAL,), _fixed(1), needs_key=True, is_signed=True
        ),
        "/sapi/v1/margin/allPairs": Endpoint(
            _nothing, (), _fixed(1), needs_key=True, is_signed=True
        ),
        "/sapi/v1/margin/isolated/allPairs": Endpoint(
            _nothing, (), _fixed(1), needs_key=True, is_signed=True
        ),
    }
)
