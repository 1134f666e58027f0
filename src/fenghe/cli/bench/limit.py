"""The machine's own limit: 32 connections committing one row each as fast as they can (pgbench, prepared)."""

import subprocess
import tempfile

import msgspec

from fenghe.cli.bench import cpu, store
from fenghe.kernel.database.binaries import program


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """Rows committed per second, and the processor time of one: server and client together."""

    per_second: float
    cpu_us: float | None


def single_row_commits(owner_url: str, *, seconds: int, connections: int = 32) -> Limit:
    """One row a commit, on the same server with the same settings."""
    store.prepare_limit(owner_url)
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(store.LIMIT_SCRIPT)
        file.flush()
        options = ("-n", "-M", "prepared", "-c", str(connections), "-j", "2", "-T", str(seconds), "-f", file.name)
        command = [program("pgbench"), *options, owner_url]
        before = cpu.seconds()
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
    line = next((line for line in ran.stdout.splitlines() if line.startswith("tps")), "")
    if not line:
        raise RuntimeError(f"pgbench named no rate: {ran.stdout} {ran.stderr}")
    per_second = float(line.split()[2])
    return Limit(per_second=per_second, cpu_us=cpu.per_unit_us(before, per_second * seconds))
