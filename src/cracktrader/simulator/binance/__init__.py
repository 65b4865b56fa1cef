"""Binance spot's wire protocol, written independently of any client."""
