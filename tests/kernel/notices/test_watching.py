"""Cases by their state: every change is noticed once, whoever commits when; nothing costs when nothing changed."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from fenghe.kernel.notices.notice import Notice
from fenghe.kernel.notices.rule import Digest, NoticeRule, Step, Targets
from fenghe.kernel.notices.store import notify, notify_all
from tests.kernel.notices.desk import Desk, connected

AT_ONCE = Digest(minutes=0)


def test_a_severe_case_reaches_the_role_once(desk: Desk) -> None:
    ops, other = desk.person("ops", "ops"), desk.person("cs", "cs")
    desk.cases()
    desk.turn(minutes=2)
    desk.turn(minutes=3)
    assert desk.events() == ["opened"]
    assert desk.mail(ops) == [("opened", 1)]
    assert desk.mail(other) == []


def test_a_case_that_commits_late_is_found_all_the_same(desk: Desk) -> None:
    ops = desk.person("ops", "ops")
    with connected(desk.url) as late, late.transaction():
        late.execute("insert into work_case (key, kind, severity, title) values ('late', 'shipment.age', 3, '晚到')")
        desk.cases(2)
        desk.turn(minutes=2)
        assert desk.events() == ["opened", "opened"], "what is committed is told"
    desk.turn(minutes=2)
    assert desk.events() == ["opened"] * 3, "and what came after, with a smaller number, too"
    desk.turn(minutes=4)
    assert sum(count for _, count in desk.mail(ops)) == 3


def test_a_case_changed_while_it_is_looked_at_is_looked_at_again(desk: Desk) -> None:
    (case,) = desk.cases()
    with connected(desk.url) as other, other.transaction():
        other.execute("update work_case set severity = 1 where id = %s", (case,))
        desk.turn()
        assert desk.events() == [], "somebody holds it: passed over, not waited for"
    desk.turn()
    assert desk.events() == ["opened"]
    assert desk.rows("select severity from notice") == [(1,)]


@pytest.mark.parametrize("rounds", [3])
def test_closed_and_opened_again(desk: Desk, rounds: int) -> None:
    (case,) = desk.cases()
    desk.turn()
    for _ in range(rounds):
        desk.close(case)
        desk.turn()
        desk.rows("update work_case set status = 'open', closed_at = null, changed_at = now() returning id")
        desk.turn()
    assert desk.events() == ["opened", *["reopened"] * rounds]


def test_settled_before_anybody_looked_is_no_news(desk: Desk) -> None:
    desk.close(*desk.cases(3))
    desk.turn()
    assert desk.events() == []


def test_given_to_somebody_is_his_alone_and_taken_by_oneself_is_no_news(desk: Desk) -> None:
    boss, worker = desk.person("boss", "ops"), desk.person("worker", "cs")
    given, taken = desk.cases(2, severity=1)
    for case, owner, author in ((given, worker, "boss"), (taken, worker, "worker")):
        desk.rows("update work_case set owner_id = %s, changed_at = now() where id = %s returning id", owner, case)
        desk.rows(
            "insert into case_entry (case_id, author, kind, body) values (%s, %s, 'log', 'assigned:名worker') returning id",
            case, author,
        )  # fmt: skip
    desk.turn(minutes=1)
    assert desk.events().count("assigned") == 1
    assert desk.mail(worker) == [("assigned", 1)]
    assert desk.mail(boss) == []
    assert desk.rows("select actor from notice where event = 'assigned'") == [("名boss",)]


def test_named_in_a_comment(desk: Desk) -> None:
    first, second = desk.person("kefu", "cs"), desk.person("kefu2", "cs", shops=["别家"])
    (case,) = desk.cases(severity=1)
    for author, body in (
        ("ops", "@kefu 请看"),
        ("kefu", "@kefu 自言自语"),
        ("ops", "@名kefu2 看不到这家店"),
        ("ops", "无人"),
    ):
        desk.rows(
            "insert into case_entry (case_id, author, kind, body) values (%s, %s, 'comment', %s) returning id",
            case, author, body,
        )  # fmt: skip
    desk.turn(minutes=1)
    assert desk.mail(first) == [("mentioned", 1)]
    assert desk.mail(second) == []
    assert desk.rows("select count(*) from case_entry where unnoticed") == [(0,)]


def test_overdue_once_and_again_with_a_new_due_time(desk: Desk) -> None:
    ops = desk.person("ops", "ops")
    (case,) = desk.cases(severity=1, due_at=datetime.now(UTC) + timedelta(minutes=30))
    desk.turn()
    assert desk.events() == ["opened"]
    desk.turn(minutes=31)
    desk.turn(minutes=32)
    assert desk.events() == ["opened", "overdue"]
    desk.rows("update work_case set due_at = now() + interval '2 hours' where id = %s returning id", case)
    desk.turn(minutes=33)
    assert desk.events() == ["opened", "overdue"]
    desk.turn(minutes=180)
    assert desk.events() == ["opened", "overdue", "overdue"]
    desk.turn(minutes=200)
    assert desk.mail(ops) == [("overdue", 1), ("overdue", 1)]


def test_escalates_until_taken_and_to_the_admin_at_last(desk: Desk) -> None:
    cs, admin = desk.person("cs", "cs"), desk.person("root", "admin")
    desk.only(
        NoticeRule(
            title="升级",
            targets=Targets(people=["1"]),
            digest=AT_ONCE,
            escalation=[Step(after_minutes=10, targets=Targets(roles=["cs"]))],
        )
    )
    taken, left = desk.cases(2)
    desk.turn()
    desk.turn(minutes=9)
    assert desk.mail(cs) == [("opened", 1)] * 2, "person 1 is told at once"
    desk.rows("update work_case set owner_id = %s where id = %s returning id", cs, taken)
    desk.turn(minutes=11)
    assert desk.rows("select case_id from notice where event = 'escalated'") == [(left,)]
    assert desk.mail(admin) == []
    desk.turn(minutes=21)
    assert desk.mail(admin) == [("escalated", 1)]
    desk.turn(minutes=100)
    assert desk.events().count("escalated") == 2, "after the administrators nobody is left"


def test_a_notice_handed_in_twice_is_one(desk: Desk) -> None:
    with desk.connection.transaction():
        assert notify(desk.connection, Notice(key="stock:1", title="库存不足", kind="stock.low", severity=2))
        assert notify_all(desk.connection, [Notice(key=f"stock:{n}", title="库存不足") for n in range(1, 4)]) == 2
    assert desk.rows("select count(*) from notice") == [(3,)]


def test_nobody_can_change_what_was_told(desk: Desk) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        desk.connection.execute("update notice_delivery set body = 'other'")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        desk.connection.execute("delete from notice_mail")


def test_idle_it_reads_no_table(desk: Desk) -> None:
    desk.cases(50, severity=1)
    desk.turn()
    assert desk.turn() == 0
    plan = "\n".join(
        row[0] for row in desk.rows("explain select id from work_case where unnoticed order by id limit 2000")
    )
    assert "work_case_unnoticed" in plan
