"""What rooms' routes ask of the running hub besides the database (接线约定): rules, titles, a person's word."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from psycopg import Connection

from fenghe.kernel.titles import Titles
from fenghe.kernel.values import Observation, Projection
from fenghe.kernel.web.hub import WebHub


class RoomHub(WebHub, Protocol):
    """The part of the hub that explains and decides."""

    @property
    def titles(self) -> Titles:
        """What the screens call our words; connections are named by the database."""

    @property
    def parcels(self) -> "Parcels":
        """How the logistics room tells of an order's parcels."""

    def explain(self, kind: str, key: str, history: Sequence[Observation]) -> Projection:
        """What the room's rule makes of a history under the declarations in force."""

    def policy(self, version: str) -> Mapping[str, Any]:
        """The thresholds that the version noted on a case stands for; empty when it has none."""

    async def rule(self, person: str, ip: str, *, case_id: int, decision: str, reason: str) -> None:
        """A person's ruling on a case, told by the inbox and judged before this returns."""

    async def correct(self, person: str, ip: str, *, shipment_id: int, state: str, reason: str) -> None:
        """A parcel's state set by hand, told by the inbox and judged before this returns."""

    async def seek(self, person: str, ip: str, *, number: str, which: str, gap: str) -> "Sought":
        """A search for what a number's chain lacks is under way; raises Problem where there is to be none."""

    async def pay_link(self, person: str, *, order_no: str, way: str) -> None:
        """A link for a buyer of this order is made or is on its way; raises Problem where there is to be none."""

    async def remind(self, person: str, ip: str, *, order_id: int) -> None:
        """The buyer of this order is reminded to pay; raises Problem where he is not to be."""


class Sought(Protocol):
    """A search that stands."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def how(self) -> str:
        """begun, joined, former."""


Parcels = Callable[[Connection[Any], Sequence[int], Titles], Sequence[Any]]
"""The details of the parcels of these orders, as the screens are told them."""
