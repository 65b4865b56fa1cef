"""CCXT's only door: connections to any of its exchanges, and everything that guards them."""
