"""The reference tables on the atom: everything by position of its LSOA of 2021.

LSOAs stand in order of code, so that no result depends on the order of a table's rows. Figures that are coded in LSOAs
of 2011 come to 2021 by the ONS exact-fit lookup: unchanged (U) and merged (M) LSOAs whole, split (S) and irregular (X)
ones in proportion to `residents_2021`; totals are conserved.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from placemap.core.arrays import Bools, Floats, Ints, Texts, in_order
from placemap.core.codes import LSOA_VINTAGE, OLD_LSOA_VINTAGE, OLD_RESIDENTS, RESIDENTS, is_ccg, is_day
from placemap.core.columns import Codes, Columns
from placemap.core.errors import PlacemapError
from placemap.reference.by_lsoa import LsoaConversion, LtlaYears, Pcns, Registrations, Units
from placemap.reference.conversions import largest_part, no_conversion, read_conversion, residents_by_pair
from placemap.reference.pcns import pcn_entries, practice_groups, read_pcns
from placemap.reference.registrations import read_registrations
from placemap.reference.store import ReferenceData, TableEntry
from placemap.reference.vintages import ChosenVintages, nearest_month

SPLIT_WEIGHT, MERGE_WEIGHT = RESIDENTS, OLD_RESIDENTS


class Geography:
    """Reference tables by position of the LSOA of 2021; each is worked out once, when it is first needed."""

    def __init__(self, data: ReferenceData, chosen: ChosenVintages | None = None) -> None:
        self.data = data
        self.chosen = chosen or ChosenVintages()
        self._units: dict[tuple[str, str], Units] = {}
        self._measures: dict[str, Floats] = {}
        self._practice_measures: dict[str, dict[str, int]] = {}
        self._pcns: dict[str, Pcns] = {}
        self._practice_groups: dict[str, tuple[Texts, Texts, Ints]] = {}

    # --- LSOAs ---------------------------------------------------------------------------------------------------

    @cached_property
    def _lsoa_table(self) -> Columns:
        table = self.data.table(self.data.need("lsoa_names"))
        return table.take(in_order(table.words("lsoa_code").numbered()[0]))

    @cached_property
    def lsoa_codes(self) -> Texts:
        """LSOA codes in order."""
        return self._lsoa_table["lsoa_code"]

    @cached_property
    def lsoas(self) -> Codes:
        """LSOA codes in order; everything else is by position in this."""
        return Codes(self.lsoa_codes)

    @cached_property
    def lsoa_names(self) -> Texts:
        """Names by LSOA."""
        return self._lsoa_table["lsoa_name"]

    @property
    def size(self) -> int:
        """Number of LSOAs."""
        return len(self.lsoas)

    @property
    def all_england(self) -> bool:
        """False where the tables are the packaged extract."""
        return self.data.need("lsoa_names").coverage == "England"

    # --- units ---------------------------------------------------------------------------------------------------

    def default_vintage(self, kind: str) -> str:
        """The vintage of a kind that is meant where a config says nothing: the chosen one, else the store's newest.

        PCNs change monthly and are only as good as the registrations that are counted by them: theirs is the vintage
        nearest to the registrations', not the newest.
        """
        asked = {**self.chosen.locked, **self.chosen.vintages}
        if kind in asked:
            return asked[kind]
        return self._pcn_vintage if kind == "pcn" else self.data.manifest.defaults.get(kind, "")

    @cached_property
    def _pcn_vintage(self) -> str:
        return nearest_month(self.data.vintages("pcn_members"), self.registrations_entry.vintage)

    def units_entry(self, kind: str, vintage: str | None = None) -> TableEntry:
        """The table that `units` is made from."""
        return self.data.need(*self._units_table(kind, vintage))

    def find_units_entry(self, kind: str, vintage: str | None = None) -> TableEntry | None:
        """As `units_entry`, None where it is not there."""
        return self.data.find(*self._units_table(kind, vintage))

    def _units_table(self, kind: str, vintage: str | None) -> tuple[str, str, str]:
        """Family, kind and vintage of the table of the units of a kind; empty for any."""
        if kind == "lsoa":
            return "exact_fit" if vintage == OLD_LSOA_VINTAGE else "lsoa_names", "", ""
        return "lookup", kind, vintage or self.default_vintage(kind)

    def units(self, kind: str, vintage: str | None = None) -> Units:
        """The units of an area kind.

        Raises:
            PlacemapError: there is no lookup of that kind and vintage.
        """
        entry = self.units_entry(kind, vintage)
        key = (kind, entry.name)
        if key not in self._units:
            self._units[key] = self._make_units(kind, entry)
        return self._units[key]

    def _make_units(self, kind: str, entry: TableEntry) -> Units:
        if kind == "lsoa":
            return self._lsoas_2011() if entry.family == "exact_fit" else self._lsoas_2021()
        table = self.data.table(entry)
        code, name, ods = f"{kind}_code", f"{kind}_name", f"{kind}_ods"
        of_row, codes = table.words(code).numbered()
        first = np.full(len(codes), len(table))
        np.minimum.at(first, of_row, np.arange(len(table)))
        names = table[name][first]
        ods_codes = table[ods][first] if ods in table else None
        of, best_fit = self._on_atoms(table, of_row, len(codes), entry)
        return Units(kind, entry.vintage, codes, names, ods_codes, of, best_fit)

    def _lsoas_2021(self) -> Units:
        here, never = np.arange(self.size), np.zeros(self.size, bool)
        return Units("lsoa", LSOA_VINTAGE, self.lsoa_codes, self.lsoa_names, None, here, never)

    def _lsoas_2011(self) -> Units:
        """LSOAs of 2011 as units: one of 2021 that was merged from several belongs to the one with most people."""
        fit = self._needed_fit_2011()
        of, best_fit = largest_part(fit, np.arange(len(fit.codes)), len(fit.codes), self._back_weight)
        return Units("lsoa", OLD_LSOA_VINTAGE, fit.codes.array, fit.names, None, of, best_fit)

    def _on_atoms(self, table: Columns, of_row: Ints, count: int, entry: TableEntry) -> tuple[Ints, Bools]:
        """By LSOA of 2021 the unit, and whether it is a best fit (wards always are, by the ONS method)."""
        if entry.base == LSOA_VINTAGE:
            of = np.full(self.size, -1)
            position = self.lsoas.positions(table.words("lsoa_code"))
            of[position[position >= 0]] = of_row[position >= 0]
            return of, np.full(self.size, entry.kind == "ward")
        fit = self._needed_fit_2011()
        of_source = np.full(len(fit.codes), count)
        position = fit.codes.positions(table.words("lsoa11_code"))
        of_source[position[position >= 0]] = of_row[position >= 0]
        return largest_part(fit, of_source, count, self._back_weight)

    @cached_property
    def ccg_vintage(self) -> str:
        """The oldest clinical commissioning groups at hand, from before most mergers; empty where there are none."""
        return next((v for v in self.data.vintages("lookup", "sub_icb") if is_ccg("sub_icb", v)), "")

    @cached_property
    def _back_weight(self) -> Floats:
        """By pair of the 2011 fit, people of the 2011 LSOA who went to the 2021 LSOA: mid-2019 estimates × weight."""
        self.data.need("lsoa_measure", MERGE_WEIGHT)
        return self.lsoa11_measure(MERGE_WEIGHT)[self.fit_2011.source] * self.fit_2011.weight

    # --- 2011 → 2021 -----------------------------------------------------------------------------------------------

    @cached_property
    def fit_2011(self) -> LsoaConversion:
        """From LSOAs of 2011; without any where the store does not have them."""
        entry = self.data.find("exact_fit")
        if entry is None:
            return no_conversion(self.size)
        return read_conversion(self.data.table(entry), self.lsoas, self.measure(SPLIT_WEIGHT))

    def _needed_fit_2011(self) -> LsoaConversion:
        self.data.need("exact_fit")
        return self.fit_2011

    @cached_property
    def fit_2021(self) -> LsoaConversion:
        """From LSOAs of 2021: each to itself."""
        here = np.arange(self.size)
        unchanged = np.full(self.size, "U", dtype=object)
        return LsoaConversion(self.lsoas, self.lsoa_names, self.size, here, here, np.ones(self.size), unchanged)

    def fit(self, base: str) -> LsoaConversion:
        """From LSOAs of the vintage `base` (`2011` or `2021`)."""
        return self._needed_fit_2011() if base == OLD_LSOA_VINTAGE else self.fit_2021

    @cached_property
    def residents_2011_pairs(self) -> Floats:
        """By pair of the 2011 fit, the 2021 residents of the one who live in the other.

        The residents of a 2021 LSOA that was merged from several are divided by their mid-2019 estimates; equally where
        the store does not have these.
        """
        back = self._back_weight if self.data.has_2011 else np.zeros(len(self.fit_2011.source))
        return residents_by_pair(self.fit_2011, back, self.measure(SPLIT_WEIGHT))

    # --- figures -----------------------------------------------------------------------------------------------------

    def measure_entry(self, name: str) -> TableEntry:
        """The table that a measure comes from.

        Raises:
            PlacemapError: there is no such measure.
        """
        if name == self.registered_measure:
            return self.registrations_entry
        known = self.measures()
        if name not in known:
            raise PlacemapError(
                f"there is no measure `{name}`",
                location=self.data.where,
                hint=f"the measures are {', '.join(known)}",
            )
        return next(e for e in self.data.manifest.tables.values() if e.kind == name and e.family.endswith("measure"))

    def measures(self) -> list[str]:
        """Names of all measures: by LSOA of residence, and by practice."""
        families = ("lsoa_measure", "practice_measure")
        readable = self.data.find("exact_fit") is not None
        entries = [entry for entry in self.data.manifest.tables.values() if entry.family in families]
        names = [entry.kind for entry in entries if readable or entry.base != OLD_LSOA_VINTAGE]
        return sorted([*names, self.registered_measure])

    def measure(self, name: str) -> Floats:
        """A measure by LSOA, people; zero where the source has no row."""
        if name not in self._measures:
            entry = self.measure_entry(name)
            if entry.family == "registrations":
                self._measures[name] = self.registrations.fit.to_atoms(self.registrations.by_lsoa)
            elif entry.base == OLD_LSOA_VINTAGE:
                self._measures[name] = self._needed_fit_2011().to_atoms(self.lsoa11_measure(name))
            else:
                self._measures[name] = self._raw_measure(entry, self.lsoas)
        return self._measures[name]

    def counts_whole_people(self, name: str) -> bool:
        """Whether a measure is published by LSOA of 2021: those of 2011 may be split, and their people with them."""
        return self.measure_entry(name).base == LSOA_VINTAGE

    def lsoa11_measure(self, name: str) -> Floats:
        """A measure by LSOA of 2011, as published there."""
        return self._raw_measure(self.measure_entry(name), self.fit_2011.codes)

    def _raw_measure(self, entry: TableEntry, codes: Codes) -> Floats:
        table = self.data.table(entry)
        if entry.family != "lsoa_measure":
            raise PlacemapError(
                f"`{entry.kind}` is counted by practice, not by LSOA",
                location=self.data.where,
                hint=f"choose a measure by LSOA, such as {SPLIT_WEIGHT}",
            )
        column = "lsoa_code" if entry.base == LSOA_VINTAGE else "lsoa11_code"
        result = np.zeros(len(codes))
        position = codes.positions(table.words(column))
        result[position[position >= 0]] = table["people"][position >= 0]
        return result

    def practice_measure(self, name: str) -> dict[str, int]:
        """A measure by code of the practice."""
        if name not in self._practice_measures:
            table = self.data.table(self.measure_entry(name))
            self._practice_measures[name] = dict(table.rows("practice_code", "people"))
        return self._practice_measures[name]

    # --- patients ----------------------------------------------------------------------------------------------------

    @cached_property
    def registrations_entry(self) -> TableEntry:
        """The table of registered patients that is in use."""
        return self.data.need("registrations", vintage=self.default_vintage("registrations"))

    @property
    def registered_measure(self) -> str:
        """Name of the measure of registered patients by LSOA of residence, such as `registered_2022_07`."""
        return f"registered_{self.registrations_entry.vintage.replace('-', '_')}"

    @cached_property
    def registrations(self) -> Registrations:
        """Registered patients by practice and LSOA."""
        entry = self.registrations_entry
        found = read_registrations(self.data.table(entry), entry, self.fit(entry.base))
        self.data.forget(entry)
        return found

    @cached_property
    def practice_names(self) -> dict[str, str]:
        """Names by code of the practice, as in the registrations."""
        table = self.data.table(self.practices_entry)
        return dict(table.rows("practice_code", "practice_name"))

    @property
    def practices_entry(self) -> TableEntry:
        """The list of practices that goes with the registrations in use."""
        return self.data.find("practices", vintage=self.registrations_entry.vintage) or self.data.need("practices")

    def pcn_entries(self, vintage: str | None = None) -> tuple[TableEntry, TableEntry]:
        """The tables of PCNs and of their members for a vintage, or for a day.

        Raises:
            PlacemapError: there is no PCN table of that vintage.
        """
        return pcn_entries(self.data, vintage or self.default_vintage("pcn"))

    def find_pcn_entries(self, vintage: str | None = None) -> list[TableEntry | None]:
        """As `pcn_entries`, None for a table that is not there."""
        vintage = vintage or self.default_vintage("pcn")
        if is_day(vintage):
            return list(self.pcn_entries(vintage))
        return [self.data.find(family, vintage=vintage) for family in ("pcns", "pcn_members")]

    def pcns_of(self, vintage: str) -> str:
        """Which PCNs a vintage means, in words: `2022-08`, or `2022-04-01 by the list of 2022-08` for a day."""
        found = self.pcn_entries(vintage)[1].vintage
        return vintage if found == vintage else f"{vintage} by the list of {found}"

    def pcns(self, vintage: str | None = None) -> Pcns:
        """PCNs and their members at a vintage, or on a day.

        Raises:
            PlacemapError: there is no PCN table of that vintage.
        """
        vintage = vintage or self.default_vintage("pcn")
        if vintage not in self._pcns:
            self._pcns[vintage] = read_pcns(self.data, vintage)
        return self._pcns[vintage]

    def practice_groups(self, vintage: str) -> tuple[Texts, Texts, Ints]:
        """PCNs by code with one more, without a code, for practices that are in none: codes, names, group by practice.

        Practices are those of the registrations.
        """
        if vintage not in self._practice_groups:
            self._practice_groups[vintage] = practice_groups(self.pcns(vintage), self.registrations.codes)
        return self._practice_groups[vintage]

    # --- neighbours --------------------------------------------------------------------------------------------------

    @cached_property
    def adjacency(self) -> tuple[Ints, Ints]:
        """Pairs of neighbouring LSOAs by position; -1 for one that the store leaves out."""
        table = self.data.table(self.data.need("adjacency"))
        return self.lsoas.positions(table.words("lsoa_code_a")), self.lsoas.positions(table.words("lsoa_code_b"))

    @cached_property
    def ltla_history(self) -> list[LtlaYears]:
        """LTLAs with the years in which they were in use, and their successors."""
        entry = self.data.need("ltla_history")
        return [LtlaYears(*row) for row in self.data.table(entry).rows(*entry.schema.names)]
