"""Tables → a database that people work in: PostgreSQL, DuckDB."""
