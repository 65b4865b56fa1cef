from backtrader import Trade as Trade
