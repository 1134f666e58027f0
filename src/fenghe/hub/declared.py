"""Declarations in force, cached by a worker until something is published."""

from typing import Any

from psycopg import Connection

from fenghe.hub.money_plan import STATEMENT_LAYOUT
from fenghe.kernel.declarations import store
from fenghe.logistics.declared import FUSE, HEARTBEAT, MAPPING, heartbeat_of, mapping_of, policy_of
from fenghe.logistics.heartbeat import HeartbeatPolicy
from fenghe.logistics.mapping import Mapping, shipped_mapping
from fenghe.logistics.policy import FusePolicy


class Declared:
    """What decides right now. `refresh` costs one index look-up when nothing was published."""

    def __init__(self) -> None:
        self._newest = -1
        self._mappings: dict[str, tuple[Mapping, int]] = {}
        self._fuses: dict[str, tuple[int, Any]] = {}
        self._beats: dict[str, tuple[int, Any]] = {}
        self._policies: dict[str | None, tuple[FusePolicy, str]] = {}
        self.policy_bodies: dict[tuple[str, int], Any] = {}
        """Every fuse policy ever published, by name and version."""
        self.subscribed = False
        """Has any carrier been asked to push? Otherwise nobody waits to hear that one did. Told by the worker."""
        self.statement_layouts: dict[str, Any] = {}
        """Layouts of statements that users made, by name."""

    def refresh(self, connection: Connection[Any]) -> bool:
        """Load what was published since the last look; whether there was anything."""
        newest = store.newest_id(connection)
        if newest == self._newest:
            return False
        published = store.in_force(connection)
        self._mappings = {
            one.name: (mapping_of(one.name, one.body), one.version) for one in published if one.kind == MAPPING
        }
        self._fuses = {one.name: (one.version, one.body) for one in published if one.kind == FUSE}
        self.statement_layouts = {
            one.name: one.body for one in published if one.kind == STATEMENT_LAYOUT and one.body is not None
        }
        self._beats = {one.name: (one.version, one.body) for one in published if one.kind == HEARTBEAT}
        self._policies = {}
        self.policy_bodies = store.bodies_of_kind(connection, FUSE)
        self._newest = newest
        return True

    def mapping(self, codes: str) -> tuple[Mapping, int]:
        """The mapping of a code list and its version (0: as shipped)."""
        return self._mappings.get(codes) or (shipped_mapping(codes), 0)

    def policy(self, carrier: str | None) -> tuple[FusePolicy, str]:
        """The fuse policy of a carrier and its version's name."""
        if carrier not in self._policies:
            self._policies[carrier] = policy_of(carrier, self._fuses)
        return self._policies[carrier]

    def heartbeat(self, name: str | None) -> tuple[HeartbeatPolicy, str]:
        """How the parcels of a carrier are watched, or how fast a kind of connection is asked; and its version's name."""
        return heartbeat_of(name, self._beats)
