"""Official files → store tables: all that knows publishers' layouts, and all that may use the network."""
