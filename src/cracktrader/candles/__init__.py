"""Candle data: make, check, repair, keep, fetch."""
