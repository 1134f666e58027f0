"""The guard's duty (凭证绑定值守): whatever changed about a payment, a refund or its order is looked at again at once."""

import time
from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from fenghe.kernel.pulse import store as pulse
from fenghe.money import store_binding
from fenghe.money.binding import Verdict, bind
from fenghe.money.numbers import Shape

BATCH: Final = 1_000
SHAPES_SECONDS: Final = 30.0


class BindingDuty:
    """Binds payments to orders, or opens the case that says why not."""

    name = "binding"
    every_seconds = 0.3

    def __init__(self) -> None:
        self._shapes: frozenset[Shape] = frozenset()
        self._learnt = float("-inf")

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """One batch of payments and one of refunds, each in its own transaction."""
        with connection.transaction():
            refunds = store_binding.tie_due_refunds(connection, limit=BATCH)
        with connection.transaction():
            moved = self._bind(connection, now)
        if moved or refunds:
            pulse.beat(connection, ("orders", "cases", "workbench"))
        return moved + refunds

    def _bind(self, connection: Connection[Any], now: datetime) -> int:
        groups = store_binding.claim_due(connection, limit=BATCH, now=now)
        if not groups:
            return 0
        orders = store_binding.orders_of(connection, sorted(groups))
        shapes = self._numbering(connection, certain=all(name in orders for name in groups))
        verdicts: dict[int, Verdict] = {}
        told = {name: [one for one in held if one.told] for name, held in groups.items()}
        for name, held in told.items():
            verdicts |= bind([one.claim for one in held], orders.get(name, ()), shapes=shapes, now=now)
        everything = [one for held in told.values() for one in held]
        untold = [one for held in groups.values() for one in held if not one.told]
        store_binding.write(connection, everything, verdicts, now=now)
        store_binding.leave_untold(connection, untold)
        return len(everything) + len(untold)

    def _numbering(self, connection: Connection[Any], *, certain: bool) -> frozenset[Shape]:
        """What order numbers look like; looked up when a payment names none that we have."""
        if not certain and time.monotonic() - self._learnt > SHAPES_SECONDS:
            self._shapes, self._learnt = store_binding.shapes_of_orders(connection), time.monotonic()
        return self._shapes
