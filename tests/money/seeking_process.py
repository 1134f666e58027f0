"""Duty, sender and worker in a process of their own, to be killed: `python -m tests.money.seeking_process URL`."""

import sys
import time
from contextlib import closing
from datetime import UTC, datetime

import psycopg

from fenghe.hub.acts import ACTS
from fenghe.hub.worker import Worker
from fenghe.kernel.outbox.sender import Sender
from fenghe.money.tasks_seeking import SeekingDuty
from tests.kernel.outbox.outside import KEY


def main(url: str) -> None:
    """Work until killed; a lease that a dead sender left is over at once."""
    with psycopg.connect(url, autocommit=True) as connection:
        worker, duty = Worker(connection), SeekingDuty()
        with closing(Sender(connection, ACTS, key=KEY, lease_slack_seconds=0.0)) as sender:
            print("ready", flush=True)
            while True:
                connection.execute("update outbox set due_at = now() where status = 'waiting' and attempts > 0")
                duty.turn(connection, now=datetime.now(UTC))
                sender.turn()
                worker.turn()
                time.sleep(0.005)


if __name__ == "__main__":
    main(sys.argv[1])
