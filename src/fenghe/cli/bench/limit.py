"""The machine's own limit: 32 connections committing one row each as fast as they can (pgbench, prepared)."""

import subprocess
import tempfile

from fenghe.cli.bench import store
from fenghe.kernel.database.binaries import program


def single_row_commits(owner_url: str, *, seconds: int, connections: int = 32) -> float:
    """Rows committed per second, one row a commit, on the same server with the same settings."""
    store.prepare_limit(owner_url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(store.LIMIT_SCRIPT)
        file.flush()
        options = ("-n", "-M", "prepared", "-c", str(connections), "-j", "2", "-T", str(seconds), "-f", file.name)
        command = [program("pgbench"), *options, owner_url]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
    line = next(line for line in ran.stdout.splitlines() if line.startswith("tps"))
    return float(line.split()[2])
