"""Who is at work (当事人): a signed-in person with what he may do, and the trace he leaves. Pure."""

import msgspec


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody signed in. `permissions` are those of his roles, cut down to the scopes of the token he came with."""

    id: int
    username: str
    name: str
    roles: tuple[str, ...]
    permissions: frozenset[str]
    locale: str
    shops: tuple[str, ...] | None
    """Shops he may see; None: all of them."""
    token_id: int | None = None
    """The API token he came with; None: a session in the browser."""

    def may(self, permission: str) -> bool:
        """Whether he has the right."""
        return permission in self.permissions


class Actor(msgspec.Struct, frozen=True):
    """Who did something and from where, as audit and access log record it."""

    person: str
    ip: str
