"""Workspaces on the toy county's tables, some of them changed, without any file."""

from placemap.commands.workspace import Workspace
from placemap.core.columns import columns_of
from placemap.reference.geography import Geography
from placemap.reference.store import Manifest, ReferenceData


def workspace(base, **changed) -> Workspace:
    """A workspace on a manifest and its tables, with others in the place of some."""
    manifest, tables = base
    tables = {**tables, **changed}
    data = ReferenceData(
        Manifest(manifest.tables, manifest.defaults), lambda entry: columns_of(tables[entry.name]), "toy"
    )
    return Workspace(Geography(data))
