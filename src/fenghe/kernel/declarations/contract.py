"""What a kind of declaration (声明类别) is: one life for everything a user may edit. Pure contract.

draft → problems → dry run on real history → publish with a note (a second person where money or fuses are touched) → history
→ roll back. A room gives the meaning; the kernel gives the life, its HTTP and its screen.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import msgspec
from psycopg import Connection

from fenghe.kernel.web.problems import FieldProblem


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """One declaration there is or may be: its name and what the screens call it."""

    name: str
    title: str


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One number of a dry run in words: 「差异」 12 → 9; None: nothing to compare with. `word`: the title, for other languages."""

    title: str
    word: str = ""
    before: int | None = None
    after: int | None = None
    currency: str | None = None
    """Set where the numbers are minor units of money."""
    warn: bool = False
    """Whether what would be is a reason to think again."""


class TrialRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that would stand differently: what it is called, where its page is, how it stands and would stand."""

    title: str
    link: str = ""
    before: str = ""
    after: str = ""
    at: datetime | None = None
    text: str = ""
    """A message as it would read."""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """How many things would go from one state to another; `of`: whose states they are, in the words of titles."""

    of: str
    before: str
    before_title: str
    after: str
    after_title: str
    count: int


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """What publishing a draft would change, found by running it over real history. `read`: how much was looked at."""

    read: int
    truncated: bool = False
    figures: Sequence[Figure] = ()
    moves: Sequence[Move] = ()
    rows: Sequence[TrialRow] = ()


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """The history a draft is tried on: the last `days`, and of which shops this person may be shown anything (None: all)."""

    days: int
    shops: Sequence[str] | None = None


class DeclaredKind(ABC):
    """A room's kind of declaration. Bodies are JSON as the screen sends them."""

    kind: ClassVar[str]
    """Stable word, the `kind` of its rows: `posting_rule` ..."""
    title: ClassVar[str]
    """What the screens call the kind: 过账规则."""
    view_right: ClassVar[str] = "orders.view"
    """Who may read."""
    edit_right: ClassVar[str]
    """Who may draft and try."""
    publish_right: ClassVar[str]
    """Who may publish and roll back."""
    second_person: ClassVar[bool] = False
    """Whether whoever drafted it may not be the one who publishes it."""
    new_names: ClassVar[str] = ""
    """The pattern of names a user may give a new one; empty: there are those of `names` only."""
    topics: ClassVar[Sequence[str]] = ()
    """What screens show of it, stale once one takes force."""

    def called(self, name: str) -> str:
        """What the screens call one that is not among `names`."""
        return name

    @abstractmethod
    def names(self, connection: Connection[Any]) -> Sequence[Named]:
        """Those there are without anybody's doing, in the order of the screen; published and drafted ones are added."""

    @abstractmethod
    def shipped(self, name: str, in_force: Mapping[str, Any]) -> Any:
        """The body that counts before anybody publishes one; None where nothing is shipped under this name.

        `in_force`: the bodies published under other names, where one follows another.
        """

    def whole(self, body: Any) -> Any:
        """A body as it counts, with what it leaves out; raises msgspec.ValidationError for one that cannot be read."""
        return body

    @abstractmethod
    def problems(self, connection: Connection[Any], name: str, body: Any) -> Sequence[FieldProblem]:
        """What must be settled before it can be tried or published, naming fields (`entries.0.account`)."""

    def try_out(self, connection: Connection[Any], name: str, body: Any, *, window: Window) -> Trial:  # noqa: ARG002
        """Run the draft over real history; writes nothing. A kind with a trial of its own leaves this."""
        return Trial(read=0)

    def took_force(self, connection: Connection[Any], name: str, body: Any) -> int:  # noqa: ARG002
        """Have what it concerns looked at anew, in the publishing transaction; returns how much."""
        return 0


Kinds = Mapping[str, DeclaredKind]
