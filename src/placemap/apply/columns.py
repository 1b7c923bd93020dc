"""Which column of a user's table holds the codes, and which the figures."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd

from placemap.apply import sql
from placemap.apply.coverage import COVERAGE
from placemap.apply.engine_duckdb import Engine
from placemap.apply.figures import figure_kinds
from placemap.apply.measures import COUNT, ROWS
from placemap.apply.options import Options
from placemap.apply.publish_rule import HELD
from placemap.apply.told import OUTSIDE_ENGLAND, SORTS, names_in, sorts_in
from placemap.core.codes import KINDS, MEMBER_KINDS, NO_CODE, is_code
from placemap.core.errors import PlacemapError, usage_error
from placemap.core.fine_kinds import FINE_KINDS
from placemap.core.text import counted, listed
from placemap.reference.geography import Geography
from placemap.reference.recognise import CodeKind, clean_codes, recognise

#: Rows that are looked at to find the column of codes.
PREVIEW = 10_000
PLACE_COLUMNS = ("ICSID", "FOOTPRINT", "PLACECD", "PLACENM")
LONG_COLUMNS = ("MEASURE", "VALUE")
#: What the codes of a table may be of.
APPLIED_KINDS = (*MEMBER_KINDS, *FINE_KINDS)
#: Part of a table's codes that must be of one kind; below it the user is asked which kind is meant.
MAINLY = 0.8
#: Part of a column that must be codes of a kind for it to be the column of codes, if it is the only one.
FAIR = 0.1


# --- what the columns hold --------------------------------------------------------------------------------------------


def key_column(engine: Engine, by: str | None, kind: str | None, geography: Geography, label: str) -> tuple[str, str]:
    """The column of codes and the kind of unit they are of, told from the values.

    Raises:
        PlacemapError: there is no such column, none holds codes, or several do.
    """
    types = engine.columns()
    if by is not None and by not in types:
        raise _no_column(by, types, label)
    if kind is not None and kind not in APPLIED_KINDS:
        raise usage_error(f"`{kind}` is not a kind of unit", f"the kinds are {', '.join(APPLIED_KINDS)}")
    if by is not None and kind is not None:
        return by, kind
    texts = [by] if by else [column for column, held in types.items() if held in (sql.TEXT, sql.OTHER)]
    preview = engine.preview(texts, PREVIEW) if texts else pd.DataFrame()
    found = _code_columns(preview, geography, kind)
    if not found:
        found = _of_kind(preview, kind) if kind is not None else _mainly(preview)
    if not found:
        raise _no_codes(preview, by, geography, label)
    chosen = _the_one(found, label)
    return chosen.column, kind or chosen.kind


def _code_columns(preview: pd.DataFrame, geography: Geography, kind: str | None) -> list[CodeKind]:
    found = [recognise(_of_england(preview[column]), geography) for column in preview]
    return [item for item in found if item is not None and item.kind in MEMBER_KINDS and kind in (None, item.kind)]


def _of_kind(preview: pd.DataFrame, kind: str) -> list[CodeKind]:
    """The column with most codes of the shape of a kind, among whatever else."""
    pattern = FINE_KINDS[kind].shape if kind in FINE_KINDS else KINDS[kind].pattern
    rows = {column: int(clean_codes(preview[column]).map(pattern.fullmatch).notna().sum()) for column in preview}
    best = max(rows, key=lambda column: rows[column], default="")
    return [CodeKind(str(best), kind, "", (), len(preview), 0, rows[best], (), ())] if rows.get(best) else []


def _mainly(preview: pd.DataFrame) -> list[CodeKind]:
    """Columns in which a fair part are codes, nearly all of one kind; the rest is for the reconciliation to tell."""
    found = []
    for column in preview:
        sorts = sorts_in(_counts(preview[column]))
        total, coded = sum(sorts.values()), sum(rows for plural, rows in sorts.items() if plural)
        for sort in SORTS:
            rows = sorts.get(sort.plural, 0)
            if sort.kind and rows >= MAINLY * coded > 0 and rows >= FAIR * total:
                found.append(CodeKind(str(column), sort.kind, "", (), len(preview), 0, rows, (), ()))
    return found


def _no_codes(preview: pd.DataFrame, by: str | None, geography: Geography, label: str) -> PlacemapError:
    """Why no column can be placed, by what its values are."""
    columns = {str(column): _counts(preview[column]) for column in preview}
    sorts = {column: sorts_in(counts) for column, counts in columns.items()}
    coded = {column: sum(rows for sort, rows in found.items() if sort) for column, found in sorts.items()}
    best = max(coded, key=lambda column: coded[column], default="")
    if best and coded[best] > sum(columns[best].values()) / 2:
        return _of_other_sorts(best, sorts[best], label)
    for column, counts in columns.items():
        named = names_in(counts, geography)
        if named is not None:
            return _only_names(column, *named, label)
    where = f"column `{by}`" if by else f"any column ({listed(list(columns)[:12]) if columns else 'none holds text'})"
    return usage_error(
        f"no codes that placemap knows in {where} of the first {PREVIEW:,} rows",
        f"say what its codes are of with --kind ({', '.join(APPLIED_KINDS)})" if by else "name the column with --by",
        label,
    )


def _counts(values: pd.Series) -> dict[str, int]:
    return {str(value): int(rows) for value, rows in values.dropna().astype(str).value_counts().items()}


def _of_other_sorts(column: str, sorts: Mapping[str, int], label: str) -> PlacemapError:
    found = [(sort, sorts[sort.plural]) for sort in SORTS if sorts.get(sort.plural)]
    found.sort(key=lambda item: -item[1])
    if len(found) == 1 and not found[0][0].kind:
        sort = found[0][0]
        return PlacemapError(
            f"column `{column}` holds {sort.plural}, which placemap does not place as they are",
            location=label,
            hint=sort.step,
        )
    parts = listed([f"{sort.plural} ({counted(rows, 'row')})" for sort, rows in found])
    kinds = list(dict.fromkeys(sort.kind for sort, _ in found if sort.kind))
    choice = " or ".join(f"--kind {kind}" for kind in kinds)
    return usage_error(
        f"column `{column}` holds {f'codes of several kinds: {parts}' if len(found) > 1 else parts}",
        f"say which to place: {choice}; the rest is then left out, and told" if kinds else found[0][0].step,
        label,
    )


def _only_names(column: str, kind: str, found: Mapping[str, str], label: str) -> PlacemapError:
    shown = ", ".join(f"{name} is {code}" for name, code in sorted(found.items())[:5])
    return PlacemapError(
        f"column `{column}` holds names of {KINDS[kind].plural}; placemap needs codes",
        location=label,
        hint=f"add a column with the codes: {shown}{' …' if len(found) > 5 else ''}; the tables of `placemap build` "
        "have those of a system",
    )


def refuse_mixture(by: str, counts: Mapping[str, int], kind: str, label: str) -> None:
    """Refuse a column whose codes are of several kinds, none of which is what it mainly holds.

    Args:
        counts: rows by code.
        kind: the kind that was found in the first rows.

    Raises:
        PlacemapError: so.
    """
    pattern = KINDS[kind].pattern
    if sum(rows for code, rows in counts.items() if pattern.fullmatch(code)) >= MAINLY * sum(counts.values()):
        return  # as nearly always; what the rest are need not be asked
    coded = {code: rows for code, rows in counts.items() if is_code(code) and not OUTSIDE_ENGLAND.fullmatch(code)}
    total = sum(coded.values())
    mine = sum(rows for code, rows in coded.items() if KINDS[kind].accepts(code))
    if total and mine < MAINLY * total:
        raise _of_other_sorts(by, sorts_in(coded), label)


def _of_england(values: pd.Series) -> pd.Series:
    """The values that tell a kind: without words for no code, and without codes of other countries."""
    codes = clean_codes(values)
    return values[[code not in NO_CODE and not OUTSIDE_ENGLAND.fullmatch(code) for code in codes]]


def _the_one(found: Sequence[CodeKind], label: str) -> CodeKind:
    """The only column of codes; among areas of several sizes the one of LSOAs, which need no sharing out."""
    lsoas = [item for item in found if item.kind == "lsoa"]
    if len(lsoas) == 1 and not any(KINDS[item.kind].patients for item in found):
        return lsoas[0]
    if len(found) > 1:
        what = ", ".join(f"{item.column} ({plural_of(item.kind)})" for item in found)
        raise usage_error(f"several columns hold codes: {what}", "say which one to go by with --by", label)
    return found[0]


def plural_of(kind: str) -> str:
    """What people call several units of a kind that data may be by."""
    return FINE_KINDS[kind].plural if kind in FINE_KINDS else KINDS[kind].plural


def check_columns(question: sql.Question, options: Options, stored: Collection[str], label: str) -> None:
    """Raise where a column that is asked for is not there, or would stand in the result under another's name.

    Args:
        stored: measures of the reference tables.

    Raises:
        PlacemapError: so.
    """
    age = [options.rates.age] if options.rates.age else []
    for column in (*question.value_columns, *question.groups, *age):
        if column not in question.types:
            raise _stored(column, label) if column in stored else _no_column(column, question.types, label)
    if options.rates.given and not figure_kinds(question.measures, options.rates):
        raise usage_error("no rate is asked for", "write --rate NUMERATOR/DENOMINATOR", label)
    if question.by in (*question.groups, *age):
        raise usage_error(f"`{question.by}` cannot divide the result: it is the column of codes", "leave it out", label)
    _refuse_divided(question, options, label)
    _refuse_clashes(question, options, label)
    for column in question.value_columns:
        if question.types[column] == sql.OTHER:
            raise usage_error(f"column `{column}` holds no numbers", "choose a column of numbers", label)


def _refuse_divided(question: sql.Question, options: Options, label: str) -> None:
    """Refuse to divide by age what is to be added up over ages, and a count of rows that a column could be meant by."""
    age = options.rates.age
    if age and age in (*question.groups, *question.value_columns):
        raise usage_error(
            f"`{age}` cannot be two things: the ages to standardise by, and a group or figure", "ask once", label
        )
    if ROWS in question.types and any(measure.stored and not measure.column for measure in question.measures):
        raise usage_error(
            f"`{ROWS}` may be the rows or the column of that name", "rename the column in the data", label
        )


def _refuse_clashes(question: sql.Question, options: Options, label: str) -> None:
    """Refuse two columns of the result that have one name."""
    groups, measures = question.groups, question.measures
    taken = {name.casefold(): "a column of every result" for name in (*PLACE_COLUMNS, *COVERAGE)}
    figures = [column for kind in figure_kinds(measures, options.rates) for column in kind.columns()]
    held = (HELD,) if options.publish else ()
    of_long = (*LONG_COLUMNS, *held, *(column.part for column in figures)) if options.long else ()
    for_groups = {name.casefold(): "a column of every long result" for name in of_long}
    _refuse_taken([(group, f"--group {group}") for group in groups], taken | for_groups, label)
    taken |= {group.casefold(): f"--group {group}" for group in groups}
    # A long result is made from one with a column a measure.
    named = [(one.title, "the number of rows" if one.how == COUNT else f"--{one.how} {one.column}") for one in measures]
    named += [(column.title, "a column that rates add") for column in figures]
    if options.publish:
        named += [(f"{one.title} {HELD}", "a column that says what is held back") for one in measures]
    _refuse_taken(named, taken, label)


def _refuse_taken(named: Sequence[tuple[str, str]], taken: dict[str, str], label: str) -> None:
    taken = dict(taken)
    for title, what in named:
        if title.casefold() in taken:
            raise usage_error(
                f"`{title}` would stand in the result twice: {taken[title.casefold()]}, and {what}",
                "rename the column in the data, or leave one out",
                label,
            )
        taken[title.casefold()] = what


def _stored(column: str, label: str) -> PlacemapError:
    hint = f"it is a measure of the tables in use: write --rate NUMERATOR --denominator {column}"
    return usage_error(f"the data have no column `{column}`", hint, label)


def _no_column(column: str, types: Iterable[str], label: str) -> PlacemapError:
    import difflib

    close = difflib.get_close_matches(column, list(types), n=1, cutoff=0.5)
    hint = f"did you mean `{close[0]}`?" if close else f"the columns are {', '.join(list(types)[:20])}"
    return usage_error(f"the data have no column `{column}`", hint, label)
