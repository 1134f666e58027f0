"""Sending over real HTTP and SMTP: signatures, refusals, limits, two workers at once, and what a person sees of it."""

import base64
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from fenghe.kernel.notices.rule import Digest, NoticeRule, Targets
from fenghe.simulator.dialects.words import Reply
from fenghe.simulator.mail_sink import mail_sink
from fenghe.simulator.robots import SECRETS, Asked, Hall, build_robots
from fenghe.simulator.running import serving
from tests.kernel.notices.desk import KEY, Desk, connected

ROOT: Final = Path(__file__).resolve().parents[3]
HTTP = ("dingtalk", "wecom", "feishu", "sms", "webhook")


class Street:
    """The sandbox's robots and where they are."""

    def __init__(self, hall: Hall, url: str) -> None:
        self.hall, self.url = hall, url

    def config(self, kind: str) -> dict[str, Any]:
        """Settings of the sandbox's robot of that kind."""
        more = {"phones": ["13800000000"], "sign_name": "安可", "template_code": "SMS_1"} if kind == "sms" else {}
        return {"base_url": f"{self.url}/{kind}", **more}

    def enter(self, desk: Desk, *kinds: str, **secrets: str) -> None:
        """Robots of these kinds, with these secrets instead of the right ones."""
        for kind in kinds:
            known = SECRETS[kind]
            desk.robot(
                kind, kind, {name: secrets.get(name, value) for name, value in known.items()}, **self.config(kind)
            )


@pytest.fixture
def street() -> Iterator[Street]:
    """A fresh hall."""
    hall = Hall()
    with serving(build_robots(hall)) as url:
        yield Street(hall, url)


def to(*robots: str, **more: Any) -> NoticeRule:
    """A rule for these robots."""
    return NoticeRule(title="到群里", targets=Targets(robots=list(robots)), **{"digest": Digest(minutes=0), **more})


def test_every_platform_takes_the_card_with_its_own_signature(desk: Desk, street: Street) -> None:
    street.enter(desk, *HTTP)
    desk.only(to(*HTTP))
    (case,) = desk.cases(title="运单 731 的说法不一")
    desk.rows("insert into notice_setting (name, value) values ('public_url', 'https://hub.example') returning name")
    desk.turn()
    assert desk.send() == len(HTTP)
    assert desk.letters() == [("sent", 1, "【严重】相差超过允许的节点数")] * len(HTTP)
    told = {one.platform: one for one in street.hall.taken}
    assert set(told) == set(HTTP)
    for platform in ("dingtalk", "wecom", "feishu", "webhook"):
        assert f"https://hub.example/m/cases/{case}" in told[platform].text
        assert "怎么办" in told[platform].text and "运单 731" in told[platform].text
    assert told["feishu"].title == "【严重】相差超过允许的节点数"
    answers = desk.rows("select robot, answer from notice_delivery order by robot")
    assert all(b"ok" in str(answer).lower().encode() or "success" in answer for _, answer in answers)


@pytest.mark.parametrize(
    ("kind", "secrets", "code"),
    [
        ("dingtalk", {"secret": "SECwrong"}, "310000"),
        ("dingtalk", {"access_token": "wrong"}, "300005"),
        ("wecom", {"key": "wrong"}, "93000"),
        ("feishu", {"secret": "wrong"}, "19021"),
        ("feishu", {"token": "wrong"}, "19001"),
        ("sms", {"access_key_secret": "wrong"}, "SignatureDoesNotMatch"),
        ("webhook", {"secret": "wrong"}, "HTTP 401"),
    ],
)
def test_a_wrong_key_is_a_dead_letter_with_the_platforms_words(
    desk: Desk, street: Street, kind: str, secrets: dict[str, str], code: str
) -> None:
    street.enter(desk, kind, **secrets)
    desk.only(to(kind))
    desk.cases()
    desk.turn()
    desk.send()
    ((status, answer, attempts),) = desk.rows("select status, answer, attempts from notice_delivery")
    assert (status, attempts) == ("dead", 1) and code in answer
    assert not street.hall.taken
    assert all(value not in answer for value in secrets.values())


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("dingtalk", {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}),
        ("wecom", {"errcode": 45009, "errmsg": "api freq out of limit"}),
        ("feishu", {"code": 11232, "msg": "create message trigger rate limit"}),
    ],
)
def test_asked_to_slow_down_the_robot_rests_and_nothing_is_lost(
    desk: Desk, street: Street, kind: str, body: dict[str, Any]
) -> None:
    street.enter(desk, kind)
    desk.only(to(kind))
    desk.cases(2, kind="a")
    desk.turn()
    street.hall.fault = lambda _platform, _asked: Reply(body=orjson.dumps(body))
    desk.send(3)
    assert len(street.hall.asked) <= 2, "once it is asked to wait nobody calls"
    assert {row[0] for row in desk.letters()} == {"waiting"}
    ((paused, attempts),) = desk.rows(
        "select p.paused_until > now() + interval '50 seconds', max(d.attempts) from robot_pace p, notice_delivery d"
        " group by 1"
    )
    assert paused and attempts == 0, "patience is no failed attempt"
    street.hall.fault = lambda _platform, _asked: None
    desk.rows("update robot_pace set paused_until = null returning robot")
    desk.rows("update notice_delivery set due_at = now() returning id")
    deadline = time.monotonic() + 10
    while {row[0] for row in desk.letters()} != {"sent"} and time.monotonic() < deadline:
        desk.send()
        time.sleep(0.1)
    assert {row[0] for row in desk.letters()} == {"sent"}


def test_a_robot_that_only_fails_is_left_alone_and_the_others_go_on(desk: Desk, street: Street) -> None:
    street.enter(desk, "dingtalk", "wecom")
    desk.only(to("dingtalk", "wecom"))
    desk.cases(2)
    desk.turn()

    def broken(platform: str, _asked: Asked) -> Reply | None:
        return Reply(status=502, body=b"bad gateway") if platform == "dingtalk" else None

    street.hall.fault = broken
    for _ in range(4):
        desk.send()
        desk.rows("update notice_delivery set due_at = now() where status = 'waiting' returning id")
    assert [one.platform for one in street.hall.taken] == ["wecom"] * 2
    assert sum(platform == "dingtalk" for _, platform in street.hall.asked) <= 4
    ((state,),) = desk.rows("select breaker ->> 'state' from robot_pace where robot = 'dingtalk'")
    assert state == "open"


def test_twenty_a_minute_holds_for_two_workers_together(desk: Desk, street: Street) -> None:
    street.enter(desk, "dingtalk")
    desk.only(to("dingtalk"))
    desk.cases(40)
    desk.turn()

    def work() -> None:
        with connected(desk.url) as connection, desk.sender() as one:
            until = time.monotonic() + 3
            while time.monotonic() < until:
                one.turn(connection, now=datetime.now(UTC))
                time.sleep(0.02)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = desk.rows("select count(*) from notice_delivery where status = 'sent'")[0][0]
    assert 5 <= sent <= 6, "a burst of five, then one every four seconds"
    bodies = [one.body for one in street.hall.taken]
    assert len(bodies) == len(set(bodies)) == sent, "each once"


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_mail_goes_through_apprise(desk: Desk) -> None:
    with mail_sink() as sink:
        desk.robot(
            "mail", "email", {}, host="127.0.0.1", port=str(sink.port), mode="insecure",
            sender="alert@shop.example", to=["ops@shop.example", "cs@shop.example"],
        )  # fmt: skip
        desk.only(to("mail"))
        desk.cases()
        desk.turn()
        desk.send()
        assert desk.letters() == [("sent", 1, "【严重】相差超过允许的节点数")]
        assert {to for letter in sink.letters for to in letter.to} == {"ops@shop.example", "cs@shop.example"}
        message = sink.letters[0].message()
        text = message.get_body()
        assert message["subject"] == "【严重】相差超过允许的节点数"
        assert text is not None and "运单 731" in text.get_content() and "**" not in text.get_content()
        sink.refuse = lambda _to: "550 no such mailbox"
        desk.cases()
        desk.turn()
        desk.send()
        assert desk.letters()[1][0] == "waiting"
        assert desk.rows("select answer from notice_delivery order by id")[1][0] != ""


KILLED: Final = """
import base64, os, signal, sys
from datetime import UTC, datetime
import psycopg
from fenghe.connectors.robots import CHANNELS
from fenghe.kernel.notices import store_sending
from fenghe.kernel.notices.tasks import SendDuty
store_sending.finish = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    SendDuty(CHANNELS, key=base64.b64decode(sys.argv[2]), lease_seconds=5).turn(connection, now=datetime.now(UTC))
"""


def test_killed_between_sending_and_marking_it_is_sent_once_more_and_then_left_to_a_person(
    desk: Desk, street: Street
) -> None:
    street.enter(desk, "webhook")
    desk.only(to("webhook"))
    desk.cases()
    desk.turn()
    for times in (1, 2):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, desk.url, base64.b64encode(KEY).decode()], cwd=ROOT, check=False
        )
        assert done.returncode == -signal.SIGKILL
        assert len(street.hall.taken) == times
        assert desk.rows("select status, under_way from notice_delivery") == [("waiting", True)]
        assert desk.send() == 0, "its lease is not over"
        desk.rows("update notice_delivery set due_at = now() - interval '1 second' returning id")
    assert desk.send() == 0, "a second repeat is nobody's wish"
    assert len(street.hall.taken) == 2
    assert len({one.key for one in street.hall.taken}) == 1, "by its key the other side knows it for the same"
    ((status, answer),) = desk.rows("select status, answer from notice_delivery")
    assert status == "dead" and "是否送达不明" in answer


def test_a_disabled_robot_is_told_nothing_and_the_log_says_so(desk: Desk, street: Street) -> None:
    street.enter(desk, "dingtalk")
    desk.rows("update notice_robot set enabled = false returning id")
    desk.only(to("dingtalk"))
    desk.cases()
    desk.turn()
    assert desk.send() == 0 and not street.hall.asked
    assert desk.rows("select status, answer from notice_delivery") == [("dropped", "机器人已停用")]


def test_secrets_of_another_key_are_a_dead_letter_not_a_crash(desk: Desk, street: Street) -> None:
    street.enter(desk, "dingtalk")
    desk.rows("update notice_robot set secrets_sealed = '\\x0100' returning id")
    desk.only(to("dingtalk"))
    desk.cases()
    desk.turn()
    desk.send()
    assert desk.letters()[0][0] == "dead"
