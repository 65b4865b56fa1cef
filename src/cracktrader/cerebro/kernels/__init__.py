"""Backtrader's own once() methods over NumPy, equal to them bit for bit."""
