"""Backtrader brokers: simulated fills with an exchange's costs and rules."""
