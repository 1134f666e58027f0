"""Many at once become one message; quiet hours keep the rest; what is settled is not told; two workers tell it once."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from fenghe.hub.notices import words
from fenghe.kernel.notices.rule import Digest, NoticeRule, Targets
from fenghe.kernel.notices.tasks import NoticeDuty
from fenghe.kernel.notices.timing import Quiet, quiet_until
from fenghe.kernel.values import CHINA
from tests.kernel.notices.desk import Desk, connected


def to_robot(**more: Any) -> NoticeRule:
    """A rule for the one robot."""
    return NoticeRule(title="到群里", targets=Targets(robots=["group"]), **more)


def test_a_hundred_cases_of_one_kind_are_one_message_with_the_count_and_the_first(desk: Desk) -> None:
    desk.robot("group", "dingtalk", {"access_token": "x"})
    desk.only(to_robot(digest=Digest(minutes=5, more_than=3, top=5)))
    desk.cases(127)
    desk.cases(2, kind="order.step_back")
    desk.turn()
    assert desk.letters() == [], "the window is still open"
    desk.turn(minutes=6)
    assert sorted(count for _, count, _ in desk.letters()) == [1, 1, 127]
    ((body,),) = desk.rows("select body from notice_delivery where count = 127")
    assert "127 件" in body and body.count("](/m/cases/") == 5 and "另有 122 件" in body
    assert desk.rows("select count(distinct delivery_id), count(*) from notice_item") == [(3, 129)]


def test_two_workers_tell_each_case_once(desk: Desk) -> None:
    ops = desk.person("ops", "ops")
    desk.robot("group", "dingtalk", {"access_token": "x"})
    desk.only(NoticeRule(title="都说", targets=Targets(robots=["group"], roles=["ops"]), digest=Digest(minutes=0)))
    stop = threading.Event()

    def work() -> None:
        duty = NoticeDuty(words)
        with connected(desk.url) as connection:
            while not stop.is_set():
                duty.turn(connection, now=datetime.now(UTC))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    made = [case for _ in range(10) for case in desk.cases(7)]
    for thread in threads:
        thread.join(0.5)
    stop.set()
    for thread in threads:
        thread.join()
    desk.turn(minutes=1)
    told = [row[0] for row in desk.rows("select case_id from notice_delivery order by case_id")]
    assert told == sorted(made)
    assert len(desk.mail(ops)) == len(made)


def test_settled_while_it_waited_is_not_told(desk: Desk) -> None:
    desk.robot("group", "dingtalk", {"access_token": "x"})
    desk.only(to_robot(digest=Digest(minutes=5)))
    first, _ = desk.cases(2)
    desk.turn()
    desk.close(first)
    desk.turn(minutes=6)
    assert len(desk.letters()) == 1


def test_quiet_hours_keep_what_is_not_severe_until_they_end(desk: Desk) -> None:
    desk.robot("group", "dingtalk", {"access_token": "x"})
    now = datetime.now(UTC)
    clock = now.astimezone(CHINA)
    quiet = Quiet(start=f"{clock - timedelta(hours=1):%H:%M}", end=f"{clock + timedelta(hours=2):%H:%M}")
    desk.only(to_robot(quiet=quiet, digest=Digest(minutes=0)))
    desk.cases(severity=2)
    desk.cases(severity=3)
    desk.turn()
    assert desk.rows("select severity from notice_delivery") == [(3,)]
    end = (quiet_until(now, quiet) - now).total_seconds() / 60
    desk.turn(minutes=end - 1)
    assert len(desk.letters()) == 1
    desk.turn(minutes=end + 1)
    assert len(desk.letters()) == 2


def test_a_case_that_flaps_rings_once_in_its_dedupe_time(desk: Desk) -> None:
    desk.robot("group", "dingtalk", {"access_token": "x"})
    desk.only(to_robot(events=["opened", "reopened"], digest=Digest(minutes=0), dedupe_minutes=60))
    (case,) = desk.cases()
    desk.turn()
    for minutes in (5, 30, 59, 61):
        desk.close(case)
        desk.turn(minutes=minutes)
        desk.rows("update work_case set status = 'open', changed_at = now() returning id")
        desk.turn(minutes=minutes)
    assert len(desk.letters()) == 2, "at once, and after the hour"


def test_muted_kinds_and_foreign_shops_do_not_ring(desk: Desk) -> None:
    deaf, foreign = desk.person("deaf", "ops"), desk.person("foreign", "ops", shops=["别家"])
    desk.rows(
        "insert into notice_preference (person_id, muted_kinds) values (%s, array['shipment.*']) returning person_id",
        deaf,
    )
    desk.only(NoticeRule(title="都说", targets=Targets(roles=["ops"]), digest=Digest(minutes=0)))
    desk.cases()
    desk.cases(kind="order.step_back")
    desk.turn(minutes=1)
    assert len(desk.mail(deaf)) == 1
    assert len(desk.mail(foreign)) == 2, "a case of no shop is anybody's business"


def test_ones_own_quiet_hours_put_mail_off(desk: Desk) -> None:
    ops = desk.person("ops", "ops")
    clock = datetime.now(CHINA)
    desk.rows(
        "insert into notice_preference (person_id, quiet_start, quiet_end) values (%s, %s, %s) returning person_id",
        ops, f"{clock - timedelta(hours=1):%H:%M}", f"{clock + timedelta(hours=1):%H:%M}",
    )  # fmt: skip
    desk.only(NoticeRule(title="都说", targets=Targets(roles=["ops"]), digest=Digest(minutes=0)))
    desk.cases(severity=1)
    desk.cases(severity=3)
    desk.turn()
    shown = desk.rows("select severity, shown_at <= now() from notice_mail order by severity")
    assert shown == [(1, False), (3, True)]


def test_whoever_two_rules_name_is_told_once(desk: Desk) -> None:
    ops = desk.person("ops", "ops")
    desk.only(NoticeRule(title="慢", targets=Targets(roles=["ops"]), digest=Digest(minutes=30)), name="a-slow")
    desk.rule("b-quick", NoticeRule(title="快", targets=Targets(people=[str(ops)]), digest=Digest(minutes=0)))
    desk.cases()
    desk.turn()
    desk.turn(minutes=60)
    assert desk.rows("select rule from notice_mail") == [("b-quick",)]
