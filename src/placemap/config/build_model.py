"""A sound config's values → `model.System`, with the position of everything that findings speak of."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from placemap.config.model import Accept, Evidence, Expect, Footprint, Member, Place, Placeholder, Scope, System
from placemap.config.schema import SYSTEMS_OF
from placemap.config.text_rules import TO_FILL_IN, texts
from placemap.config.yaml_tree import KeyPath, YamlTree
from placemap.core.codes import DECLARED_KINDS, MEMBER_KINDS

Vintages = Mapping[str, str]
Values = Mapping[str, Any]


def system_of(tree: YamlTree) -> System:
    """The system that a config declares; the tree must have no error of shape, code or reference."""
    return _Reader(tree).system()


class _Reader:
    """Builds the frozen model; positions come from the tree."""

    def __init__(self, tree: YamlTree) -> None:
        self.tree = tree

    def system(self) -> System:
        config = self.tree.value
        vintages = _vintages(config, {})
        scope = self.scope(config["scope"], ("scope",), vintages)
        ics, icb = config["ics"], config["ics"]["icb"]
        return System(
            id=ics["id"],
            name=_text(ics, "name"),
            icb_code=icb["code"],
            icb_ods=icb["ods"],
            icb_vintage=_text(icb, "vintage"),
            evidence={key: self.evidence(key, item) for key, item in sorted((config["evidence"] or {}).items())},
            notes=_text(config, "notes"),
            default_footprint=config["default_footprint"],
            footprints={
                key: self.footprint(key, footprint, scope, vintages)
                for key, footprint in sorted(config["footprints"].items())
            },
            config_sha256=_content_hash(config),
            loc=self.tree.loc(("ics",)),
            placeholders=self.placeholders(),
            note_public=_text(config, "note_public"),
            systems_of=self.systems_of(config, ()),
        )

    def placeholders(self) -> tuple[Placeholder, ...]:
        found = [path for path, text in texts(self.tree.value) if TO_FILL_IN.lower() in text.lower()]
        return tuple(Placeholder(str(path[-1]), self.tree.value_loc(path)) for path in found)

    def evidence(self, key: str, item: Values) -> Evidence:
        fields = ("title", "publisher", "date", "url", "accessed", "states")
        said = {field: _text(item, field) for field in fields}
        loc = self.tree.loc(("evidence", key))
        return Evidence(key, **said, loc=loc, third_party=bool(item.get("third_party")))

    def footprint(self, key: str, item: Values, scope: Scope, outer: Vintages) -> Footprint:
        path: KeyPath = ("footprints", key)
        vintages = _vintages(item, outer)
        return Footprint(
            id=key,
            name=_text(item, "name"),
            status=item["status"],
            grade=item["grade"],
            basis=_basis(item, "stated"),
            evidence=_keys(item),
            notes=_text(item, "notes"),
            scope=self.scope(item["scope"], (*path, "scope"), vintages) if item.get("scope") is not None else scope,
            places=tuple(self.place(path, place_id, item, vintages) for place_id in sorted(item["places"])),
            accepts=self.accepts(item, path),
            vintages=dict(vintages),
            valid_from=_day(item, "valid_from"),
            valid_to=_day(item, "valid_to"),
            loc=self.tree.loc(path),
            inside=_inside(item),
            tier=_text(item, "tier"),
            note_public=_text(item, "note_public"),
        )

    def place(self, above: KeyPath, key: str, footprint: Values, outer: Vintages) -> Place:
        item = footprint["places"][key]
        path = (*above, "places", key)
        vintages = _vintages(item, outer)
        within = item.get("within")
        return Place(
            id=key,
            name=_text(item, "name"),
            members=self.members(item, path, vintages),
            exclude=self.members(item.get("exclude"), (*path, "exclude"), vintages),
            within=self.members(within if isinstance(within, dict) else None, (*path, "within"), vintages),
            within_scope=within == "scope",
            expects=self.expects(item, path),
            accepts=self.accepts(item, path),
            basis=_basis(item, _basis(footprint, "stated")),
            evidence=_keys(item) or _keys(footprint),
            notes=_text(item, "notes"),
            loc=self.tree.loc(path),
            parent=_text(item, "parent") or (_inside(footprint) or ("", ""))[1],
            systems_of=self.systems_of(item, path),
            valid_from=_day(item, "valid_from"),
            valid_to=_day(item, "valid_to"),
            succeeded_by=self.successors(item),
            succeeded_at=tuple(
                self.tree.value_loc((*path, "succeeded_by", code)) for code in _listed(item.get("succeeded_by"))
            ),
        )

    def systems_of(self, item: Values, path: KeyPath) -> tuple[Member, ...]:
        keys = sorted(key for key in item if re.fullmatch(SYSTEMS_OF, key))
        return tuple(
            Member("icb", code, name.strip(), key.rpartition("_")[2], self.tree.loc((*path, key, code)))
            for key in keys
            for code, name in sorted(item[key].items())
        )

    def successors(self, item: Values) -> tuple[str, ...]:
        system = self.tree.value["ics"]["id"]
        found = _listed(item.get("succeeded_by"))
        return tuple(code if code.count("/") > 1 else f"{system}/{code}" for code in found)

    def scope(self, item: Values, path: KeyPath, outer: Vintages) -> Scope:
        vintages = _vintages(item, outer)
        footprint, _, place = _text(item, "place").partition("/")
        return Scope(
            include=self.members({**item, "place": None}, path, vintages),
            exclude=self.members(item.get("exclude"), (*path, "exclude"), vintages),
            place=(footprint, place) if place else None,
            loc=self.tree.loc(path),
        )

    def members(self, units: Values | None, path: KeyPath, outer: Vintages) -> tuple[Member, ...]:
        if units is None:
            return ()
        vintages = _vintages(units, outer)
        found = []
        for kind in DECLARED_KINDS:
            codes = units.get(kind) or {}
            names = codes if isinstance(codes, dict) else dict.fromkeys(codes)
            for code, name in sorted(names.items()):
                tidy = name.strip() if name is not None else None
                found.append(Member(kind, code, tidy, vintages.get(kind), self.tree.loc((*path, kind, code))))
        return tuple(found)

    def expects(self, item: Values, path: KeyPath) -> tuple[Expect, ...]:
        return tuple(
            Expect(
                _text(expect, "measure"),
                float(expect["value"]),
                float(expect.get("within_pct") or 0),
                self.tree.value_loc((*path, "expect", index)),
            )
            for index, expect in enumerate(item.get("expect", ()))
        )

    def accepts(self, item: Values, path: KeyPath) -> tuple[Accept, ...]:
        return tuple(
            Accept(
                _text(accept, "finding"),
                subject.strip(),
                _text(accept, "reason"),
                self.tree.value_loc((*path, "accept", index, *below)),
            )
            for index, accept in enumerate(item.get("accept", ()))
            for subject, below in _subjects(accept["subject"])
        )


def _text(item: Values, key: str) -> str:
    """Text without white space around it, empty where there is none; YAML reads a bare year as a number."""
    value = item.get(key)
    if isinstance(value, str):
        return value.strip()
    return "" if value is None else str(int(value))


def _basis(item: Values, otherwise: str) -> str:
    return item.get("basis") or otherwise


def _keys(item: Values) -> tuple[str, ...]:
    """Keys of evidence: one, or a list of them."""
    return _listed(item.get("evidence"))


def _listed(value: str | list[str] | None) -> tuple[str, ...]:
    """One text, or a list of them, or none."""
    return tuple(text.strip() for text in ([value] if isinstance(value, str) else value or ()))


def _inside(footprint: Values) -> tuple[str, str] | None:
    """The footprint that one lies inside, and the place of it where it is only one."""
    outer, _, place = _text(footprint, "inside").partition("/")
    return (outer, place) if outer else None


def _subjects(value: str | list[str]) -> list[tuple[str, KeyPath]]:
    """The subjects of a waiver, each with where it stands below it: nowhere, or in the list."""
    return [(value, ())] if isinstance(value, str) else [(subject, ("subject", subject)) for subject in value]


def _day(item: Values, key: str) -> date | None:
    return date.fromisoformat(item[key]) if item.get(key) else None


def _vintages(item: Values, outer: Vintages) -> dict[str, str]:
    """Vintages by kind: those given on `item`, then those of what it stands in."""
    own = {kind: _text(item, f"{kind}_vintage") for kind in MEMBER_KINDS}
    return {**outer, **{kind: vintage for kind, vintage in own.items() if vintage}}


def _content_hash(value: Any) -> str:
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
