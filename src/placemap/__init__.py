"""placemap: an integrated care system's places, in ONS geography, with the proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placemap.core.installed import __version__

if TYPE_CHECKING:
    from placemap.api import Places, load, load_england
    from placemap.apply.run import Applied
    from placemap.core.errors import PlacemapError

__all__ = ["Applied", "PlacemapError", "Places", "__version__", "load", "load_england"]

_FROM = {
    "Applied": "placemap.api",
    "Places": "placemap.api",
    "load": "placemap.api",
    "load_england": "placemap.api",
    "PlacemapError": "placemap.core.errors",
}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for, so that `import placemap` stays light."""
    if name not in _FROM:
        raise AttributeError(f"module 'placemap' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_FROM[name]), name)


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
