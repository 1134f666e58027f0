"""Locks on files (文件锁), which the system releases when the holder dies, however it dies."""

import fcntl
import os
from pathlib import Path


def find_lock(path: Path, *, shared: bool = False) -> int | None:
    """Take the lock if it is free; the descriptor holds it until it is closed in each process that inherited it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
