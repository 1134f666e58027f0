"""How the embedded PostgreSQL is tuned (数据库参数), each setting with its reason, as its configuration file says."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

MEGABYTE: Final = 1 << 20
CGROUP_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - looked at, never written to
ROOMY_SHARED_MEMORY: Final = 512 * MEGABYTE

FIXED: Final = (
    ("fsync", "on", "an acknowledged message survives a power cut"),
    ("full_page_writes", "on", "a page torn by a power cut is repaired"),
    ("synchronous_commit", "on", "the door answers 200 only for what is on the disk"),
    ("max_connections", "100", "pools of one hub and some commands; each costs memory even when idle"),
    ("max_wal_size", "4GB", "an import must not force a checkpoint every few seconds"),
    ("checkpoint_timeout", "15min", "fewer full pages in the log; recovery still takes seconds to minutes"),
    ("wal_compression", "on", "full pages are most of the log, and processors are quicker than disks"),
    ("random_page_cost", "1.1", "solid-state disks: the default of 4 shuns indexes that would be quicker"),
    ("jit", "off", "compiling costs more than our short queries take"),
    ("work_mem", "16MB", "the lists on the screens sort in memory"),
    ("client_connection_check_interval", "5s", "the query of a killed worker ends, and its row locks with it"),
    ("timezone", "UTC", "times are shown in the reader's zone, never in the server's"),
    ("log_timezone", "UTC", "the same in the log"),
    ("log_line_prefix", "%m [%p] %q%u@%d ", "who said it, when"),
    ("log_error_verbosity", "terse", "details quote row contents: buyers' names do not belong in a log"),
    ("log_parameter_max_length", "0", "nor do the values that statements carry"),
    ("log_startup_progress_interval", "2s", "a long recovery says how far it is"),
    ("password_encryption", "scram-sha-256", "the file of hashes is useless to its thief"),
)


ACCESS_RULES: Final = """\
# Written anew at each start. Your own lines go into custom_hba.conf beside this file.
local all postgres peer map=hub
local replication postgres peer map=hub
local all all scram-sha-256
include_if_exists custom_hba.conf
"""


def memory_bytes() -> int:
    """What this machine, or the container we are in, really has."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [_limit(Path(name)) for name in CGROUP_LIMITS]
    return min([whole, *(limit for limit in limits if limit is not None)])


def _limit(file: Path) -> int | None:
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() and int(text) > 0 else None


def by_memory(memory: int) -> tuple[tuple[str, str, str], ...]:
    """Settings that follow from the memory there is."""
    shared = max(16 * MEGABYTE, min(memory // 4, 1024 * MEGABYTE))
    upkeep = max(16 * MEGABYTE, min(memory // 16, 256 * MEGABYTE))
    return (
        ("shared_buffers", _megabytes(shared), "a quarter of the memory; the hub, imports and screens want the rest"),
        ("effective_cache_size", _megabytes(memory // 2), "what the system's file cache can be trusted to hold"),
        ("maintenance_work_mem", _megabytes(upkeep), "index builds and vacuum, few at a time"),
    )


def _megabytes(size: int) -> str:
    return f"{size // MEGABYTE}MB"


def shared_memory_kind(directory: Path = SHARED_MEMORY) -> tuple[str, str, str]:
    """Containers give /dev/shm 64 MB, on which a parallel query dies half-way; System V memory has no such fence."""
    try:
        status = os.statvfs(directory)
        roomy = status.f_blocks * status.f_frsize >= ROOMY_SHARED_MEMORY
    except OSError:
        roomy = False
    return (
        "dynamic_shared_memory_type",
        "posix" if roomy else "sysv",
        "posix memory where it is roomy: it is the quicker one",
    )


def private(socket_directory: str) -> tuple[tuple[str, str, str], ...]:
    """Nobody reaches the server but through the socket, and nobody the socket but its owner and root."""
    return (
        ("listen_addresses", "", "no network"),
        ("unix_socket_directories", socket_directory, "private to the user who runs the server"),
        ("unix_socket_permissions", "0700", "the same once more"),
        ("port", "5432", "only the socket's name"),
        ("cluster_name", "fenghe", "how the process list names it"),
    )


def configuration(socket_directory: str, overrides: Mapping[str, str]) -> str:
    """The configuration file: ours, then the caller's, then the operator's `custom.conf`, the last word winning."""
    ours = (*private(socket_directory), *FIXED, *by_memory(memory_bytes()), shared_memory_kind())
    lines = ["# Written anew at each start. Your own settings go into custom.conf beside this file."]
    lines += [f"{name} = {_quoted(value)}  # {why}" for name, value, why in ours]
    lines += [f"{name} = {_quoted(value)}" for name, value in overrides.items()]
    return "\n".join([*lines, "include_if_exists 'custom.conf'", ""])


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def access_rules() -> str:
    """The superuser only for the hub's own operating-system user, on the system's word; all others by password."""
    return ACCESS_RULES


def identity_map(hub_user: str) -> str:
    """Which operating-system user may be the superuser."""
    return f'hub "{hub_user}" postgres\n'
