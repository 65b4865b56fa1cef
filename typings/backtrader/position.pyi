from backtrader import Position as Position
