"""What a room gives the engine: a rule for one kind of subject, and how its row is kept. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from psycopg import Connection

from fenghe.kernel.values import Dispute, Observation, Projection


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An observation with its subject: what reading a message yields. `codes` is the code list its code belongs to."""

    kind: str
    subject: str
    codes: str
    mapping_version: int
    observation: Observation


class CaseDraft(msgspec.Struct, frozen=True, kw_only=True):
    """How a standing dispute is put to a person."""

    kind: str
    title: str
    severity: int
    due_hours: int


class Rule(Protocol):
    """One room's judgement over one kind of subject."""

    @property
    def kind(self) -> str:
        """`shipment`, `order` ..."""

    def project(self, history: Sequence[Observation], now_ms: int) -> tuple[Projection, str]:
        """What the whole history amounts to, and the version of the declarations that decided."""

    def case(self, subject: str, dispute: Dispute) -> CaseDraft:
        """How this dispute is put to a person."""

    def row(self, subject: str, history: Sequence[Observation], projection: Projection) -> tuple[Any, ...]:
        """The room's own columns of this subject."""

    def same_row(self, before: Sequence[Observation], history: Sequence[Observation]) -> bool:
        """True when `row` cannot differ between these two histories: it is then not written again."""

    def save(self, connection: Connection[Any], rows: Sequence[tuple[int, tuple[Any, ...]]]) -> None:
        """Write the rooms' rows (subject id, columns) set-wise, in the engine's transaction."""


Rules = Mapping[str, Rule]
