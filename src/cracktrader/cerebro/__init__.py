"""Backtrader's engine, with errors that say when and where."""
