"""The whole of `apply` as SQL, written once: DuckDB runs it as it is, other engines run it transpiled.

The data are read once and added up by code (and group); everything after that works on a table with a row a code. The
statements use only what every warehouse has: joins, sums, CASE.

Tables: `placemap_data` (the user's), `placemap_coded` (added up by code), `placemap_codes` and `placemap_weights` (see
`place_keys.PlaceKeys`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from placemap.apply.measures import RATE, Measure
from placemap.core.figures import SENTINELS

DATA, LOCATED, CODED, CODES, WEIGHTS, JOIN, COVERS, ATOMS, EVERYONE = (
    "placemap_data",
    "placemap_located",
    "placemap_coded",
    "placemap_codes",
    "placemap_weights",
    "placemap_join",
    "placemap_covers",
    "placemap_atoms",
    "placemap_everyone",
)
#: What `covered` adds up of atoms.
COVERED = ("UNITS", "RESIDENTS", "PATIENTS")
INT, FLOAT, TEXT, OTHER = "int", "float", "text", "other"
#: The largest finite number.
LARGEST = "1.7976931348623157e308"
#: Text that is a number: digits, with commas for thousands, in pounds or not. `1_0`, `1,5` and `50%` are none.
NUMBER = "^[-+]?£?[-+]?(([0-9]+|[0-9]{1,3}(,[0-9]{3})+)([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?$"
#: White space that is taken off cells: blank, tab, line ends, and the blank that does not break.
WHITE = " \t\r\n\u00a0"


@dataclass(frozen=True)
class Question:
    """What is asked of the data.

    Attributes:
        by: the column that holds the codes.
        measures: the columns of the result.
        groups: columns that the result is divided by besides places.
        types: `int`, `float`, `text` or `other` by column of the data.
        blanks: texts that stand for no value, such as `*`.
        located: whether codes are of what is finer than an LSOA, and stand for the LSOAs of `placemap_located`.
    """

    by: str
    measures: tuple[Measure, ...]
    groups: tuple[str, ...]
    types: Mapping[str, str]
    blanks: tuple[str, ...] = field(default=())
    located: bool = False

    @property
    def value_columns(self) -> list[str]:
        """The columns of figures, each once."""
        return list(dict.fromkeys(name for measure in self.measures for name in measure.columns))

    def with_age(self, age: str) -> Question:
        """The question divided by age, too, where rates are standardised by it; age is its last group."""
        return replace(self, groups=(*self.groups, age)) if age else self


def name(text: str) -> str:
    """A column's name, quoted."""
    return '"' + text.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text, quoted."""
    return "'" + text.replace("'", "''") + "'"


def trimmed(column: str) -> str:
    """A cell as text, without white space around it; web pages and spreadsheets leave more kinds than one."""
    return f"TRIM(CAST({column} AS VARCHAR), {literal(WHITE)})"


def code_of(column: str) -> str:
    """A code as it is compared: without white space around it, upper case."""
    return f"UPPER({trimmed(column)})"


# --- the figures of a row ---------------------------------------------------------------------------------------------


def _cell(column: str, question: Question) -> str:
    """A cell as it is read: its number, or its text without blanks around it; NULL where it stands for no figure."""
    if question.types[column] == TEXT:
        text = trimmed(name(column))
        blanks = ", ".join(literal(blank) for blank in ("", *question.blanks))
        return f"CASE WHEN {text} IN ({blanks}) THEN NULL ELSE {text} END"
    numbers = [blank for blank in question.blanks if _is_number(blank)]
    if not numbers:
        return name(column)
    return f"CASE WHEN {name(column)} IN ({', '.join(numbers)}) THEN NULL ELSE {name(column)} END"


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None


def _value(number: int, column: str, question: Question) -> str:
    """The finite number in cell `t<number>`, else NULL."""
    cell = f"t{number}"
    if question.types[column] == INT:
        return cell
    plain = f"TRY_CAST(REPLACE(REPLACE({cell}, ',', ''), '£', '') AS DOUBLE)"
    text = f"CASE WHEN REGEXP_MATCHES({cell}, '{NUMBER}') THEN {plain} END"
    found = cell if question.types[column] == FLOAT else text
    # Only what is finite less itself is 0. Comparing it with the largest is no test: where the statistics of a Parquet
    # file, which leave NaN out, say that all are smaller, DuckDB takes that for granted.
    return f"CASE WHEN {found} - {found} = 0 THEN {found} END"


def _is_bad(number: int, column: str, question: Question) -> str:
    """Whether cell `t<number>` holds something that is not a number; NaN is what data frames have for a blank."""
    if question.types[column] == FLOAT:
        return f"v{number} IS NULL AND ABS(t{number}) > {LARGEST} AND NOT ISNAN(t{number})"
    return f"t{number} IS NOT NULL AND v{number} IS NULL"


def _group(column: str, question: Question) -> str:
    """A group; text without anything is the same group whether it is empty or nothing at all, and blanks around it tell
    no groups apart.
    """
    return f"COALESCE({trimmed(name(column))}, '')" if question.types[column] == TEXT else name(column)


def _values(question: Question) -> str:
    """The rows of the data as `raw` code, groups, and for each column of figures its cell `t…` and number `v…`."""
    keys = [f"{name(question.by)} AS raw"]
    keys += [f"{_group(column, question)} AS g{number}" for number, column in enumerate(question.groups)]
    columns = list(enumerate(question.value_columns))
    cells = [f"{_cell(column, question)} AS t{number}" for number, column in columns]
    values = [f"{_value(number, column, question)} AS v{number}" for number, column in columns]
    rows = f"SELECT {', '.join([*keys, *cells])} FROM {DATA}"
    return f"SELECT {', '.join(['t.*', *values])} FROM ({rows}) AS t" if values else rows


# --- statements -------------------------------------------------------------------------------------------------------


def parts_of(number: int, measure: Measure, question: Question) -> dict[str, str]:
    """What is added up for a measure: by alias, an expression over the rows of `_values`."""
    if not measure.columns:
        return {}
    first, *rest = (f"v{question.value_columns.index(column)}" for column in measure.columns)
    if not rest:
        return {f"m{number}a": f"SUM({first})", f"m{number}n": f"COUNT({first})"}
    second = rest[0]
    both = f"{first} IS NOT NULL AND {second} IS NOT NULL"
    # Small whole numbers of a Parquet file have small products; the product of two may not be one.
    top = first if measure.how == RATE else f"CAST({first} AS DOUBLE) * {second}"
    return {
        f"m{number}a": f"SUM(CASE WHEN {both} THEN {top} END)",
        f"m{number}b": f"SUM(CASE WHEN {both} THEN {second} END)",
        f"m{number}n": f"COUNT(CASE WHEN {both} THEN 1 END)",
    }


def added(question: Question) -> list[str]:
    """Aliases of all that is added up, in order; `n` is the number of rows."""
    return ["n", *(alias for number, m in enumerate(question.measures) for alias in parts_of(number, m, question))]


def group_aliases(question: Question) -> list[str]:
    """Aliases of the groups, in order."""
    return [f"g{number}" for number in range(len(question.groups))]


def _checks(question: Question) -> dict[str, str]:
    """What tells whether columns are what they are taken for; of whole numbers, `least` tells enough."""
    found = {}
    for number, column in enumerate(question.value_columns):
        if question.types[column] != INT:
            found[f"c{number}least"] = f"MIN(v{number})"
            found[f"c{number}bad"] = f"COUNT(CASE WHEN {_is_bad(number, column, question)} THEN 1 END)"
            found[f"c{number}parts"] = f"COUNT(CASE WHEN v{number} <> FLOOR(v{number}) THEN 1 END)"
            found[f"c{number}most"] = f"MAX(v{number})"
    return found


def least(question: Question) -> str:
    """One row: the least of each column of whole numbers, which Parquet says of itself; no text where there is none."""
    columns = enumerate(question.value_columns)
    found = [f"MIN(v{number}) AS c{number}least" for number, column in columns if question.types[column] == INT]
    return f"SELECT {', '.join(found)} FROM ({_values(question)}) AS v" if found else ""


def bad_cells(question: Question, number: int) -> str:
    """The cells of a column of figures that are no numbers: CELL and n, the most frequent first."""
    bad = _is_bad(number, question.value_columns[number], question)
    return (
        f"SELECT CAST(t{number} AS VARCHAR) AS CELL, COUNT(*) AS n FROM ({_values(question)}) AS v WHERE {bad} "
        "GROUP BY 1 ORDER BY n DESC, CELL LIMIT 50"
    )


def negatives(question: Question, number: int) -> str:
    """One row: how many numbers of a column are negative, their sum, and how many are each of `SENTINELS` (s0 …)."""
    each = [f"COUNT(CASE WHEN v{number} = {value} THEN 1 END) AS s{at}" for at, value in enumerate(SENTINELS)]
    columns = ["COUNT(*) AS n", f"SUM(CAST(v{number} AS DOUBLE)) AS total", *each]
    return f"SELECT {', '.join(columns)} FROM ({_values(question)}) AS v WHERE v{number} < 0"


def without_people(question: Question, number: int) -> str:
    """One row: rows that have events and nobody whom they could happen to, of a rate of two columns; and the events."""
    events, people = (f"v{question.value_columns.index(column)}" for column in question.measures[number].columns)
    total = f"SUM(CAST({events} AS DOUBLE)) AS total"
    return f"SELECT COUNT(*) AS n, {total} FROM ({_values(question)}) AS v WHERE {people} = 0 AND {events} > 0"


def coded(question: Question, *, checked: bool = True) -> str:
    """The data added up by code and group: one pass, a row a code.

    Args:
        checked: whether with the columns that `checks` looks at.
    """
    keys = ["raw", *group_aliases(question)]
    sums = {"n": "COUNT(*)"}
    for number, measure in enumerate(question.measures):
        sums.update(parts_of(number, measure, question))
    if checked:
        sums.update(_checks(question))
    columns = ", ".join([*keys, *(f"{expression} AS {alias}" for alias, expression in sums.items())])
    inner = f"SELECT {columns} FROM ({_values(question)}) AS v GROUP BY {', '.join(keys)}"
    if not question.located:
        return f"SELECT {code_of('raw')} AS CODE, t.* FROM ({inner}) AS t"
    return (
        f"SELECT COALESCE(l.CODE, {code_of('t.raw')}) AS CODE, t.* FROM ({inner}) AS t "
        f"LEFT JOIN {LOCATED} AS l ON l.RAW = t.raw"
    )


def checks(question: Question) -> str:
    """One row: rows and sums of all the data, and by column of figures what `refuse_values` looks at."""
    columns = [f"SUM({alias}) AS {alias}" for alias in added(question)]
    for alias in _checks(question):
        how = "MIN" if alias.endswith("least") else "MAX" if alias.endswith("most") else "SUM"
        columns.append(f"{how}({alias}) AS {alias}")
    return f"SELECT {', '.join(columns)} FROM {CODED}"


def places(question: Question, source: str = CODED) -> str:
    """Sums by place and group."""
    head = [*(f"w.{column}" for column in ("ICSID", "FOOTPRINT", "PLACECD", "PLACENM"))]
    head += [f"d.{alias}" for alias in group_aliases(question)]
    sums = [f"SUM(d.{alias} * w.WEIGHT) AS {alias}" for alias in added(question)]
    return (
        f"SELECT {', '.join([*head, *sums])} FROM {source} AS d JOIN {WEIGHTS} AS w ON d.CODE = w.CODE "
        f"WHERE w.PLACECD <> '' GROUP BY {', '.join(head)} ORDER BY {', '.join(head)}"
    )


def in_no_place(question: Question, source: str = CODED) -> str:
    """Sums by footprint of what is in its scope and in none of its places."""
    head = ["w.ICSID", "w.FOOTPRINT"]
    sums = [f"SUM(d.{alias} * w.WEIGHT) AS {alias}" for alias in added(question)]
    return (
        f"SELECT {', '.join([*head, *sums])} FROM {source} AS d JOIN {WEIGHTS} AS w ON d.CODE = w.CODE "
        f"WHERE COALESCE(w.PLACECD, '') = '' GROUP BY {', '.join(head)} ORDER BY {', '.join(head)}"
    )


def covered(
    question: Question,
    measures: Iterable[int],
    source: str = CODED,
    *,
    atoms_of: str = ATOMS,
    columns: Sequence[str] = COVERED,
) -> str:
    """What the data cover of each place and group.

    Args:
        measures: positions of those of which a code must have a value; none for any row at all.
        atoms_of: the table of what of a place an atom is.
        columns: of that table, what is added up.
    """
    groups = group_aliases(question)
    has = [f"d.m{number}n > 0" for number in measures if question.measures[number].columns]
    keys = ", ".join([*(f"d.{alias}" for alias in groups), "c.ATOM"])
    part = "CASE WHEN SUM(c.PART) < 1 THEN SUM(c.PART) ELSE 1 END AS PART"
    codes = f"SELECT DISTINCT {', '.join(['CODE', *groups])} FROM {source} AS d WHERE {' AND '.join(['1 = 1', *has])}"
    atoms = f"SELECT {keys}, {part} FROM ({codes}) AS d JOIN {COVERS} AS c ON d.CODE = c.CODE GROUP BY {keys}"
    head = ["a.PLACECD", *(f"p.{alias}" for alias in groups)]
    sums = [f"SUM(p.PART * a.{column}) AS {column}" for column in columns]
    return (
        f"SELECT {', '.join([*head, *sums])} FROM ({atoms}) AS p JOIN {atoms_of} AS a ON p.ATOM = a.ATOM "
        f"GROUP BY {', '.join(head)} ORDER BY {', '.join(head)}"
    )


def by_code(source: str = CODED) -> str:
    """Rows by code; NULL for rows without one."""
    return f"SELECT CODE, CAST(SUM(n) AS BIGINT) AS n FROM {source} GROUP BY CODE ORDER BY CODE"


def twice(by: str, column: str) -> str:
    """One row: how many codes stand under more than one value of a column."""
    key = code_of(name(by))
    inner = f"SELECT {key} AS CODE FROM {DATA} GROUP BY 1 HAVING COUNT(DISTINCT {name(column)}) > 1"
    return f"SELECT COUNT(*) AS n FROM ({inner}) AS t"


def known(question: Question, as_one: tuple[str, str] | None = None, source: str = CODED) -> str:
    """Sums over the codes that the reference has, by footprint and outcome, of the part that is in no place.

    Args:
        as_one: ICSID and FOOTPRINT of all places together, where they are accounted for so.
    """
    sums = [f"SUM(d.{alias} * (1 - COALESCE(i.WEIGHT, 0))) AS {alias}" for alias in added(question)]
    if as_one:
        ics, footprint = map(literal, as_one)
        return (
            f"SELECT {ics} AS ICSID, {footprint} AS FOOTPRINT, k.OUTCOME, {', '.join(sums)} "
            f"FROM {source} AS d JOIN {CODES} AS k ON d.CODE = k.CODE "
            f"LEFT JOIN (SELECT CODE, SUM(WEIGHT) AS WEIGHT FROM {WEIGHTS} GROUP BY CODE) AS i ON i.CODE = d.CODE "
            "GROUP BY k.OUTCOME ORDER BY k.OUTCOME"
        )
    inside = f"SELECT CODE, ICSID, FOOTPRINT, SUM(WEIGHT) AS WEIGHT FROM {WEIGHTS} GROUP BY CODE, ICSID, FOOTPRINT"
    return (
        f"SELECT f.ICSID, f.FOOTPRINT, k.OUTCOME, {', '.join(sums)} "
        f"FROM {source} AS d JOIN {CODES} AS k ON d.CODE = k.CODE "
        f"CROSS JOIN (SELECT DISTINCT ICSID, FOOTPRINT FROM {WEIGHTS}) AS f "
        f"LEFT JOIN ({inside}) AS i ON i.CODE = d.CODE AND i.ICSID = f.ICSID AND i.FOOTPRINT = f.FOOTPRINT "
        "GROUP BY f.ICSID, f.FOOTPRINT, k.OUTCOME ORDER BY f.ICSID, f.FOOTPRINT, k.OUTCOME"
    )


def vintages(source: str = CODED) -> str:
    """Rows by vintage of their code."""
    return (
        f"SELECT k.VINTAGE, SUM(d.n) AS n FROM {source} AS d JOIN {CODES} AS k ON d.CODE = k.CODE "
        "WHERE k.OUTCOME = 'known' GROUP BY k.VINTAGE ORDER BY k.VINTAGE"
    )


def unmatched(question: Question, source: str = CODED) -> str:
    """Sums by code, over the codes that the reference does not have; NULL for rows without a code."""
    sums = [f"SUM(d.{alias}) AS {alias}" for alias in added(question)]
    return (
        f"SELECT d.CODE, {', '.join(sums)} FROM {source} AS d LEFT JOIN {CODES} AS k ON d.CODE = k.CODE "
        "WHERE k.CODE IS NULL GROUP BY d.CODE ORDER BY d.CODE"
    )
