"""Assignment → crosswalk tables: what each place has in common with each unit, with weights both ways.

Frames come out with the columns of `output_schemas`, sorted, figures unrounded (writers round).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from placemap.core.arrays import Bools, Floats, Ints, Numbers, Texts, in_order, numbered, positions, ratio, sums
from placemap.core.codes import KINDS
from placemap.core.tables import Table, TableSchema
from placemap.crosswalk import schemas
from placemap.reference.by_lsoa import Registrations, Units, living_in
from placemap.reference.geography import Geography
from placemap.reference.store import CCG_VINTAGE
from placemap.resolve.resolve import METHODS, places_of_practices
from placemap.resolve.resolved import ResolvedFootprint

#: Area kinds that get a crosswalk table, in the vintage that the store gives for each where nothing else is said.
CROSSWALK_KINDS = ("msoa", "ward", "ltla", "utla", "sub_icb")


def crosswalk_kinds(geography: Geography) -> tuple[str, ...]:
    """The kinds that places are crossed with: the usual ones, and ICBs where a vintage of them was asked for."""
    return (*CROSSWALK_KINDS, *(["icb"] if "icb" in geography.chosen.vintages else []))


def crosswalk_units(geography: Geography) -> list[Units]:
    """The units that places are crossed with."""
    units = [geography.units(kind) for kind in crosswalk_kinds(geography)]
    if CCG_VINTAGE in geography.data.vintages("lookup", "sub_icb"):
        units.append(geography.units("sub_icb", CCG_VINTAGE))
    return list({(unit.kind, unit.vintage): unit for unit in units}.values())


def crosswalk_tables(resolved: ResolvedFootprint) -> list[Table]:
    """All crosswalk tables of a footprint, or of several put together (others make places, findings and ledger)."""
    maker = _Maker(resolved)
    tables = [maker.lsoas(), maker.lsoas_2011()]
    tables += [maker.units(units) for units in crosswalk_units(resolved.geography)]
    return [*tables, maker.pcns(), maker.practices()]


class _Maker:
    def __init__(self, resolved: ResolvedFootprint) -> None:
        self.assignment = resolved.assignment
        self.geography = resolved.geography
        self.populations = resolved.populations
        self.footprint = resolved.footprint
        heads, places = resolved.place_codes, resolved.places
        self.codes = np.array([head.code for head in heads] + [""], dtype=object)
        self.ics = np.array([head.ics for head in heads], dtype=object)
        self.footprints = np.array([head.footprint for head in heads], dtype=object)
        self.names = np.array([p.name for p in places] + [""], dtype=object)
        self.count = len(places)
        self.pcn_vintage = resolved.pcn_vintage

    def table(
        self, name: str, schema: TableSchema, place: Ints, columns: Mapping[str, Numbers], sort: list[str]
    ) -> Table:
        """A table whose first columns say which place each row is about."""
        content = {
            "ICSID": self.ics[place],
            "FOOTPRINT": self.footprints[place],
            "PLACECD": self.codes[place],
            "PLACENM": self.names[place],
            **columns,
        }
        order = in_order(*(numbered(content[column])[0] for column in sort))
        # As objects: pandas would spend a tenth of a build on turning texts to Arrow's and back.
        series = {column: pd.Series(content[column][order], dtype=content[column].dtype) for column in schema.names}
        return Table(name, schema, pd.DataFrame(series))

    def lsoas(self) -> Table:
        assignment = self.assignment
        rows = np.flatnonzero(assignment.place >= 0)
        columns = {
            "LSOA21CD": self.geography.lsoa_codes[rows],
            "LSOA21NM": self.geography.lsoa_names[rows],
            "METHOD": np.array(METHODS, dtype=object)[assignment.method[rows]],
            "SHARE": assignment.share()[rows],
            "PLACED_SHARE": assignment.placed_share()[rows],
            "RUNNER_UP": self.codes[assignment.runner_up()[rows]],
            "MARGIN": assignment.margin()[rows],
            "RESIDENTS": self.populations.residents[rows],
            "IN_SCOPE": assignment.in_scope[rows],
        }
        schema = schemas.place_lsoa(self.populations.residents_name)
        return self.table("place_lsoa21", schema, assignment.place[rows], columns, ["PLACECD", "LSOA21CD"])

    def units(self, units: Units) -> Table:
        place, of = self.assignment.place, units.of
        both = np.flatnonzero((place >= 0) & (of >= 0))
        count = len(units.codes)
        cells, inverse = np.unique(place[both] * count + of[both], return_inverse=True)
        row_place, row_unit = np.divmod(cells, count)
        lsoas = np.bincount(inverse, minlength=len(cells))
        known = of >= 0
        columns = {
            **self._unit_columns(units, row_unit),
            "LSOAS": lsoas,
            **self._weights(both, inverse, row_place, row_unit, of[known], known, count),
            "FIT": _fit(
                lsoas,
                np.bincount(of[known], minlength=count)[row_unit],
                np.bincount(place[place >= 0], minlength=self.count)[row_place],
            ),
        }
        schema = schemas.place_unit(
            units.kind, units.vintage, self.populations.residents_name, self.populations.registered_name
        )
        key = [schema.key[0], schema.key[1]]
        return self.table(f"place_{units.prefix.lower()}", schema, row_place, columns, key)

    def _unit_columns(self, units: Units, row_unit: Ints) -> dict[str, Texts]:
        columns = {f"{units.prefix}CD": units.codes[row_unit], f"{units.prefix}NM": units.names[row_unit]}
        if KINDS[units.kind].ods and units.ods is not None:
            columns[f"{units.prefix}CDH"] = units.ods[row_unit]
        return columns

    def _weights(
        self, both: Ints, inverse: Ints, row_place: Ints, row_unit: Ints, of: Ints, known: Bools, count: int
    ) -> dict[str, Floats]:
        columns: dict[str, Floats] = {}
        place = self.assignment.place
        for column, share, people in (
            ("RESIDENTS", "RESIDENT_SHARE", self.populations.residents),
            ("REGISTERED", "REGISTERED_SHARE", self.populations.registered),
        ):
            overlap = sums(inverse, people[both], len(row_place))
            in_place = sums(place[place >= 0], people[place >= 0], self.count)
            in_unit = sums(of, people[known], count)
            columns[column] = overlap
            columns[f"PLACE_{share}"] = ratio(overlap, in_place[row_place])
            columns[f"UNIT_{share}"] = ratio(overlap, in_unit[row_unit])
        return columns

    def lsoas_2011(self) -> Table:
        """Places and LSOAs of 2011, by pairs of the exact fit."""
        fit, place = self.geography.fit_2011, self.assignment.place
        pair_place = np.where(fit.target >= 0, place[fit.target], -1)
        rows = np.flatnonzero(pair_place >= 0)
        cells, inverse = np.unique(fit.source[rows] * self.count + pair_place[rows], return_inverse=True)
        source, row_place = np.divmod(cells, self.count)

        def overlap(by_pair: Floats) -> Floats:
            return sums(inverse, by_pair[rows], len(cells))

        residents, registered = self._pairs_2011()
        unit_share = overlap(fit.weight)
        in_place = np.bincount(place[place >= 0], minlength=self.count)
        columns = {
            "LSOA11CD": fit.codes.to_numpy()[source],
            "LSOA11NM": fit.names[source],
            "CHGIND": fit.change[rows][_first(inverse, len(cells))],
            "LSOAS": np.bincount(inverse, minlength=len(cells)),
            "RESIDENTS": overlap(residents),
            "REGISTERED": overlap(registered),
            "PLACE_RESIDENT_SHARE": self._place_share(overlap(residents), row_place, self.populations.residents),
            "UNIT_RESIDENT_SHARE": unit_share,
            "PLACE_REGISTERED_SHARE": self._place_share(overlap(registered), row_place, self.populations.registered),
            "UNIT_REGISTERED_SHARE": ratio(overlap(registered), np.bincount(fit.source, weights=registered)[source]),
            "FIT": self._fit_2011(rows, inverse, source, row_place, in_place),
        }
        schema = schemas.place_lsoa11(self.populations.residents_name, self.populations.registered_name)
        return self.table("place_lsoa11", schema, row_place, columns, ["PLACECD", "LSOA11CD"])

    def _pairs_2011(self) -> tuple[Floats, Floats]:
        """Residents and registered patients by pair of the 2011 fit."""
        fit, geography = self.geography.fit_2011, self.geography
        census = geography.residents_2011_pairs
        part = ratio(census, np.bincount(fit.target[fit.target >= 0], census[fit.target >= 0], fit.size)[fit.target])
        residents = np.where(fit.target >= 0, self.populations.residents[fit.target] * part, 0.0)
        if geography.registrations.fit is fit:
            return residents, geography.registrations.by_lsoa[fit.source] * fit.weight
        return residents, np.where(fit.target >= 0, self.populations.registered[fit.target] * part, 0.0)

    def _place_share(self, overlap: Floats, row_place: Ints, people: Floats) -> Floats:
        place = self.assignment.place
        whole = sums(place[place >= 0], people[place >= 0], self.count)
        return ratio(overlap, whole[row_place])

    def _fit_2011(self, rows: Ints, inverse: Ints, source: Ints, row_place: Ints, in_place: Ints) -> Texts:
        """FIT by LSOAs of 2021: those of the pair, of the LSOA of 2011, and of the place.

        A merged LSOA of 2011 is only a part of its one LSOA of 2021, so it can lie within a place but never equal it.
        """
        fit = self.geography.fit_2011
        pairs = np.bincount(inverse, minlength=len(source))
        whole = np.bincount(fit.source, minlength=len(fit.codes))[source]
        parents = np.bincount(fit.target[fit.target >= 0], minlength=fit.size)
        part_only = np.zeros(len(source), dtype=bool)
        np.logical_or.at(part_only, inverse, parents[fit.target[rows]] > 1)
        place_size = np.where(part_only, -1, in_place[row_place])
        return _fit(pairs, whole, place_size)

    def pcns(self) -> Table:
        """Patients of each PCN who live in each place; the practices without a PCN stand in one row, without a code."""
        registrations = self.geography.registrations
        codes, names, group = self.geography.practice_groups(self.pcn_vintage)
        patients = living_in(registrations, self.assignment.place, self.count, group, len(codes))
        total = sums(group, registrations.by_practice, len(codes))
        total[-1] = np.nan  # the packaged extract does not hold every practice without a PCN
        declared = self._declared_pcns(codes)
        row_pcn, row_place = np.nonzero((patients > 0) | declared)
        place_total = np.bincount(
            self.assignment.place[self.assignment.place >= 0],
            weights=self.populations.registered[self.assignment.place >= 0],
            minlength=self.count,
        )
        cell = patients[row_pcn, row_place]
        columns = {
            "PCNCD": codes[row_pcn],
            "PCNNM": names[row_pcn],
            "PATIENTS": cell,
            "PLACE_REGISTERED_SHARE": ratio(cell, place_total[row_place]),
            "UNIT_REGISTERED_SHARE": np.where(np.isnan(total[row_pcn]), np.nan, ratio(cell, total[row_pcn])),
            "DECLARED": declared[row_pcn, row_place],
        }
        schema = schemas.place_pcn(self.geography.pcns_of(self.pcn_vintage), self.populations.registered_name)
        return self.table("place_pcn", schema, row_place, columns, ["PLACECD", "PCNCD"])

    def _declared_pcns(self, codes: Texts) -> Bools:
        position = {code: number for number, code in enumerate(codes)}
        declared = np.zeros((len(codes), self.count), dtype=bool)
        for number, place in enumerate(self.footprint.places):
            for member in place.members:
                if member.kind == "pcn" and member.code in position:
                    declared[position[member.code], number] = True
        return declared

    def practices(self) -> Table:
        """Each declared practice with where its patients live."""
        place_of = places_of_practices(self.footprint, self.geography)
        by_itself = {m.code for _, m in self.footprint.members() if m.kind == "practice"}
        codes = np.array(sorted(place_of), dtype=object)
        place = np.array([place_of[code] for code in codes], dtype=np.int64)
        registrations = self.geography.registrations
        position = positions(registrations.codes, codes) if len(codes) else place
        in_place = self._at_home(registrations, position, place)
        size = np.where(position >= 0, registrations.by_practice[position], 0).astype(float)
        pcns = self.geography.pcns(self.pcn_vintage)
        names = {**pcns.practice_names, **self.geography.practice_names}
        pcn = [pcns.pcn_of.get(code, "") for code in codes]
        columns = {
            "PRACTICECD": codes,
            "PRACTICENM": _objects(names.get(code, "") for code in codes),
            "PCNCD": _objects(pcn),
            "PCNNM": _objects(pcns.names.get(code, "") for code in pcn),
            "DECLARED_BY": _objects("practice" if code in by_itself else "pcn" for code in codes),
            "LIST_SIZE": size,
            "PATIENTS_IN_PLACE": in_place,
            "PATIENTS_OUT_OF_PLACE": size - in_place,
        }
        vintage = self.geography.pcns_of(self.pcn_vintage)
        schema = schemas.place_practice(vintage, self.populations.registered_name)
        return self.table("place_practice", schema, place, columns, ["PLACECD", "PRACTICECD"])

    def _at_home(self, registrations: Registrations, position: Ints, place: Ints) -> Floats:
        home = np.full(len(registrations.codes), -1)
        home[position[position >= 0]] = place[position >= 0]
        rows = (home[registrations.practice] >= 0) & (registrations.lsoa >= 0)
        shares = registrations.fit.shares(_labels(self.assignment.place, self.count), self.count + 1)
        practice, lsoa = registrations.practice[rows], registrations.lsoa[rows]
        at_home = registrations.patients[rows] * shares[lsoa, home[practice]]
        by_practice = sums(practice, at_home, len(registrations.codes))
        return np.where(position >= 0, by_practice[position], 0.0) if len(position) else np.zeros(0)


def _labels(place: Ints, count: int) -> Ints:
    """Place by LSOA with `count` for none."""
    return np.where(place >= 0, place, count)


def _fit(overlap: Ints, unit: Ints, place: Ints) -> Texts:
    conditions = [(overlap == unit) & (overlap == place), overlap == unit, overlap == place]
    return np.select(conditions, np.array(["exact", "within", "contains"], dtype=object), "partial")


def _first(inverse: Ints, count: int) -> Ints:
    first = np.full(count, len(inverse))
    np.minimum.at(first, inverse, np.arange(len(inverse)))
    return first


def _objects(values: Iterable[str]) -> Texts:
    return np.array(list(values), dtype=object)
