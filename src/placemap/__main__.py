"""Entry point of the `placemap` command and of `python -m placemap`."""

from __future__ import annotations

import os
import sys

from placemap.errors import Exit


def main() -> None:
    """Run the command line; always ends the process with an exit code."""
    try:
        from placemap.cli import app

        app(prog_name="placemap")
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")  # before any command began
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe has left (`placemap list | head`): nothing to report, nowhere to report it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.OK)


if __name__ == "__main__":
    main()
