"""What would be fetched to build a system: which downloads, how much, from which hosts. Nothing is asked of a network.

`placemap build` offers this where the tables in use do not hold a system:

    lacks = requirements.incomplete(manifest, footprint)
    plan = plan_for(lacks, months=pinned_months([system]))
    Updater(store, systems=[system]).run(plan.ids)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from placemap.sources.catalogue import load_catalogue
from placemap.sources.download.endpoints import load_endpoints
from placemap.sources.download.targets import Target, all_targets
from placemap.sources.tables.requirements import Requirement, registration_month

#: Services by the way of a download; month pages link to files elsewhere.
_SERVICES = {
    "service": ("arcgis",),
    "nomis": ("nomis",),
    "month page": ("nhs", "nhs_files"),
    "item": ("portal",),
    "report": ("ods",),
}


@dataclass(frozen=True)
class Plan:
    """Downloads that would give some tables.

    Attributes:
        ids: of the downloads, as `data update` takes them.
        titles: what they are, in the same order.
        hosts: that would be asked.
        kilobytes: how much would be transferred, about.
        not_found: tables that no download gives.
    """

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    hosts: tuple[str, ...]
    kilobytes: int
    not_found: tuple[Requirement, ...] = ()

    @property
    def size(self) -> str:
        """How much, for people."""
        return f"{max(1, round(self.kilobytes / 1000))} MB"


def plan_for(
    lacks: Iterable[Requirement],
    months: Iterable[str] = (),
) -> Plan:
    """The downloads that give some tables: of each the vintage that is asked for, else the newest known.

    Args:
        lacks: what is wanted, as `requirements.incomplete` gives it.
        months: of PCN memberships that are pinned; their registrations are fetched, too.
    """
    wanted = sorted(lacks)
    endpoints = load_endpoints()
    every = all_targets(load_catalogue(), [registration_month(month) for month in months], {}, {})
    found = [_targets_of(item, every) for item in wanted]
    picked = {target.id: target for targets in found for target in targets}
    chosen = [picked[id] for id in sorted(picked)]
    services = {service for target in chosen for service in _SERVICES[target.way]}
    hosts = [urlsplit(getattr(endpoints, name)).netloc for name in sorted(services)]
    return Plan(
        ids=tuple(target.id for target in chosen),
        titles=tuple(target.source.titled(target.vintage) for target in chosen),
        hosts=tuple(dict.fromkeys(hosts)),
        kilobytes=sum(_kilobytes(target) for target in chosen),
        not_found=tuple(item for item, targets in zip(wanted, found, strict=True) if not targets),
    )


def gives(target: Target, item: Requirement) -> bool:
    """Whether a download gives a table that a build uses."""
    return (item.kind or item.family) in target.source.gives and item.vintage in ("", target.vintage)


def _targets_of(item: Requirement, every: Sequence[Target]) -> list[Target]:
    if item.family == "ltla_history":  # worked out from lookups of several years
        lookups = [target for target in every if target.way and "ltla" in target.source.gives]
        return [target for target in lookups if not target.unconfirmed]
    if item.family in ("pcns", "pcn_members"):  # all months are worked out from the reports of today
        return [target for target in every if target.way == "report"]
    fits = [target for target in every if target.way and gives(target, item)]
    if item.family == "registrations":
        return fits
    newest = max((target.vintage for target in fits), default="")
    return [target for target in fits if target.vintage == newest]


def _kilobytes(target: Target) -> int:
    """A source that comes as several reports is the size of all of them."""
    return target.source.kilobytes // max(1, len(target.source.reports))
