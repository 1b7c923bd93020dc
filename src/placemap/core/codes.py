"""Kinds of units and the shapes of their codes. Codes are text; a code's shape tells its kind."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A kind of unit that a place can be declared from, or that a lookup gives.

    Attributes:
        id: name in configs and in column names inside placemap (`ltla_code`).
        label: what people call one of them; `plural` is for several.
        pattern: shape of its code.
        example: a real code, for messages.
        patients: True where it is a set of practices rather than an area.
        prefix: start of the published column names (`LAD` in `LAD24CD`).
        ods: shape of the NHS code that may stand for the GSS code, if any.
    """

    id: str
    label: str
    plural: str
    pattern: re.Pattern[str]
    example: str
    patients: bool = False
    prefix: str = ""
    ods: re.Pattern[str] | None = None

    @property
    def one(self) -> str:
        """The label with its article: `an LSOA`, `a UTLA`, as they are spoken."""
        return f"{'an' if self.label[0] in 'LMI' else 'a'} {self.label}"

    def accepts(self, code: str) -> bool:
        """Whether `code` has the shape of this kind's codes."""
        return bool(self.pattern.fullmatch(code)) or bool(self.ods and self.ods.fullmatch(code))


# ODS codes of sub-ICB locations and ICBs: three characters until 2022 (`15C`), five for newer bodies (`T6Y0W`).
_ODS_BODY = re.compile(r"[0-9A-Z]{3}(?:[0-9A-Z]{2})?")

KINDS: dict[str, Kind] = {
    kind.id: kind
    for kind in (
        Kind("lsoa", "LSOA", "LSOAs", re.compile(r"E01\d{6}"), "E01014485", prefix="LSOA"),
        Kind("msoa", "MSOA", "MSOAs", re.compile(r"E02\d{6}"), "E02003012", prefix="MSOA"),
        Kind("ward", "ward", "wards", re.compile(r"E05\d{6}"), "E05010885", prefix="WD"),
        Kind("ltla", "LTLA", "LTLAs", re.compile(r"E0[6-9]\d{6}"), "E06000023", prefix="LAD"),
        Kind("utla", "UTLA", "UTLAs", re.compile(r"E(?:06|08|09|10)\d{6}"), "E10000017", prefix="UTLA"),
        Kind(
            "sub_icb",
            "sub-ICB location",
            "sub-ICB locations",
            re.compile(r"E38\d{6}"),
            "15C",
            prefix="SICBL",
            ods=_ODS_BODY,
        ),
        Kind("icb", "ICB", "ICBs", re.compile(r"E54\d{6}"), "E54000039", prefix="ICB", ods=_ODS_BODY),
        Kind("pcn", "PCN", "PCNs", re.compile(r"U\d{5}"), "U16600", patients=True, prefix="PCN"),
        Kind(
            "practice",
            "practice",
            "practices",
            re.compile(r"[A-TV-Z]\d{5}"),
            "L81036",
            patients=True,
            prefix="PRACTICE",
        ),
    )
}

#: The vintage of the LSOAs that everything resolves to, that of the LSOAs before them, and the first code that was new.
LSOA_VINTAGE, OLD_LSOA_VINTAGE, FIRST_NEW_LSOA = "2021", "2011", "E01033769"
#: Residents by LSOA and by old LSOA: what splits and merges are weighed by, and crosswalks unless another is asked for.
RESIDENTS, OLD_RESIDENTS = "residents_2021", "residents_mid_2019"
#: ICBs and their sub-ICB locations began on this day; E38 codes of earlier vintages are clinical commissioning groups.
ICBS_FROM = "2022-07-01"

MEMBER_KINDS: tuple[str, ...] = ("lsoa", "msoa", "ward", "ltla", "utla", "sub_icb", "pcn", "practice")
AREA_KINDS: tuple[str, ...] = tuple(kind for kind in MEMBER_KINDS if not KINDS[kind].patients)
#: A place of another footprint, as a member: `footprint/place`. Only configs know such codes, so it is none of KINDS.
PLACE = Kind("place", "place", "places", re.compile(r"[a-z0-9-]+/[a-z0-9-]+"), "neighbourhoods/north")
DECLARED_KINDS: tuple[str, ...] = (*MEMBER_KINDS, PLACE.id)


def kinds_of(code: str) -> list[Kind]:
    """The kinds whose codes look like `code`, GSS shapes before NHS ones; empty where none does."""
    exact = [kind for kind in KINDS.values() if kind.pattern.fullmatch(code)]
    return exact or [kind for kind in KINDS.values() if kind.accepts(code)]


def is_day(vintage: str) -> bool:
    """Whether a vintage is a day (`2022-04-01`) rather than a month or a year."""
    return vintage.count("-") > 1


def month_of(vintage: str) -> str:
    """`2022-08` for a day or month of it; a year as it is."""
    return "-".join(vintage.split("-")[:2])


def is_ccg(kind: str, vintage: str) -> bool:
    """Whether units of a kind and vintage are clinical commissioning groups, which sub-ICB locations were before."""
    return kind == "sub_icb" and "" < vintage[:4] < ICBS_FROM[:4]


def published_prefix(kind: str, vintage: str) -> str:
    """Start of the published column names: `LAD24` for LTLAs of 2024, `CCG19` for the CCGs of 2019."""
    return f"{'CCG' if is_ccg(kind, vintage) else KINDS[kind].prefix}{vintage[2:4]}"


def normal_name(name: str) -> str:
    """A name as it is compared: case-folded, white space collapsed, endings that people leave out left out.

    ONS calls councils "Bristol, City of" and "Herefordshire, County of"; ODS ends the names of networks on "PCN".
    """
    folded = " ".join(name.split()).casefold()
    for ending in (" pcn", ", city of", ", county of"):
        folded = folded.removesuffix(ending)
    return folded


# --- codes in people's tables ----------------------------------------------------------------------------------------

#: Words for "no code" that files hold; NO2011, NO2021 and CLOSED are NHS England's for patients without an LSOA.
NO_CODE = frozenset({"", "NO2011", "NO2021", "CLOSED", "NA", "N/A", "NAN", "NULL", "NONE", "-", "UNKNOWN", "E99999999"})
#: Postcodes end in letters that cannot be misread; so `WD24CD` is none, but the title of a column. The NHS's own, which
#: stand for no address, begin with ZZ99.
POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}|ZZ99 ?\d[A-Z]Z")
_CERTAIN = re.compile(r"[EWSNLMJK]\d{8}|95[A-Z]{2}\d{2}[A-Z]\d|[A-Z]\d{5}")
#: Old and new NHS codes of sub-ICB locations and ICBs; no English word has such a shape.
_BODY = re.compile(r"\d{2}[A-Z]|[A-Z]\d[A-Z]\d[A-Z]|Q[A-Z0-9]{2}")


def is_code(text: str) -> bool:
    """Whether a cell is certainly a code, by its shape alone: a GSS code, an ODS code of a letter and five digits, or a
    postcode.
    """
    text = text.strip().upper()
    return bool(_CERTAIN.fullmatch(text) or POSTCODE.fullmatch(text))


def is_body(text: str) -> bool:
    """Whether a cell may be the NHS code of a sub-ICB location or ICB, such as `15C`."""
    return bool(_BODY.fullmatch(text.strip().upper()))
