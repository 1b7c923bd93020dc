"""`placemap data …`: the reference tables."""
