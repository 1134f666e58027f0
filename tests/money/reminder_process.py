"""Duty, sender and gate in a process of their own, to be killed: `python -m tests.money.reminder_process URL`."""

import sys
import time
from contextlib import closing
from datetime import UTC, datetime

import psycopg

from fenghe.connectors.robots import CHANNELS
from fenghe.hub import reminding
from fenghe.hub.acts import ACTS
from fenghe.hub.worker import Worker
from fenghe.kernel.notices.tasks import SendDuty
from fenghe.kernel.outbox.sender import Sender
from tests.kernel.outbox.outside import KEY


def main(url: str) -> None:
    """Work until killed; a lease that a dead process left is over at once."""
    with psycopg.connect(url, autocommit=True) as connection:
        worker, duty = Worker(connection), reminding.duty(KEY)
        posting = SendDuty(CHANNELS, key=KEY, gates=reminding.GATES)
        with closing(posting), closing(Sender(connection, ACTS, key=KEY, lease_slack_seconds=0.0)) as sender:
            print("ready", flush=True)
            while True:
                connection.execute("update outbox set due_at = now() where status = 'waiting' and attempts > 0")
                connection.execute("update notice_delivery set due_at = now() where status = 'waiting'")
                connection.execute("update payment_reminder set due_at = now() where state = 'preparing'")
                duty.turn(connection, now=datetime.now(UTC))
                sender.turn()
                worker.turn()
                posting.turn(connection, now=datetime.now(UTC))
                time.sleep(0.002)


if __name__ == "__main__":
    main(sys.argv[1])
