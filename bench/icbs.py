"""A config an ICB of England, places = its LTLAs clipped to it. `icbs.py STORE OUT`."""

import json
import re
import sys
from pathlib import Path

import pandas as pd


def main(store: Path, out: Path) -> None:
    manifest = json.loads((store / "manifest.json").read_text())["defaults"]

    def read(kind: str) -> pd.DataFrame:
        return pd.read_parquet(store / "tables" / f"{kind}-{manifest[kind]}.parquet").set_index("lsoa_code")

    units = read("icb").join([read("sub_icb"), read("ltla")])
    out.mkdir(parents=True, exist_ok=True)
    for (code, ods, name), of in units.groupby(["icb_code", "icb_ods", "icb_name"]):
        subs = of[["sub_icb_ods", "sub_icb_name"]].drop_duplicates().sort_values("sub_icb_ods")
        ltlas = of[["ltla_code", "ltla_name"]].drop_duplicates().sort_values("ltla_code")
        lines = [
            "placemap: 1",
            f"ics:\n  id: {slug(ods)}\n  name: {json.dumps(name)}\n  icb: {{code: {code}, ods: {ods}, vintage: 2024}}",
            "scope:\n  sub_icb: {" + ", ".join(f'"{s}": {json.dumps(n)}' for s, n in subs.to_numpy()) + "}",
            'evidence:\n  made: {title: "Made for a benchmark", publisher: "placemap", date: 2024}',
            "default_footprint: ltlas",
            "footprints:\n  ltlas:\n    name: LTLAs\n    status: proposed\n    grade: B\n    evidence: made\n    places:",
        ]
        for ltla, ltla_name in ltlas.to_numpy():
            lines.append(
                f"      {slug(ltla_name)}:\n        name: {json.dumps(ltla_name)}\n"
                f"        ltla: {{{ltla}: {json.dumps(ltla_name)}}}\n        within: scope"
            )
        (out / f"{slug(ods)}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
