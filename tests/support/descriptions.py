"""Descriptions of places in units, read as sets."""


def expanded(terms, geography) -> set[int]:
    """The LSOAs of a description, by position: a unit is its LSOAs, `less` takes away."""
    result = set()
    for term in terms:
        units = geography.units(term.kind)
        result |= set(units.lsoas(units.position(term.code)).tolist()) - expanded(term.less, geography)
    return result
