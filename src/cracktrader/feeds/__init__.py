"""Backtrader data feeds: candles in, Backtrader lines out."""
