"""Official files → store tables: the only code that reads publishers' layouts, and the only code that may use the network."""
