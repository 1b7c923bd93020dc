"""A config without what its system would not say, for what a system gives out in its own name.

That is what an outside reader wrote into it, and documents of others: newspapers, campaigns, encyclopedias. All of a
pack for a request is made from this text, so letter, tables and method can cite nothing else.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from placemap.config.yaml_cuts import cut_to
from placemap.config.yaml_tree import parse
from placemap.core.errors import PlacemapError
from placemap.core.files import as_json

#: Where the words of whoever wrote the config stand: what they made of it, and what they read in a document.
OUTSIDE = ("notes", "states")
_EVIDENCE = "evidence"
#: Mappings in which such a word is an id that somebody chose.
_BY_ID = ("footprints", "places")


def public_text(text: str) -> str:
    """The text of a config without its `notes` and `states`, and without documents of third parties.

    All else is as it was, comments too. Where aliases let nothing be cut out, all of it is written anew, as JSON,
    which is YAML.

    Args:
        text: YAML; one that is no config is refused later, where it is read as one.
    """
    value = parse(text, "").value
    wanted = _public(value, _theirs(value))
    shorter = cut_to(text, wanted)
    return shorter if _says(shorter, wanted) else as_json(wanted)


def _theirs(value: Any) -> set[str]:
    """Ids of the documents of third parties."""
    documents = value.get(_EVIDENCE) if isinstance(value, dict) else None
    items = documents.items() if isinstance(documents, dict) else ()
    return {key for key, item in items if isinstance(item, dict) and item.get("third_party") is True}


def _says(text: str, wanted: Any) -> bool:
    try:
        return bool(parse(text, "").value == wanted)
    except PlacemapError:
        return False


def _public(value: Any, others: Container[str], *, ids: bool = False) -> Any:
    """A value without those words and documents.

    Args:
        others: ids of the documents of third parties.
        ids: whether its keys are ids, which may be any word.
    """
    if not isinstance(value, dict):
        return value
    kept = {name: inner for name, inner in value.items() if ids or name not in OUTSIDE}
    return {
        name: _cited(inner, others)
        if name == _EVIDENCE and not ids
        else _public(inner, others, ids=not ids and name in _BY_ID)
        for name, inner in kept.items()
    }


def _cited(value: Any, others: Container[str]) -> Any:
    """The documents of a config, or what a footprint or place names of them, without those of third parties."""
    if isinstance(value, dict):
        return {key: _public(item, others) for key, item in value.items() if key not in others}
    if isinstance(value, list):
        return [key for key in value if not (isinstance(key, str) and key in others)]
    return [] if isinstance(value, str) and value in others else value
