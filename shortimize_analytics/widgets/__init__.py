"""Controls for notebooks."""
