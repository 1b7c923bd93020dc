"""The profile of a footprint: imported figures by place."""

from __future__ import annotations

from collections.abc import Sequence

from placemap.apply.profile import Profile, profile_of
from placemap.commands.workspace import Workspace
from placemap.config.model import Footprint, System
from placemap.reference.profiles import profile_tables


def make_profile(workspace: Workspace, system: System, footprint: Footprint, only: Sequence[str] = ()) -> Profile:
    """The figures of a footprint's places, of its system and, where all of it is there, of England.

    Args:
        only: names of measures; all that were imported where it is empty.

    Raises:
        PlacemapError: the footprint has errors, or there are no such figures.
    """
    resolved = workspace.check(system, footprint).without_errors()
    return profile_of(resolved, profile_tables(resolved.geography.data, only))
