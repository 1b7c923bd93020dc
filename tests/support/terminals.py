"""A terminal of a given width, with a command in it."""

import os
import subprocess
import sys

import pytest


def in_terminal(*args, width, cwd, env):
    """What `placemap` prints on a terminal, as lines, with its exit code."""
    pty = pytest.importorskip("pty", reason="needs a terminal of a Unix kind")
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    command = [sys.executable, "-m", "placemap", *map(str, args)]
    plain = {key: value for key, value in env.items() if key not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TERM")}
    running = subprocess.Popen(
        command, cwd=cwd, env={"TERM": "xterm", **plain}, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    written = b""
    while part := _read(ours):
        written += part
    os.close(ours)
    return running.wait(timeout=60), written.decode().replace("\r\n", "\n").splitlines()


def _read(end):
    try:
        return os.read(end, 65536)
    except OSError:  # how Linux tells that the last writer has left
        return b""
