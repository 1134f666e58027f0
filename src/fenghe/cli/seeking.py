"""The search of `fenghe trace --seek` (寻踪): begun like on the screen, and worked at from here, beside whatever workers run."""

import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from psycopg import Connection

from fenghe.cli.output import Voice
from fenghe.hub import seeking
from fenghe.hub.acts import ACTS
from fenghe.hub.statement_duty import StatementDuty
from fenghe.hub.worker import Worker
from fenghe.kernel.outbox.sender import Sender
from fenghe.kernel.people.person import Actor
from fenghe.kernel.values import CHINA
from fenghe.money import store_seeking
from fenghe.money.seeking import DEADLINE
from fenghe.money.seeking_view import SearchQuestion, view_of
from fenghe.money.tasks_binding import BindingDuty
from fenghe.money.tasks_seeking import SeekingDuty

PAUSE_SECONDS: Final = 0.2
_HOW: Final = {"joined": "已有一次寻踪在进行，等它的结果。", "former": "几分钟前刚寻过，这是当时的结果。"}


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """What a search asked and was answered."""

    id: str
    how: str
    status: str
    asked_by: str
    asked_at: datetime
    closed: int
    open: int
    questions: Sequence[SearchQuestion]

    def say(self, voice: Voice) -> None:
        """In plain words: who was asked, when, and the answer."""
        if self.how in _HOW:
            voice.say(_HOW[self.how])
        rows = [
            [
                one.who_title,
                one.words,
                f"{(one.answered_at or one.asked_at).astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
                one.status_title,
                one.answer,
            ]
            for one in self.questions
        ]
        voice.table(("问谁", "问什么", "时间", "结果", "答复"), rows, numbers_from=9)
        voice.say(f"寻踪补上 {self.closed} 个缺口，还有 {self.open} 个。")


def seek(connection: Connection[Any], voice: Voice, *, number: str, which: str, key: bytes, by: Actor) -> Sought:
    """Begin a search and work until it is over."""
    with connection.transaction():
        started = seeking.start(connection, number=number, which=which, scope="", actor=by, now=datetime.now(UTC))
    _work_off(connection, voice, started.id, key=key)
    row = store_seeking.search(connection, started.id)
    assert row is not None
    told = view_of(row, started.how)
    return Sought(
        id=told.id,
        how=told.how,
        status=told.status,
        asked_by=told.asked_by,
        asked_at=told.asked_at,
        closed=told.closed,
        open=len(told.gaps) - told.closed,
        questions=told.questions,
    )


def _work_off(connection: Connection[Any], voice: Voice, search: int, *, key: bytes) -> None:
    """Do what workers do until the search is over: any number of them may do the same beside us."""
    worker, duties = Worker(connection), (SeekingDuty(), StatementDuty(), BindingDuty())
    deadline = time.monotonic() + DEADLINE.total_seconds() + 60
    said = ""
    with closing(Sender(connection, ACTS, key=key)) as sender:
        while time.monotonic() < deadline:
            row = store_seeking.search(connection, search)
            if row is None or row["status"] == "done":
                return
            moved = sender.turn() + worker.turn().messages
            moved += sum(duty.turn(connection, now=datetime.now(UTC)) for duty in duties)
            waiting = next((one["words"] for one in row["questions"] if one["status"] == "waiting"), "")
            if waiting != said:
                voice.report(f"寻踪：{waiting}" if waiting else "寻踪：收尾")
                said = waiting
            if not moved:
                time.sleep(PAUSE_SECONDS)
