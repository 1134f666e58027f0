"""The database fixtures, for the tests of the database itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fenghe.kernel.database.place import Place


@pytest.fixture(autouse=True)
def _swept(tmp_path: Path) -> Iterator[None]:
    """A killed hub leaves its socket directory to the next one; in a test there may be no next one."""
    yield
    for address in tmp_path.rglob("server.json"):
        Place(address.parent).drop_socket_directory()
