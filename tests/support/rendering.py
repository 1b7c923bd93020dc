"""Office files as LibreOffice renders them: a second opinion, from a program that knows nothing of placemap."""

import re
import shutil
import subprocess

import pytest


def office():
    """The program; skips where there is none."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if not found:
        pytest.skip("LibreOffice is not installed (apt-get install libreoffice-calc libreoffice-writer)")
    return found


def as_pdf(path, folder):
    """A file rendered into `folder` as PDF; its path."""
    # A profile of its own: LibreOffice refuses to run twice on one.
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [office(), profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    made = folder / f"{path.stem}.pdf"
    assert made.is_file(), f"{ran.stdout}\n{ran.stderr}"
    return made


def pages(pdf):
    """The number of pages of a PDF that LibreOffice wrote."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf.read_bytes()))
