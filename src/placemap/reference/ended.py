"""Councils that ended, and what came after: LTLAs from the tables, UTLAs from the few facts that the tables leave out.

Counties and unitary authorities that were abolished since 2009 (the Structural Changes Orders of 2008 to 2022, on
legislation.gov.uk; codes as in the ONS Code History Database).
"""

from __future__ import annotations

from dataclasses import dataclass

from placemap.core.text import listed, month
from placemap.reference.geography import Geography


@dataclass(frozen=True)
class Ended:
    """A council that ended.

    Attributes:
        name: its name.
        day: the first day without it, ISO; the last year that it is listed in, where that is all there is.
        successors: code and name of each council that came after.
    """

    name: str
    day: str
    successors: tuple[tuple[str, str], ...]

    def text(self, code: str) -> str:
        """`E10000006 (Cumbria) ended on 1 April 2023; now E06000063 (Cumberland) and …`."""
        when = f"on {month(self.day)}" if len(self.day) > 4 else f"after {self.day}"
        after = listed([f"{code} ({name})" for code, name in self.successors]) if self.successors else ""
        return f"{code} ({self.name}) ended {when}" + (f"; now {after}" if after else "")


UTLAS: dict[str, Ended] = {
    "E10000001": Ended("Bedfordshire", "2009-04-01", (("E06000055", "Bedford"), ("E06000056", "Central Bedfordshire"))),
    "E10000002": Ended("Buckinghamshire", "2020-04-01", (("E06000060", "Buckinghamshire"),)),
    "E10000004": Ended(
        "Cheshire", "2009-04-01", (("E06000049", "Cheshire East"), ("E06000050", "Cheshire West and Chester"))
    ),
    "E10000005": Ended("Cornwall", "2009-04-01", (("E06000052", "Cornwall"),)),
    "E10000006": Ended(
        "Cumbria", "2023-04-01", (("E06000063", "Cumberland"), ("E06000064", "Westmorland and Furness"))
    ),
    "E10000009": Ended(
        "Dorset",
        "2019-04-01",
        (("E06000059", "Dorset"), ("E06000058", "Bournemouth, Christchurch and Poole")),
    ),
    "E10000010": Ended("Durham", "2009-04-01", (("E06000047", "County Durham"),)),
    "E10000021": Ended(
        "Northamptonshire",
        "2021-04-01",
        (("E06000061", "North Northamptonshire"), ("E06000062", "West Northamptonshire")),
    ),
    "E10000022": Ended("Northumberland", "2009-04-01", (("E06000057", "Northumberland"),)),
    "E10000023": Ended("North Yorkshire", "2023-04-01", (("E06000065", "North Yorkshire"),)),
    "E10000026": Ended("Shropshire", "2009-04-01", (("E06000051", "Shropshire"),)),
    "E10000027": Ended("Somerset", "2023-04-01", (("E06000066", "Somerset"),)),
    "E10000033": Ended("Wiltshire", "2009-04-01", (("E06000054", "Wiltshire"),)),
    "E06000028": Ended("Bournemouth", "2019-04-01", (("E06000058", "Bournemouth, Christchurch and Poole"),)),
    "E06000029": Ended("Poole", "2019-04-01", (("E06000058", "Bournemouth, Christchurch and Poole"),)),
}


def ended(kind: str, geography: Geography) -> dict[str, Ended]:
    """The councils of a kind that ended, by code; none for other kinds."""
    if kind == "utla":
        return UTLAS
    if kind != "ltla" or geography.data.find("ltla_history") is None:
        return {}
    newest = max(row.last_year for row in geography.ltla_history)
    found: dict[str, Ended] = {}
    for row in geography.ltla_history:
        if row.last_year < newest:
            before = found.get(row.code, Ended(row.name, str(row.last_year), ()))
            more = [(row.successor, row.successor_name)] if row.successor else []
            found[row.code] = Ended(before.name, before.day, (*before.successors, *more))
    return found
