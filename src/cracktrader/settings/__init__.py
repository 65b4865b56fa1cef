"""How settings are declared, layered and checked."""
