"""What the operator sees: logs, with every secret hidden."""
