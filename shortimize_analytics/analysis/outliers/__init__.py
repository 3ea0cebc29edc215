"""Which videos beat their own account, how sure that is, and what accounts usually have."""
