"""Spark as the engine of `apply`: the same statements, transpiled. An optional extra for data beyond one machine.

On Databricks or Fabric the session that is running is used; elsewhere a local one is made.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from placemap.apply.engine_duckdb import Rows
from placemap.apply.scan import Scan
from placemap.apply.sql import DATA, FLOAT, INT, OTHER, TEXT
from placemap.apply.sql_rows import first
from placemap.apply.sql_script import transpiled
from placemap.core.errors import PlacemapError

if TYPE_CHECKING:
    import pandas as pd


class SparkEngine:
    """Spark, local or the session that is running.

    Args:
        scan: the data.

    Raises:
        PlacemapError: pyspark or sqlglot is not installed, no session can be had, or the data cannot be read.
    """

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._spark = _session()
        self._sql(lambda: self._read().createOrReplaceTempView(DATA))

    def _read(self) -> Any:
        scan = self._scan
        if scan.frame is not None:
            return self._spark.createDataFrame(_rows(scan.frame))
        paths = [re.sub(r"[*?\[\]{}\\]", r"\\\g<0>", str(path.absolute())) for path in scan.parquet]
        # Without a look-up of files, no folder's name becomes a column.
        reader = self._spark.read.option("mergeSchema", "true").option("recursiveFileLookup", "true")
        return _named(reader.parquet(*paths), [(at, title) for at, title in enumerate(scan.titles) if title])

    def _sql(self, run: Any) -> Any:
        from pyspark.errors import PySparkException

        try:
            return run()
        except PySparkException as error:
            first = str(error).strip().splitlines()[0]
            raise PlacemapError(
                f"Spark cannot do this: {first}", location=self._scan.label, hint="try it without --engine spark"
            ) from None

    def columns(self) -> dict[str, str]:
        """As in `engine.Engine`."""
        return {field.name: _type(field.dataType.simpleString()) for field in self._spark.table(DATA).schema.fields}

    def preview(self, columns: Sequence[str], rows: int) -> pd.DataFrame:
        """As in `engine.Engine`."""
        import pandas as pd

        found = self._query(first(columns, rows))
        return pd.DataFrame(found, columns=list(columns), dtype=object)

    def load(self, table: str, frame: pd.DataFrame) -> None:
        """As in `engine.Engine`."""
        if frame.empty:
            schema = ", ".join(f"{column} STRING" for column in frame.columns)
            self._spark.createDataFrame([], schema).createOrReplaceTempView(table)
            return
        import pyarrow as pa

        arrow = pa.Table.from_pandas(frame, preserve_index=False)
        self._spark.createDataFrame(arrow).createOrReplaceTempView(table)

    def keep(self, table: str, sql: str) -> None:
        """As in `engine.Engine`."""

        def run() -> None:
            self._spark.sql(transpiled([sql], "spark")[0]).cache().createOrReplaceTempView(table)

        self._sql(run)

    def query(self, sql: str) -> Rows:
        """As in `engine.Engine`."""
        return [row.asDict() for row in self._query(sql)]

    def pairs(self, sql: str) -> dict[Any, Any]:
        """As in `engine.Engine`."""
        return dict(map(tuple, self._query(sql)))

    def _query(self, sql: str) -> list[Any]:
        rows: list[Any] = self._sql(lambda: self._spark.sql(transpiled([sql], "spark")[0]).collect())
        return rows

    def close(self) -> None:
        """Let go of the kept tables; the session is left to whoever made it, or to the end of the process."""
        self._spark.catalog.clearCache()


def _named(table: Any, used: Sequence[tuple[int, str]]) -> Any:
    """The columns of a table that was rewritten, under their titles; all columns of another."""
    return table.select([table[f"c{number}"].alias(title) for number, title in used]) if used else table


def _rows(frame: Any) -> list[dict[str, Any]]:
    """A table in memory as rows of Python's own values; NaN, which data frames have for a blank, as None."""
    rows = frame.to_pylist() if hasattr(frame, "to_pylist") else frame.to_dict(orient="records")
    return [{title: None if value != value else value for title, value in row.items()} for row in rows]


def _session() -> Any:
    try:
        import sqlglot  # noqa: F401 - the statements go through it
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise PlacemapError(
            f"--engine spark needs {error.name}, which is not installed", hint="pip install 'placemap[spark]'"
        ) from None
    running = SparkSession.getActiveSession()
    if running is not None:
        return running
    builder = SparkSession.builder.appName("placemap").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.shuffle.partitions", "2").config("spark.log.level", "ERROR")
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    try:
        return builder.getOrCreate()
    except Exception as error:
        raise PlacemapError(
            f"no Spark session can be had: {str(error).splitlines()[0]}",
            hint="Spark needs Java 17 or later: check `java -version` and JAVA_HOME",
        ) from None


def _type(spark_type: str) -> str:
    if spark_type in ("tinyint", "smallint", "int", "bigint", "boolean"):
        return INT
    if spark_type in ("float", "double") or spark_type.startswith("decimal"):
        return FLOAT
    return TEXT if spark_type == "string" else OTHER
