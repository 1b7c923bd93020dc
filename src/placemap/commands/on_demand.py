"""Tables that a system needs and that are not at hand: what would be fetched, and the fetching."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from placemap.config.model import Footprint, System
from placemap.core.errors import PlacemapError
from placemap.core.text import some
from placemap.reference.open_store import ENVIRONMENT, cache_folder, open_store, store_folder
from placemap.reference.store import MANIFEST, Manifest

if TYPE_CHECKING:
    from placemap.sources.plan import Plan
    from placemap.sources.update_report import UpdateReport

#: Systems, or hosts, that a message names one by one.
_SHOWN = 3


@dataclass(frozen=True)
class Offer:
    """What could be fetched.

    Attributes:
        systems: those that the tables in use do not hold.
        plan: the downloads.
        store: the folder that they go to.
        named: the user named this store.
        elsewhere: the tables in use are those of other systems, so that nothing can be done without a download; else
            they only lack some, which the checks report, too.
    """

    systems: tuple[System, ...]
    plan: Plan
    store: Path
    named: bool
    elsewhere: bool

    @property
    def text(self) -> str:
        """What would be fetched, why, how much, and from where."""
        names = some([system.name for system in self.systems], _SHOWN)
        one = len(self.systems) == 1
        what = (
            f"{'is' if one else 'are'} not in the tables in use" if self.elsewhere else f"need{'s' * one} more tables"
        )
        count = f"{len(self.plan.ids)} download{'s' if len(self.plan.ids) > 1 else ''}"
        return (
            f"{names} {what}. What is missing, for all England, is {count} of about "
            f"{self.plan.size} together from {', '.join(self.plan.hosts)}"
        )


def can_be_built(system: System, footprint: Footprint, manifest: Manifest) -> bool:
    """Whether a store has what a footprint needs."""
    if manifest.covers:
        return system.icb_code in manifest.covers
    from placemap.sources.tables.requirements import missing

    return not missing(manifest, footprint)


def offer_for(systems: Sequence[System], data: Path | None) -> Offer | None:
    """What could be fetched so that systems can be built by default; None where they can, or nothing is to be had.

    A store that the user named is brought up to date itself, unless it is an extract, which holds no more than it
    was cut for; the packaged tables stay as they are, and what is fetched goes to the user's own store.
    """
    folder = store_folder(data)
    manifest = open_store(folder).manifest
    defaults = [(system, system.footprints[system.default_footprint]) for system in systems]
    lacking = [(s, footprint) for s, footprint in defaults if not can_be_built(s, footprint, manifest)]
    named = data is not None or bool(os.environ.get(ENVIRONMENT))
    if not lacking or (named and manifest.covers):
        return None
    # Most systems that are asked for can be built, and do not wait for what knows the network.
    from placemap.sources.plan import plan_for
    from placemap.sources.tables.requirements import incomplete, pinned_months

    store = folder if named else cache_folder()
    held = open_store(store).manifest if (store / MANIFEST).is_file() else None
    lacks = {item for _, footprint in lacking for item in incomplete(held, footprint)}
    found = tuple(system for system, _ in lacking)
    plan = plan_for(lacks, pinned_months(found))
    return Offer(found, plan, store, named, bool(manifest.covers)) if plan.ids else None


def fetch(offer: Offer, progress: Callable[[str, int, int], None]) -> UpdateReport:
    """Fetch what was offered.

    Raises:
        PlacemapError: the store cannot be written. A download that fails raises nothing.
    """
    from placemap.commands.data import client_of, shipped_systems
    from placemap.sources.update import Updater

    systems = {system.config_sha256: system for system in (*shipped_systems(), *offer.systems)}
    return Updater(offer.store, client_of(None), systems=tuple(systems.values())).run(offer.plan.ids, {}, progress)


def require_fetched(offer: Offer, report: UpdateReport) -> None:
    """Go on only with all that the systems need.

    Raises:
        PlacemapError: something did not come.
    """
    from placemap.sources.tables.requirements import missing

    manifest = report.manifest
    still = [
        item.label
        for system in offer.systems
        for item in missing(manifest, system.footprints[system.default_footprint])
    ]
    if still:
        raise PlacemapError(
            f"not all could be fetched; still missing: {some(list(dict.fromkeys(still)), _SHOWN)}",
            location=str(offer.store),
            hint="`placemap data update` tries all again and says what to do by hand; what came is kept",
        )
