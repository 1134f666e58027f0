"""Reminders wired (催付接线): links made with the providers' keys, short addresses nobody can guess, and who lets a message out."""

import secrets
import string
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from fenghe.hub.paying import NoLink, make_link
from fenghe.kernel.notices.gate import Gate
from fenghe.kernel.outbox import store as outbox
from fenghe.kernel.secrets import source_unsealer
from fenghe.money import store_reminders
from fenghe.money.tasks_reminders import ReminderDuty, ReminderGate

WAY: Final = "h5"
"""A message is read on a phone."""
LETTERS: Final = string.ascii_letters + string.digits
TOKEN_LETTERS: Final = 10
"""Sixty bits: a page address is at most opened, never listed."""

GATES: Final[Mapping[str, Gate]] = {store_reminders.GATE: ReminderGate()}
"""Who is asked before a message goes out that must go once at most."""


def duty(key: bytes) -> ReminderDuty:
    """The duty of reminders; `key` opens the providers' secrets, by which links are signed."""

    def link(connection: Connection[Any], order_no: str, *, by: str, now: datetime) -> int | str:
        sources = outbox.load_sources(connection, source_unsealer(key))
        made = make_link(connection, order_no=order_no, way=WAY, by=by, now=now, sources=sources)
        return made.words if isinstance(made, NoLink) else made.pay_order

    return ReminderDuty(link, _token)


def _token() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(TOKEN_LETTERS))
