"""A search wired to whom it asks (寻踪接线): the money room knows providers, channels and files, the hub knows carriers too."""

from datetime import datetime
from typing import Any

from psycopg import Connection

from fenghe.hub.asking import CannotAsk, ask_again
from fenghe.kernel.people.person import Actor
from fenghe.money import tasks_seeking
from fenghe.money.tasks_seeking import Carrier, Started


def ask_carrier(connection: Connection[Any], parcel: str, now: datetime) -> Carrier:
    """Ask whoever carries a parcel, as customer service does."""
    told = ask_again(connection, number=parcel, now=now)
    if isinstance(told, CannotAsk):
        return Carrier(outbox_key="", words=told.words.removeprefix("没有再次查询："))
    return Carrier(outbox_key=told.key, words=told.words)


def start(connection: Connection[Any], *, number: str, which: str, scope: str, actor: Actor, now: datetime) -> Started:
    """Begin a search, in the caller's transaction."""
    return tasks_seeking.start(
        connection, number=number, which=which, scope=scope, actor=actor, ask_carrier=ask_carrier, now=now
    )
