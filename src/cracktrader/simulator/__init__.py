"""A local exchange that speaks a real exchange's wire protocol, on loopback."""
