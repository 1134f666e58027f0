"""状态心跳: a parcel that goes silent gets one card, whatever happens meanwhile; evidence takes it away, on record."""

import threading
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from fenghe.hub.asking import Asked, ask_again
from fenghe.hub.polling import Poller
from fenghe.logistics.store_heartbeat import note_asked
from tests.hub.beating import Beating, Carrier, numbers_in, scan, second_connection
from tests.kernel.outbox.outside import KEY, Outside, Reply, Seen

NUMBER = "731234567890"


@pytest.fixture
def carrier(hub: Beating, outside: Outside) -> Carrier:
    """ZTO, connected."""
    hub.source("zto", "zto", {"base_url": outside.url}, {"app_key": "k", "app_secret": "s"})
    return Carrier(outside)


def test_every_parcel_handed_over_has_a_track_id_of_its_own(hub: Beating, carrier: Carrier) -> None:
    for n in range(3):
        hub.sold(f"73123456789{n}")
    hub.sold("731234567890")
    tracks = hub.rows("select track_id, phase, source from shipment_watch")
    assert len({track for track, _, _ in tracks}) == 3
    assert {(phase, source) for _, phase, source in tracks} == {("watching", "zto")}
    assert all(len(track) == 12 and track.startswith("TK") for track, _, _ in tracks)


def test_three_empty_answers_open_exactly_one_card(hub: Beating, carrier: Carrier) -> None:
    hub.sold(NUMBER)
    for _ in range(2):
        hub.interval()
    assert hub.cards() == [] and hub.marked() == []
    for _ in range(3):
        hub.interval()
    assert hub.cards() == [("open", f"{NUMBER}:连续 3 次查询无新轨迹,物流异常待跟进")]
    assert hub.marked() == [NUMBER] and len(carrier.asked) == 5
    ((due, evidence, subject),) = hub.rows("select due_at, evidence, subject_id from work_case")
    assert due is not None and evidence["role"] == "ops" and len(evidence["polls"]) == 3 and subject is not None


def test_a_repeated_answer_is_counted_and_not_stored_again(hub: Beating, carrier: Carrier) -> None:
    carrier.tells(NUMBER, "收件", hub.now - timedelta(hours=1))
    hub.sold(NUMBER)
    for _ in range(4):
        hub.interval()
    assert hub.rows("select count(*) from inbound_message where way = 'poll'") == [(1,)]
    assert (
        hub.one("select repeats from message_handling join inbound_message on id = message_id where way = 'poll'") == 3
    )


def test_a_new_event_ends_the_silence_on_record(hub: Beating, carrier: Carrier) -> None:
    hub.sold(NUMBER)
    for _ in range(4):
        hub.interval()
    assert [status for status, _ in hub.cards()] == ["open"]
    carrier.tells(NUMBER, "收件", hub.now)
    hub.interval()
    assert [status for status, _ in hub.cards()] == ["self_closed"] and hub.marked() == []
    log = [row[0] for row in hub.rows("select body from case_entry order by id")]
    assert log == ["opened", "self_closed:evidence"]
    assert hub.one("select evidence ->> 'closed_by' from work_case") == "valid_events:0->1"
    for _ in range(4):
        hub.interval()
    assert [status for status, _ in hub.cards()] == ["self_closed", "open"], "a second silence is a card of its own"


def test_a_push_is_evidence_too(hub: Beating, carrier: Carrier) -> None:
    hub.sold(NUMBER)
    for _ in range(4):
        hub.interval()
    asked = len(carrier.asked)
    hub.put("zto", orjson.dumps(scan(NUMBER, "收件", hub.now)))
    hub.judge()
    assert hub.marked() == [] and [status for status, _ in hub.cards()] == ["self_closed"]
    assert len(carrier.asked) == asked, "nobody had to ask"


def test_what_says_nothing_of_the_parcel_is_no_news(hub: Beating, carrier: Carrier) -> None:
    hub.sold(NUMBER)
    for n, code in enumerate(["ZT_99", "", "神秘码", "ZT_98"]):
        carrier.tells(NUMBER, code, hub.now + timedelta(minutes=n), text="系统维护")
        hub.interval()
    assert hub.marked() == [NUMBER], hub.watch(NUMBER)


def test_a_ghost_parcel_that_was_never_picked_up_is_silent_too(hub: Beating, carrier: Carrier) -> None:
    hub.put("zto", orjson.dumps(scan(NUMBER, "ORDER_CREATE", hub.now - timedelta(minutes=90), "待揽收")))
    hub.sold(NUMBER)
    for _ in range(3):
        hub.interval()
    assert hub.marked() == [NUMBER], hub.watch(NUMBER)


def test_an_error_is_no_empty_answer_and_no_news_either(hub: Beating, carrier: Carrier) -> None:
    hub.sold(NUMBER)
    hub.interval()
    hub.interval()
    carrier.down = True
    for _ in range(4):
        hub.interval()
    assert hub.cards() == [] and hub.marked() == [] and hub.watch(NUMBER)["empties"] == 2
    carrier.down = False
    for _ in range(3):
        hub.interval()
    assert [status for status, _ in hub.cards()] == ["open"]


def test_a_carrier_that_cannot_be_asked_is_left_alone_and_is_a_finding_of_its_own(
    hub: Beating, carrier: Carrier
) -> None:
    for n in range(30):
        hub.sold(f"7312345678{n:02d}")
    carrier.down = True
    for _ in range(3):
        hub.interval()
    asked = len(carrier.asked)
    assert asked < 30 * 3 * 2, "a source that fails is not hammered"
    hub.accounts.turn(hub.connection, now=hub.now)
    hub.accounts.turn(hub.connection, now=hub.now)
    assert hub.cards("carrier.cannot_ask") == [("open", "问不到:连接「zto连接」连续出错")]
    assert hub.cards() == [] and hub.marked() == []
    carrier.down = False
    for _ in range(2):
        hub.interval()
    hub.accounts.turn(hub.connection, now=hub.now)
    assert [status for status, _ in hub.cards("carrier.cannot_ask")] == ["self_closed"]


def test_a_carrier_nobody_can_be_asked_about_is_said_so(hub: Beating) -> None:
    hub.sold("YT1234567890123", carrier="圆通速递")
    hub.interval()
    hub.accounts.turn(hub.connection, now=hub.now)
    assert hub.cards("carrier.cannot_ask") == [("open", "问不到圆通速递:没有可以查询的连接")]
    assert hub.cards() == []


def test_two_pollers_two_workers_and_restarts_still_open_one_card(hub: Beating, carrier: Carrier) -> None:
    numbers = [f"7312345678{n:02d}" for n in range(40)]
    for number in numbers:
        hub.sold(number)
    for _ in range(4):
        hub.now += timedelta(minutes=118)
        _live_in_two(hub, minutes=4)
    hub.judge()
    assert len(carrier.asked) == 40 * 4, "nobody is asked twice"
    assert hub.marked() == numbers
    assert len(hub.cards()) == 40 and len({title for _, title in hub.cards()}) == 40


def _live_in_two(hub: Beating, *, minutes: int) -> None:
    """Two processes with everything in them, started anew, side by side for some minutes of the test's time."""
    step = threading.Barrier(2)

    def live() -> None:
        with second_connection(hub.url) as connection:
            one = Beating(connection, hub.url)
            for minute in range(minutes):
                step.wait(30)
                one.now = hub.now + timedelta(minutes=minute)
                one.ask()
                one.judge()
            one.close()

    threads = [threading.Thread(target=live) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def test_a_poller_killed_with_calls_under_way_loses_only_time(hub: Beating, carrier: Carrier) -> None:
    hub.sold(NUMBER)
    hub.now += timedelta(hours=2)
    with closing(Poller(hub.connection, key=KEY)) as killed:
        assert killed.turn(now=hub.now) == 1
        while not carrier.asked:
            time.sleep(0.01)
        time.sleep(0.3)
    assert hub.watch(NUMBER)["polls"] == 0
    hub.ask()
    assert hub.watch(NUMBER)["polls"] == 0, "its lease is not over"
    hub.now += timedelta(minutes=1)
    hub.ask()
    hub.judge()
    assert hub.watch(NUMBER)["polls"] == 1 and hub.watch(NUMBER)["empties"] == 1


def test_an_answer_that_comes_after_its_lease_is_not_counted_twice(hub: Beating, carrier: Carrier) -> None:
    hub.sold(NUMBER)
    hub.now += timedelta(hours=2)
    with second_connection(hub.url) as other, closing(Poller(other, key=KEY)) as slow:
        assert slow.turn(now=hub.now) == 1
        hub.now += timedelta(minutes=1)
        hub.ask()
        while slow.under_way:
            slow.collect(now=hub.now)
    hub.judge()
    assert hub.watch(NUMBER)["polls"] == 1 and hub.watch(NUMBER)["empties"] == 1


def test_a_parcel_at_its_end_is_left_alone_and_comes_back_if_it_was_not(hub: Beating, carrier: Carrier) -> None:
    for minute, code in enumerate(["收件", "发件", "派件", "签收"]):
        carrier.tells(NUMBER, code, hub.now - timedelta(minutes=30 - minute))
    hub.sold(NUMBER)
    hub.interval()
    assert hub.watch(NUMBER)["stopped"] == "final"
    for _ in range(3):
        hub.interval()
    assert len(carrier.asked) == 1
    hub.connection.execute("update subject set final = false, state = 'in_transit' where key = %s", (NUMBER,))
    hub.accounts.turn(hub.connection, now=hub.now)
    hub.judge()
    assert hub.watch(NUMBER)["phase"] == "watching"


def test_a_parcel_shipped_long_ago_is_not_asked_about(hub: Beating, carrier: Carrier) -> None:
    hub.sold(NUMBER, hours_ago=31 * 24)
    for _ in range(4):
        hub.interval()
    assert hub.watch(NUMBER)["stopped"] == "given_up" and carrier.asked == [] and hub.cards() == []


def test_a_parcel_that_goes_on_under_another_number_is_followed(hub: Beating, carrier: Carrier) -> None:
    new, began = "799999999999", hub.now
    carrier.tells(NUMBER, "收件", hub.now - timedelta(hours=2), "已收件")
    carrier.tells(NUMBER, "转单", hub.now - timedelta(hours=1), f"快件已转单,新单号:{new}")
    hub.sold(NUMBER)
    for _ in range(2):
        hub.interval()
    assert carrier.asked == [NUMBER, new] and hub.watch(NUMBER)["asks_no"] == new
    carrier.tells(new, "收件", began - timedelta(minutes=50), "已收件")
    hub.interval()
    assert hub.watch(NUMBER)["empties"] == 0, "what the new number tells is news of the parcel"
    for minute, code in enumerate(["发件", "派件", "签收"]):
        carrier.tells(new, code, began - timedelta(minutes=40 - minute))
    for _ in range(2):
        hub.interval()
    assert hub.watch(NUMBER)["stopped"] == "final" and hub.cards() == []


def test_sf_is_asked_in_batches_of_ten_and_an_error_counts_for_nobody(hub: Beating, outside: Outside) -> None:
    asked: list[Sequence[str]] = []

    def answer(seen: Seen) -> Reply:
        asked.append(numbers_in(seen.body))
        inner = {
            "success": True,
            "errorCode": "S0000",
            "msgData": {"routeResps": [{"mailNo": n, "routes": []} for n in asked[-1]]},
        }
        return Reply(body=orjson.dumps({"apiResultCode": "A1000", "apiResultData": orjson.dumps(inner).decode()}))

    outside.answer = answer
    hub.source("sf", "sf", {"base_url": outside.url}, {"partner_id": "p", "checkword": "c"})
    hub.connection.execute(
        "insert into declaration_version (kind, name, version, body, note, author) values ('heartbeat', 'default', 1,"
        " '{\"jitter_percent\": 10}', '', 't')"
    )
    for n in range(40):
        hub.sold(f"SF10000000{n:02d}", carrier="顺丰速运")
    hub.interval()
    told = [number for batch in asked for number in batch]
    assert set(told) == {f"SF10000000{n:02d}" for n in range(40)}
    assert max(map(len, asked)) == 10 and len(asked) <= len(told) / 4, (
        "parcels due soon fill a call that goes out anyway"
    )
    assert hub.rows("select distinct errors from shipment_watch") == [(0,)]
    assert hub.one("select min(empties) from shipment_watch") >= 1


def test_no_account_is_asked_more_often_than_declared_however_many_pollers(hub: Beating, carrier: Carrier) -> None:
    hub.connection.execute(
        "insert into declaration_version (kind, name, version, body, note, author) values ('heartbeat', 'zto', 1,"
        " '{\"calls_per_minute\": 30, \"jitter_percent\": 10, \"interval_minutes\": 60}', '', 't')"
    )
    for n in range(100):
        hub.sold(f"7312345678{n:02d}")
    hub.now += timedelta(minutes=60)
    with second_connection(hub.url) as other, closing(Poller(other, key=KEY)) as second:
        asked_by_minute = []
        for _ in range(6):
            before = len(carrier.asked)
            for _ in range(60):
                hub.now += timedelta(seconds=1)
                hub.ask()
                hub.ask(second)
            hub.judge()
            asked_by_minute.append(len(carrier.asked) - before)
    assert max(asked_by_minute) <= 30 and sum(asked_by_minute[:4]) == 100, asked_by_minute


def test_a_carrier_that_asks_for_patience_is_given_it(hub: Beating, carrier: Carrier) -> None:
    for n in range(20):
        hub.sold(f"7312345678{n:02d}")
    carrier.refusal = {"status": False, "statusCode": "S999", "message": "请求过于频繁", "result": None}
    hub.now += timedelta(hours=2)
    hub.ask()
    asked = len(carrier.asked)
    hub.now += timedelta(seconds=30)
    hub.ask()
    assert len(carrier.asked) == asked <= 16
    assert hub.one("select max(empties) from shipment_watch") == 0


def test_a_source_set_up_only_to_receive_is_nobodys_asker(hub: Beating, outside: Outside) -> None:
    hub.source("push-only", "zto", {"base_url": outside.url}, {"app_secret": "s"})
    hub.sold(NUMBER)
    hub.interval()
    hub.begin.turn(hub.connection, now=hub.now + timedelta(minutes=1))
    hub.accounts.turn(hub.connection, now=hub.now)
    assert outside.seen == []
    assert hub.cards("carrier.cannot_ask") == [("open", "问不到中通快递:没有可以查询的连接")]
    assert hub.one("select lacking from carrier_account") == "app_key"


def test_asking_again_by_hand_and_the_heartbeat_leave_a_number_alone_together(hub: Beating, carrier: Carrier) -> None:
    hub.sold(NUMBER)
    hub.interval()
    hub.connection.execute("update shipment_watch set asked_at = now(), due_at = %s", (hub.now,))
    with hub.connection.transaction():
        asked = ask_again(hub.connection, number=NUMBER, now=datetime.now(UTC))
    assert isinstance(asked, Asked) and asked.due_at > datetime.now(UTC) + timedelta(seconds=30)
    note_asked(hub.connection, NUMBER, now=hub.now)
    before = len(carrier.asked)
    hub.now += timedelta(seconds=10)
    hub.ask()
    assert len(carrier.asked) == before
    hub.now += timedelta(minutes=1)
    hub.ask()
    assert len(carrier.asked) == before + 1
