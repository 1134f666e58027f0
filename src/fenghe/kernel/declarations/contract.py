"""What a kind of declaration (声明类别) is: one life for everything a user may edit. Pure contract.

draft → problems → dry run on real history → publish with a note (a second person where money or fuses are touched) → history
→ roll back. A room gives the meaning; the kernel gives the life, its HTTP and its screen.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from psycopg import Connection

from fenghe.kernel.web.problems import FieldProblem


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """One declaration there is or may be: its name and what the screens call it."""

    name: str
    title: str


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a dry run in words: 「差异」 12 → 9; `after` None: nothing to compare with."""

    title: str
    before: int | None = None
    after: int | None = None
    currency: str | None = None
    """Set where the numbers are minor units of money."""


class TrialRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that would stand differently: what it is called, where its page is, how it stands and would stand."""

    title: str
    link: str = ""
    before: str = ""
    after: str = ""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What publishing a draft would change, found by running it over real history. `read`: how much was looked at."""

    read: int
    truncated: bool = False
    figures: Sequence[Figure] = ()
    rows: Sequence[TrialRow] = ()


class DeclaredKind(Protocol):
    """A room's kind of declaration. Bodies are JSON as the screen sends them."""

    @property
    def kind(self) -> str:
        """Stable word, the `kind` of its rows: `posting_rule` ..."""

    @property
    def title(self) -> str:
        """What the screens call the kind: 过账规则."""

    @property
    def edit_right(self) -> str:
        """Who may draft and try."""

    @property
    def publish_right(self) -> str:
        """Who may publish and roll back."""

    @property
    def second_person(self) -> bool:
        """Whether whoever drafted it may not be the one who publishes it."""

    def names(self, connection: Connection[Any]) -> Sequence[Named]:
        """Those there are without anybody's doing, in the order of the screen; published and drafted ones are added."""

    def shipped(self, name: str) -> Any:
        """The body in force before anybody publishes one; None where nothing is shipped under this name."""

    def problems(self, connection: Connection[Any], name: str, body: Any) -> Sequence[FieldProblem]:
        """What must be settled before it can be tried or published, naming fields (`entries.0.account`)."""

    def try_out(self, connection: Connection[Any], name: str, body: Any, *, days: int) -> Trial:
        """Run the draft over the last `days` days of real history; writes nothing."""

    def took_force(self, connection: Connection[Any], name: str, body: Any) -> int:
        """Have what it concerns looked at anew, in the publishing transaction; returns how much."""


Kinds = Mapping[str, DeclaredKind]
