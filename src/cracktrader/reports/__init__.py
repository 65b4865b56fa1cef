"""What one does with runs: record, measure, keep and show them."""
