"""The profile of a footprint: imported figures by place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from placemap.apply.profile import Profile, profile_of, with_small_counts_said
from placemap.apply.publish_profile import published
from placemap.apply.publish_rule import PublishRule
from placemap.commands.workspace import Workspace
from placemap.config.model import Footprint, System
from placemap.reference.profiles import profile_tables


def make_profiles(
    workspace: Workspace,
    footprints: Iterable[tuple[System, Footprint]],
    only: Sequence[str] = (),
    rule: PublishRule | None = None,
) -> list[Profile]:
    """By footprint the figures of its places, of its system and, where all of it is there, of England.

    Args:
        only: names of measures; all that were imported where it is empty.
        rule: how counts are published; all footprints are taken to be published together.

    Raises:
        PlacemapError: a footprint has errors, there are no such figures, or small counts cannot be hidden.
    """
    tables = list(profile_tables(workspace.geography.data, only))
    profiles = [profile_of(workspace.check(*one).without_errors(), tables) for one in footprints]
    return published(profiles, tables, rule) if rule else [with_small_counts_said(profile) for profile in profiles]
