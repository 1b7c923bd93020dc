"""Users' data by place, with a reconciliation."""
