"""Users' data → figures by place, with a reconciliation: what came in is what was placed and the rest, line by line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from placemap import apply_sql as sql
from placemap.core.codes import KINDS, MEMBER_KINDS
from placemap.core.errors import Exit, PlacemapError
from placemap.core.findings import Finding
from placemap.engine import Engine
from placemap.measures import COUNT, MEAN, RATE, SUM, Measure, intensive_error
from placemap.place_keys import (
    LOSSES,
    MISSING,
    NOT_IN_TABLES,
    OUT_OF_AREA,
    OUTCOMES,
    PLACED,
    UNKNOWN,
    PlaceKeys,
    Resolved,
)
from placemap.reference.geography import Geography
from placemap.reference.recognise import CodeKind, clean_codes, recognise

#: Rows that are looked at to find the column of codes.
PREVIEW = 10_000
#: Whole numbers up to this are exact in binary floating point.
EXACT = 2**53
#: Words for "no code" that files hold; NO2011, NO2021 and CLOSED are NHS England's for patients without an LSOA.
NO_CODE = frozenset({"", "NO2011", "NO2021", "CLOSED", "NA", "N/A", "NAN", "NULL", "NONE", "-", "UNKNOWN", "E99999999"})
#: Codes of Wales, Scotland, Northern Ireland, the Channel Islands and the Isle of Man.
_OUTSIDE_ENGLAND = re.compile(r"[WSNLM]\d{8}|95[A-Z]{2}\d{2}[A-Z]\d")
PLACE_COLUMNS = ("ICSID", "FOOTPRINT", "PLACECD", "PLACENM")


@dataclass(frozen=True)
class Line:
    """One line of a reconciliation: what became of some rows, and how much of each total they hold."""

    outcome: str
    rows: float
    totals: tuple[float, ...]


@dataclass(frozen=True)
class Reconciliation:
    """Where all that came in has gone, for one footprint: `total` = the sum of `lines`.

    Attributes:
        titles: the totals that are followed besides rows.
        total: what came in.
        lines: in the order of `place_keys.OUTCOMES`, all of them.
    """

    ics: str
    footprint: str
    titles: tuple[str, ...]
    total: Line
    lines: tuple[Line, ...]

    @property
    def loss(self) -> float:
        """The largest part of rows or of any total with an unknown, dead or missing code, 0 to 1."""
        lost = [line for line in self.lines if line.outcome in LOSSES]
        parts = [(sum(line.rows for line in lost), self.total.rows)]
        parts += [(sum(line.totals[i] for line in lost), whole) for i, whole in enumerate(self.total.totals)]
        return max((abs(part / whole) for part, whole in parts if whole), default=0.0)

    def placed(self) -> Line:
        """The line of what is in a place."""
        return next(line for line in self.lines if line.outcome == PLACED)


@dataclass(frozen=True)
class Applied:
    """What `apply` gives.

    Attributes:
        frame: ICSID, FOOTPRINT, PLACECD, PLACENM, the groups, and a column a measure; a row a place (and group).
        reconciliations: one a footprint.
        by: the column of codes. kind: what they are of. vintages: rows by vintage of their code.
        method: how units are placed.
        notes: what an analyst should know of this result.
        unknown: unknown codes with their number of rows, most rows first.
        findings: what to know of the footprints, such as weak evidence.
    """

    frame: pd.DataFrame
    reconciliations: tuple[Reconciliation, ...]
    by: str
    kind: str
    vintages: dict[str, int]
    method: str
    notes: tuple[str, ...] = ()
    unknown: tuple[tuple[str, int], ...] = ()
    findings: tuple[Finding, ...] = ()

    def long(self, measures: Sequence[Measure]) -> pd.DataFrame:
        """A row a place, group and measure: the place's columns, the groups, MEASURE and VALUE."""
        titles = [measure.title for measure in measures]
        keys = [column for column in self.frame.columns if column not in titles]
        frame = self.frame.melt(keys, titles, var_name="MEASURE", value_name="VALUE")
        return frame.sort_values([*keys, "MEASURE"], ignore_index=True, kind="stable")


# --- what the columns hold --------------------------------------------------------------------------------------------


def key_column(engine: Engine, by: str | None, kind: str | None, geography: Geography, label: str) -> tuple[str, str]:
    """The column of codes and the kind of unit they are of, told from the values.

    Raises:
        PlacemapError: there is no such column, none holds codes, or several do.
    """
    types = engine.columns()
    if by is not None and by not in types:
        raise _no_column(by, types, label)
    if kind is not None and kind not in MEMBER_KINDS:
        raise _usage(f"`{kind}` is not a kind of unit", f"the kinds are {', '.join(MEMBER_KINDS)}")
    if by is not None and kind is not None:
        return by, kind
    texts = [by] if by else [column for column, held in types.items() if held in (sql.TEXT, sql.OTHER)]
    found = _code_columns(engine, texts, geography, kind)
    if not found:
        where = f"column `{by}`" if by else "any column"
        raise _usage(
            f"no codes that placemap knows in {where} of the first {PREVIEW:,} rows",
            f"say what its codes are of with --kind ({', '.join(MEMBER_KINDS)})" if by else "name the column with --by",
            label,
        )
    chosen = _the_one(found, label)
    return chosen.column, kind or chosen.kind


def _code_columns(engine: Engine, columns: Sequence[str], geography: Geography, kind: str | None) -> list[CodeKind]:
    if not columns:
        return []
    preview = engine.preview(columns, PREVIEW)
    found = [recognise(_of_england(preview[column]), geography) for column in columns]
    return [item for item in found if item is not None and item.kind in MEMBER_KINDS and kind in (None, item.kind)]


def _of_england(values: pd.Series) -> pd.Series:
    """The values that tell a kind: without words for no code, and without codes of other countries."""
    codes = clean_codes(values)
    return values[[code not in NO_CODE and not _OUTSIDE_ENGLAND.fullmatch(code) for code in codes]]


def _the_one(found: Sequence[CodeKind], label: str) -> CodeKind:
    """The only column of codes; among areas of several sizes the one of LSOAs, which need no sharing out."""
    lsoas = [item for item in found if item.kind == "lsoa"]
    if len(lsoas) == 1 and not any(KINDS[item.kind].patients for item in found):
        return lsoas[0]
    if len(found) > 1:
        what = ", ".join(f"{item.column} ({KINDS[item.kind].plural})" for item in found)
        raise _usage(f"several columns hold codes: {what}", "say which one to go by with --by", label)
    return found[0]


def check_columns(question: sql.Question, label: str) -> None:
    """Raise where a column that is asked for is not there, or would hide one of the result's.

    Raises:
        PlacemapError: so.
    """
    for column in (*question.value_columns, *question.groups):
        if column not in question.types:
            raise _no_column(column, question.types, label)
    for column in question.groups:
        if column in PLACE_COLUMNS or column == question.by:
            raise _usage(f"`{column}` cannot be a group: it is a column of codes already", "leave it out", label)
    for column in question.value_columns:
        if question.types[column] == sql.OTHER:
            raise _usage(f"column `{column}` holds no numbers", "choose a column of numbers", label)


def _no_column(column: str, types: Iterable[str], label: str) -> PlacemapError:
    import difflib

    close = difflib.get_close_matches(column, list(types), n=1, cutoff=0.5)
    hint = f"did you mean `{close[0]}`?" if close else f"the columns are {', '.join(list(types)[:20])}"
    return _usage(f"the data have no column `{column}`", hint, label)


def _usage(message: str, hint: str, location: str = "") -> PlacemapError:
    return PlacemapError(message, hint=hint, location=location, exit_code=Exit.USAGE)


# --- the work ---------------------------------------------------------------------------------------------------------


def run(
    engine: Engine,
    question: sql.Question,
    keys: PlaceKeys,
    resolved: Sequence[Resolved],
    *,
    all_england: bool,
    extensive: Iterable[str] = (),
    whole: bool = False,
    label: str = "",
) -> Applied:
    """Answer a question.

    Args:
        keys: of the kind that `question.by` holds.
        resolved: the footprints of `keys`.
        all_england: whether the reference has all codes of England, so that others are unknown.
        extensive: columns that the user vouches for as adding up.
        whole: whether sums come out in whole numbers, by largest remainder.

    Raises:
        PlacemapError: a column holds something that is no number, or a rate where a count is needed.
    """
    engine.keep(sql.CODED, sql.coded(question))
    total = engine.query(sql.checks(question))[0]
    refuse_values(question, total, set(extensive), label)
    engine.load(sql.CODES, keys.codes)
    engine.load(sql.WEIGHTS, keys.weights)
    ledger = _Ledger(question, total)
    placed = engine.query(sql.places(question))
    known = engine.query(sql.known(question, keys.as_one))
    strays = [(_outcome(row["CODE"], keys.kind, all_england), row) for row in engine.query(sql.unmatched(question))]
    owner = {head.code: item.key for item in resolved for head in item.heads}
    reconciliations = tuple(ledger.reconcile(item.key, placed, owner, known, strays) for item in resolved)
    placed = _with_empty_places(placed, question, resolved)
    if whole:
        placed = _whole(placed, owner, question, reconciliations, total)
    unknown = sorted(
        ((str(row["CODE"]), int(row["n"])) for outcome, row in strays if outcome == UNKNOWN),
        key=lambda item: (-item[1], item[0]),
    )
    return Applied(
        frame=_frame(placed, question),
        reconciliations=reconciliations,
        by=question.by,
        kind=keys.kind,
        vintages={str(row["VINTAGE"]): int(row["n"]) for row in engine.query(sql.vintages())},
        method=keys.method,
        notes=tuple(_notes(question, total, reconciliations)),
        unknown=tuple(unknown),
        findings=tuple(finding for item in resolved for finding in item.findings),
    )


def _outcome(code: str | None, kind: str, all_england: bool) -> str:
    """What a code that the reference does not have is."""
    if code is None or code in NO_CODE:
        return MISSING
    if not KINDS[kind].patients and _OUTSIDE_ENGLAND.fullmatch(code):
        return OUT_OF_AREA
    return NOT_IN_TABLES if KINDS[kind].accepts(code) and not all_england else UNKNOWN


def join_outcomes(codes: Iterable[str | None], kind: str, *, all_england: bool) -> pd.DataFrame:
    """CODE and OUTCOME of codes that the reference does not have; no code is empty text."""
    rows = [(code or "", _outcome(code, kind, all_england)) for code in codes]
    return pd.DataFrame(rows, columns=["CODE", "OUTCOME"], dtype=object).drop_duplicates("CODE", ignore_index=True)


def refuse_values(question: sql.Question, total: dict[str, object], vouched: set[str], label: str) -> None:
    """Refuse columns that are not what they are taken for, going by their values.

    Raises:
        PlacemapError: cells that are no numbers; fractions of one, summed; sums too large to be exact.
    """
    for number, column in enumerate(question.value_columns):
        bad = int(total.get(f"c{number}bad") or 0)  # type: ignore[call-overload]
        if bad:
            raise PlacemapError(
                f"column `{column}` holds {bad:,} cells that are no numbers",
                location=label,
                hint="if they stand for figures that were held back, name them: --blank '*' (repeatable)",
            )
        summed = any(m.how == SUM and m.column == column for m in question.measures)
        least, most = total.get(f"c{number}least"), total.get(f"c{number}most")
        parts = total.get(f"c{number}parts")
        if summed and column not in vouched and parts and least >= 0 and most <= 1:  # type: ignore[operator]
            raise intensive_error(column, "by its values, all from 0 to 1,")
    for alias in sql.added(question):
        value = total[alias]
        if value is not None and abs(value) > EXACT:  # type: ignore[arg-type]
            raise PlacemapError(
                f"sums over {EXACT:,} cannot be kept exact", location=label, hint="give the column in larger units"
            )


@dataclass
class _Ledger:
    """Makes reconciliations: rows, and the totals that must be conserved."""

    question: sql.Question
    total: dict[str, object]
    followed: list[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        found: dict[str, str] = {}
        for number, measure in enumerate(self.question.measures):
            if measure.how in (SUM, RATE):
                found.setdefault(measure.column, f"m{number}a")
            if measure.how == RATE:
                found.setdefault(measure.over, f"m{number}b")
        self.followed = list(found.items())

    def line(self, outcome: str, rows: Iterable[dict[str, object]]) -> Line:
        """The line of some rows of results."""
        rows = list(rows)
        n = _clean(math.fsum(_number(row["n"]) for row in rows))
        totals = tuple(_clean(math.fsum(_number(row[alias]) for row in rows)) for _, alias in self.followed)
        return Line(outcome, n, totals)

    def reconcile(
        self,
        footprint: tuple[str, str],
        placed: Sequence[dict[str, object]],
        owner: Mapping[str, tuple[str, str]],
        known: Sequence[dict[str, object]],
        strays: Sequence[tuple[str, dict[str, object]]],
    ) -> Reconciliation:
        """Account for everything; a difference would be a mistake of placemap's own and is never passed over.

        Args:
            owner: by PLACECD, what it is accounted for under.
        """
        mine = {PLACED: [row for row in placed if owner[str(row["PLACECD"])] == footprint]}
        for row in known:
            if (row["ICSID"], row["FOOTPRINT"]) == footprint:
                mine.setdefault(OUT_OF_AREA if row["OUTCOME"] == "known" else str(row["OUTCOME"]), []).append(row)
        for outcome, row in strays:
            mine.setdefault(outcome, []).append(row)
        lines = tuple(self.line(outcome, mine.get(outcome, [])) for outcome in OUTCOMES)
        total = self.line("in", [self.total])
        for number, whole in enumerate((total.rows, *total.totals)):
            parts = math.fsum((line.rows, *line.totals)[number] for line in lines)
            if not math.isclose(parts, whole, rel_tol=1e-9, abs_tol=1e-6):
                raise AssertionError(f"{footprint}: {parts} accounted for, {whole} came in")
        return Reconciliation(*footprint, tuple(title for title, _ in self.followed), total, lines)


def _number(value: object) -> float:
    return 0.0 if value is None else float(value)  # type: ignore[arg-type]


def _clean(value: float) -> float:
    """Without what binary fractions leave of a whole number, or of nothing."""
    nearest = round(value)
    return float(nearest) if abs(value - nearest) < 1e-7 else value


def _with_empty_places(
    placed: list[dict[str, object]], question: sql.Question, resolved: Sequence[Resolved]
) -> list[dict[str, object]]:
    """With a row for every place, also for one that the data have nothing of (not where there are groups)."""
    if question.groups:
        return placed
    have = {row["PLACECD"]: row for row in placed}
    rows = []
    for item in resolved:
        for head, place in zip(item.heads, item.assignment.footprint.places, strict=True):
            blank = dict.fromkeys(sql.added(question))
            row = {"ICSID": head.ics, "FOOTPRINT": head.footprint, "PLACECD": head.code, "PLACENM": place.name}
            rows.append(have.get(head.code, {**row, **blank, "n": 0}))
    return rows


def _whole(
    placed: list[dict[str, object]],
    owner: Mapping[str, tuple[str, str]],
    question: sql.Question,
    reconciliations: Sequence[Reconciliation],
    total: dict[str, object],
) -> list[dict[str, object]]:
    """Sums and counts in whole numbers, by largest remainder; with what is in no place they still make the whole."""
    aliases = {"n": "rows", **{f"m{i}a": m.column for i, m in enumerate(question.measures) if m.how == SUM}}
    for alias, title in aliases.items():
        if _number(total[alias]) != round(_number(total[alias])):
            raise _usage(f"the sum of `{title}` is not whole, so its parts cannot be", "leave --whole-numbers out")
    result = [dict(row) for row in placed]
    for reconciliation in reconciliations:
        key = (reconciliation.ics, reconciliation.footprint)
        mine = [row for row in result if owner[str(row["PLACECD"])] == key]
        for alias in aliases:
            parts = [_number(row[alias]) for row in mine]
            rest = _number(total[alias]) - math.fsum(parts)
            for row, value in zip(mine, largest_remainder([*parts, rest]), strict=False):
                row[alias] = value
    return result


def largest_remainder(parts: Sequence[float]) -> list[int]:
    """Whole numbers near `parts`, of the same sum (which must be whole); equal remainders go to the first."""
    parts = [_clean(part) for part in parts]
    floors = [math.floor(part) for part in parts]
    missing = round(math.fsum(parts)) - sum(floors)
    order = sorted(range(len(parts)), key=lambda i: (-(parts[i] - floors[i]), i))
    for i in order[:missing]:
        floors[i] += 1
    return floors


def _frame(placed: Sequence[dict[str, object]], question: sql.Question) -> pd.DataFrame:
    head: dict[str, list[object]] = {column: [row[column] for row in placed] for column in PLACE_COLUMNS}
    for alias, column in zip(sql.group_aliases(question), question.groups, strict=True):
        head[column] = [row[alias] for row in placed]
    frame = pd.DataFrame(head, dtype=object)
    for number, measure in enumerate(question.measures):
        values = [_result(row, number, measure) for row in placed]
        is_whole = measure.how in (SUM, COUNT) and all(value == round(value) for value in values)
        frame[measure.title] = pd.Series(values, dtype="int64" if is_whole else "float64")
    return frame.sort_values(["PLACECD", *question.groups], ignore_index=True, kind="stable")


def _result(row: dict[str, object], number: int, measure: Measure) -> float:
    if measure.how == COUNT:
        return _clean(_number(row["n"]))
    top = _number(row[f"m{number}a"])
    if measure.how == SUM:
        return _clean(top)
    below = _number(row[f"m{number}b" if measure.over else f"m{number}n"])
    return top / below if below else math.nan


def _notes(
    question: sql.Question, total: dict[str, object], reconciliations: Sequence[Reconciliation]
) -> Iterable[str]:
    rows = int(_number(total["n"]))
    for number, measure in enumerate(question.measures):
        if measure.how == COUNT:
            continue
        blank = rows - int(_number(total[f"m{number}n"]))
        what = " or ".join(f"`{column}`" for column in measure.columns)
        if blank:
            yield f"no value of {what} in {blank:,} of {rows:,} rows; they add nothing to `{measure.title}`"
        if measure.how == MEAN and not measure.over:
            yield (
                f"`{measure.column}` is averaged over rows, each the same; if a row stands for an area, weight it: "
                f"--mean {measure.column}:PEOPLE"
            )
    if any(line.outcome == NOT_IN_TABLES and line.rows for item in reconciliations for line in item.lines):
        yield (
            "codes that are not in the packaged tables are outside these systems, or mistyped; "
            "`placemap data update` to check all England"
        )
