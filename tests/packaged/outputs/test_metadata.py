"""Metadata for machines, held to validators that are not ours: csvw (CSV on the Web) and frictionless."""

import json
import shutil
import warnings

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the validators' dependencies are not ours to mend
    import csvw
    import frictionless

FOOTPRINTS = [
    ("bnssg", "localities"),
    ("norfolk-and-waveney", "option-6"),
    ("lancashire-and-south-cumbria", "places-2022"),
]


@pytest.fixture(scope="module")
def folder(workspace, system, tmp_path_factory):
    from placemap.commands.build import build

    out = tmp_path_factory.mktemp("built")

    def made(name, footprint):
        found = system(name)
        if not (out / name / footprint).is_dir():
            build(workspace, found, found.footprints[footprint], out)
        return out / name / footprint

    return made


def csvw_complaints(path):
    with warnings.catch_warnings():
        warnings.simplefilter("always")  # the validator collects its complaints as warnings
        found = csvw.CSVW(str(path), validate=True)
        return [] if found.is_valid else [str(item.message) for item in found.warnings] or ["not valid"]


def frictionless_complaints(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return frictionless.Package(str(path)).validate().flatten(["type", "note"])


@pytest.mark.parametrize(("name", "footprint"), FOOTPRINTS)
def test_csvw_is_valid(name, footprint, folder):
    assert csvw_complaints(folder(name, footprint) / "metadata.json") == []


@pytest.mark.parametrize(("name", "footprint"), FOOTPRINTS)
def test_data_package_is_valid(name, footprint, folder):
    assert frictionless_complaints(folder(name, footprint) / "datapackage.json") == []


def test_the_validators_see_a_wrong_figure(folder, tmp_path):
    copy = shutil.copytree(folder("bnssg", "localities"), tmp_path / "copy")
    places = copy / "places.csv"
    places.write_text(places.read_text(encoding="utf-8").replace(",75,143137,", ",seventy,143137,"), encoding="utf-8")
    assert csvw_complaints(copy / "metadata.json") != []
    kinds = {kind for kind, _ in frictionless_complaints(copy / "datapackage.json")}
    assert {"type-error", "hash-count"} & kinds


def test_the_validators_see_a_missing_column(folder, tmp_path):
    copy = shutil.copytree(folder("bnssg", "localities"), tmp_path / "copy")
    metadata = json.loads((copy / "metadata.json").read_text(encoding="utf-8"))
    del metadata["tables"][0]["tableSchema"]["columns"][3]
    (copy / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    assert csvw_complaints(copy / "metadata.json") != []


@pytest.mark.parametrize(("name", "footprint"), FOOTPRINTS)
def test_every_column_is_described_the_same_everywhere(name, footprint, folder):
    built = folder(name, footprint)
    on_web = {
        table["url"]: {column["name"]: column["dc:description"] for column in table["tableSchema"]["columns"]}
        for table in json.loads((built / "metadata.json").read_text(encoding="utf-8"))["tables"]
    }
    package = {
        resource["path"]: {field["name"]: field["description"] for field in resource["schema"]["fields"]}
        for resource in json.loads((built / "datapackage.json").read_text(encoding="utf-8"))["resources"]
    }
    assert on_web == package
    assert set(on_web) == {path.name for path in built.glob("*.csv")}
    readme = (built / "README.md").read_text(encoding="utf-8")
    for file, columns in on_web.items():
        header = (built / file).read_text(encoding="utf-8").split("\n", 1)[0].split(",")
        assert list(columns) == header
        for column, description in columns.items():
            assert description
            assert f"| {column} | {description} |" in readme


def test_hashes_are_those_of_the_files(folder):
    import hashlib

    built = folder("bnssg", "localities")
    for resource in json.loads((built / "datapackage.json").read_text(encoding="utf-8"))["resources"]:
        content = (built / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_a_second_build_replaces_the_first(folder, workspace, system):
    """The descriptor is among the files that a build knows as its own."""
    from placemap.commands.build import BuildOptions, build

    built = folder("bnssg", "localities")
    before = (built / "datapackage.json").read_bytes()
    found = system("bnssg")
    build(workspace, found, found.footprints["localities"], built.parents[1], BuildOptions(outlines=True))
    build(workspace, found, found.footprints["localities"], built.parents[1])
    assert (built / "datapackage.json").read_bytes() == before
    assert not (built / "place_boundaries.gpkg").exists()
