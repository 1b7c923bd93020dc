"""A PostgreSQL server of the tests' own: in a temporary folder, on a free port of 127.0.0.1, with a password."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

PASSWORD = "p@ss:w/rd#7"  # noqa: S105


@dataclass(frozen=True)
class Server:
    """Where it listens, and its superuser `owner`."""

    port: int

    def url(self, user="owner", password=PASSWORD, database="postgres"):
        """Its address."""
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def connect(self):
        """A connection of the superuser, each statement by itself."""
        import psycopg

        return psycopg.connect(self.url(), autocommit=True)


def programs() -> Path | None:
    """The folder with `initdb` and `postgres`; None where PostgreSQL is not installed."""
    on_path = shutil.which("postgres")
    places = [Path(on_path).resolve().parent] if on_path else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in places if (folder / "initdb").exists()), None)


def other_user() -> dict:
    """Who to be: PostgreSQL does not run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextmanager
def running(binaries: Path):
    """A server, until the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="placemap-postgres-"))
    who = other_user()
    if who:
        os.chown(folder, who["user"], who["group"])
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o644)
    how = {**who, "cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(folder)}}
    try:
        subprocess.run(
            [
                binaries / "initdb",
                "--pgdata=data",
                "--username=owner",
                "--auth=scram-sha-256",
                "--pwfile=password",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
            ],
            check=True,
            capture_output=True,
            timeout=60,
            **how,
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
        options = [f"-c{name}={value}" for name, value in settings.items()]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen([binaries / "postgres", "-D", "data", *options], stdout=log, stderr=log, **how)
        try:
            _wait(process, port, folder / "log")
            yield Server(port)
        finally:
            process.terminate()
            process.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process, port, log):
    import psycopg

    for _ in range(300):
        if process.poll() is not None:
            raise AssertionError(log.read_text())
        try:
            Server(port).connect().close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text())
