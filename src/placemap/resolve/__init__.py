"""Which place each LSOA belongs to, and why."""
