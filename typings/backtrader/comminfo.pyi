from backtrader import CommInfoBase as CommInfoBase
