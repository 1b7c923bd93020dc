"""`placemap foi`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placemap.cli import app
from placemap.cli.common import (
    AsOfOption,
    DataOption,
    FootprintOption,
    Grade,
    JsonOption,
    MeasureOption,
    MinGradeOption,
    VintageOption,
    guarded,
    load,
    message,
    print_json,
)
from placemap.cli.findings import show_checked
from placemap.cli.foi_answers import SmallNumbers, answered, day, request_text
from placemap.cli.foi_verify import verify_pack
from placemap.cli.live import progress, working
from placemap.cli.next_steps import Given
from placemap.cli.on_demand import DownloadOption, can_ask, fetch_missing
from placemap.core.codes import RESIDENTS
from placemap.core.errors import Exit, PlacemapError

if TYPE_CHECKING:
    from placemap.config.model import Footprint, System
    from placemap.outputs.foi.questions import Letter


@app.command()
@guarded
def foi(
    system: Annotated[
        str | None,
        typer.Argument(metavar="SYSTEM", help="A system's name (`placemap list`) or the path of a config."),
    ] = None,
    footprint: FootprintOption = None,
    request: Annotated[
        str, typer.Option("--request", metavar="FILE|TEXT", help="The request, to be quoted; else the usual one.")
    ] = "",
    date: Annotated[
        str, typer.Option("--date", metavar="YYYY-MM-DD", help="Date of the reply; else a field to fill in.")
    ] = "",
    reference: Annotated[str, typer.Option("--reference", metavar="TEXT", help="Your reference of the request.")] = "",
    requester: Annotated[str, typer.Option("--requester", metavar="NAME", help="Who asked.")] = "",
    organisation: Annotated[str, typer.Option("--organisation", metavar="NAME", help="Who replies.")] = "",
    template: Annotated[
        Path | None, typer.Option("--template", metavar="FILE.docx", help="Your letterhead, to write the reply into.")
    ] = None,
    small_numbers: Annotated[
        SmallNumbers,
        typer.Option(
            "--small-numbers", help="Counts of 1 to 7 people: as published, or left blank with what gives them away."
        ),
    ] = SmallNumbers.SHOW,
    min_grade: MinGradeOption = Grade.B,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the pack goes.")] = Path("out"),
    verify: Annotated[
        Path | None,
        typer.Option(
            "--verify", metavar="ZIP", help="Prove that a pack is unaltered, can be remade and hides nothing."
        ),
    ] = None,
    data: DataOption = None,
    measure: MeasureOption = RESIDENTS,
    vintage: VintageOption = None,
    as_of: AsOfOption = "",
    download: DownloadOption = False,
    as_json: JsonOption = False,
) -> int:
    """Make the files that answer a freedom of information request about places: a reply, a workbook, tables, a map.

    Without a system, on a terminal, it asks five questions.

    Example: placemap foi bnssg --date 2026-11-30 --reference FOI-123
    """
    from shlex import quote

    from placemap.commands.foi import Asked, make_foi
    from placemap.commands.workspace import chosen_of, footprints_of, open_workspace
    from placemap.config.find_config import config_path
    from placemap.config.load import other_texts
    from placemap.config.text_rules import seen
    from placemap.config.yaml_tree import read_text
    from placemap.outputs.foi.questions import Letter

    if verify is not None:
        with working(f"remaking {verify.name}"):
            return verify_pack(verify, data, as_json=as_json)
    letter = Letter(day(date), *map(seen, (reference, requester, organisation, request_text(request))))
    guided = system is None
    if system is None:
        system, footprint, letter = _ask(letter)
    declared, path = load(system), config_path(system)
    head = _letterhead(template)
    if not as_of:
        _first_of_all(declared, footprints_of(declared, footprint or []), min_grade, out)
    fetch_missing([declared], data, f"foi {system}", download=download)
    workspace = open_workspace(data, measure, vintages=vintage or [], as_of=as_of)
    found, chosen = chosen_of(workspace, declared, footprint or [])
    if as_of:
        _first_of_all(found, chosen, min_grade, out)
    config, others = read_text(path, str(path)), other_texts(path)
    hide = small_numbers is SmallNumbers.HIDE
    written = []
    for one in progress(chosen, lambda item: f"making the pack of {item.id}"):
        asked = Asked(config, path.name, one.id, letter, head, hide, others)
        written += make_foi(workspace, found, asked, out)
    if as_json:
        print_json([str(path) for path in written])
        return Exit.OK
    typer.echo("\n".join(str(path) for path in dict.fromkeys(written)))
    _say_what_to_send(found, chosen, out, guided=guided)
    show_checked(workspace, found, chosen, Given(system, footprint or [], data, vintage or [], as_of))
    archive = next(path for path in written if path.suffix == ".zip")
    message(f"next: placemap foi --verify {quote(str(archive))}", whole=True)
    return Exit.OK


def _ask(letter: Letter) -> tuple[str, list[str] | None, Letter]:
    if not can_ask():
        raise PlacemapError(
            "name a system, or a pack with --verify",
            hint="`placemap list` shows the systems; on a terminal `placemap foi` asks for what it needs",
            exit_code=Exit.USAGE,
        )
    return answered(letter)


def _letterhead(template: Path | None) -> bytes | None:
    """The template, looked at before anything is fetched or made."""
    if template is None:
        return None
    from placemap.outputs.foi.letterhead import prepared

    try:
        # A pipe may never end.
        content = b"" if template.exists() and not (template.is_file() or template.is_dir()) else template.read_bytes()
    except OSError as error:
        raise PlacemapError(
            f"the template cannot be read: {error.strerror or error}",
            location=str(template),
            hint="give the path of a Word document (.docx)",
        ) from None
    return prepared(content, str(template))


def _first_of_all(system: System, footprints: Sequence[Footprint], least: Grade, out: Path) -> None:
    """Refuse weak evidence, and say what must be checked, before anything is made."""
    from placemap.commands.foi import pack_folder
    from placemap.config.grades import require_grade
    from placemap.outputs.foi.before_you_send import CHECKS, inferred

    for footprint in footprints:
        try:
            require_grade(system, footprint, least.value)
        except PlacemapError as error:
            error.hint += (
                "; a reply in the system's name needs evidence, but --min-grade " + footprint.grade + " makes it"
            )
            raise
    for footprint in footprints:
        places = inferred(footprint)
        if places:
            message(
                f"before you send {footprint.id}: the members of {_how_many(len(places), len(footprint.places))} were "
                "worked out from public documents, not stated by the system\n"
                f"  → check it line by line: {pack_folder(out, system, footprint).with_name(CHECKS)}"
            )


def _how_many(some: int, places: int) -> str:
    if places == 1:
        return "its place"
    return f"all its {places} places" if some == places else f"{some} of its {places} places"


def _say_what_to_send(system: System, footprints: Sequence[Footprint], out: Path, *, guided: bool) -> None:
    from placemap.commands.foi import pack_folder

    message("response.docx has fields in [brackets] to fill in")
    for footprint in footprints if guided else ():
        folder = pack_folder(out, system, footprint)
        message(
            f"attach these three, from {folder.absolute()}:\n"
            "  1. response.docx, with its fields filled in (as PDF, if you can)\n"
            "  2. mapping.xlsx\n"
            "  3. map.png\n"
            f"and keep {folder.name}.zip: `placemap foi --verify` proves with it what you sent"
        )
