"""Where things stand in a published folder."""

from __future__ import annotations

TABLES = "tables"
OUTLINES = "outlines"
DBT = "dbt"
GEOPARQUET = "place_boundaries.parquet"
SUMS = "SHA256SUMS"
