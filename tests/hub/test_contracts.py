"""双向契约: carriers are asked to push and to book; what they answer and what comes of it are held against each other."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import psycopg
import pytest

from fenghe.hub.acts import ACTS
from fenghe.hub.contracts import AskForPushes, CheckContracts, book, withdraw
from fenghe.kernel.connections.store import load_sources
from fenghe.kernel.outbox.sender import Sender
from fenghe.kernel.web.problems import Problem
from fenghe.simulator.running import running
from fenghe.simulator.world import World
from tests.hub.beating import Beating, Carrier, scan
from tests.kernel.outbox.outside import KEY, Outside, Reply, work_off

NUMBER = "731234567890"
SENDER = {
    "name": "张三",
    "phone": "0571",
    "province": "浙江省",
    "city": "杭州市",
    "district": "余杭区",
    "address": "一号",
}


def ask(hub: Beating) -> None:
    """Ask for pushes, send what is in the outbox, read the replies."""
    AskForPushes().turn(hub.connection, now=hub.now)
    send(hub)


def send(hub: Beating) -> None:
    with closing(Sender(hub.connection, ACTS, key=KEY)) as sender:
        work_off(sender)
    hub.judge()


def check(hub: Beating) -> None:
    CheckContracts().turn(hub.connection, now=hub.now)


def contract(hub: Beating) -> tuple[Any, ...]:
    (row,) = hub.rows("select state, error, waybill_no, finding, pushed_at is not null from carrier_contract")
    return row


@pytest.fixture
def carrier(hub: Beating, outside: Outside) -> Carrier:
    """ZTO, which is to push."""
    hub.source("zto", "zto", {"base_url": outside.url, "subscribe": True}, {"app_key": "k", "app_secret": "s"})
    return Carrier(outside)


@pytest.mark.parametrize(("teller", "company"), [("zto", "中通快递"), ("sf", "顺丰速运"), ("kuaidi100", "圆通速递")])
def test_each_carrier_is_asked_once_in_its_own_protocol(hub: Beating, teller: str, company: str) -> None:
    world = World(seed=3, now=hub.now, parcels=3)
    with running(world) as address:
        config = {"base_url": f"{address}/{teller}", "subscribe": True, "callback_url": "https://hub.example/hook/x"}
        hub.source("asked", teller, config, world.secrets[teller])
        hub.sold(NUMBER, carrier=company)
        for _ in range(3):
            ask(hub)
    assert contract(hub) == ("accepted", None, None, None, False)
    assert hub.rows("select act, status, idempotency_key from outbox") == [
        ("track.subscribe", "done", f"track.subscribe:asked:{NUMBER}:1")
    ]
    assert hub.rows(
        "select status from message_handling join inbound_message on id = message_id where way = 'poll'"
    ) == [(1,)]


def test_a_refusal_is_told_in_the_carriers_words_and_can_be_asked_again(hub: Beating, carrier: Carrier) -> None:
    carrier.refusal = {"status": False, "statusCode": "S208", "message": "无此权限", "result": None}
    hub.sold(NUMBER)
    ask(hub)
    state, error, *_ = contract(hub)
    assert state == "refused" and "无此权限" in error


def test_no_push_since_subscribing_is_a_finding_and_a_push_ends_it(hub: Beating, carrier: Carrier) -> None:
    hub.sold(NUMBER)
    ask(hub)
    check(hub)
    assert contract(hub)[3] is None
    hub.now += timedelta(hours=13)
    check(hub)
    check(hub)
    assert contract(hub)[3] == "no_push"
    assert hub.cards("contract.no_push") == [("open", "zto连接:订阅后没有推送")]
    hub.put("zto", orjson.dumps(scan(NUMBER, "收件", hub.now)))
    hub.judge()
    check(hub)
    assert contract(hub)[3:] == (None, True)
    assert [status for status, _ in hub.cards("contract.no_push")] == ["self_closed"]


def test_a_push_that_repeats_what_a_query_told_is_a_push_all_the_same(hub: Beating, carrier: Carrier) -> None:
    carrier.tells(NUMBER, "收件", hub.now - timedelta(hours=1))
    hub.sold(NUMBER)
    ask(hub)
    hub.interval()
    hub.put("zto", orjson.dumps(carrier.scans[NUMBER][0]))
    hub.judge()
    assert hub.one("select count(*) from observation where kind = 'event'") == 1
    assert contract(hub)[4] is True


def test_a_query_and_a_push_that_tell_different_stories_are_a_finding(hub: Beating, carrier: Carrier) -> None:
    began = hub.now - timedelta(hours=6)
    carrier.tells(NUMBER, "收件", began)
    hub.sold(NUMBER, hours_ago=7)
    ask(hub)
    hub.interval()
    for step, code in enumerate(["收件", "发件", "到件", "派件", "签收"]):
        hub.put("zto", orjson.dumps(scan(NUMBER, code, began + timedelta(minutes=30 * step))))
    hub.judge()
    hub.interval()
    hub.now += timedelta(hours=1)
    check(hub)
    (title,) = [title for status, title in hub.cards("contract.answer_differs") if status == "open"]
    assert title == f"{NUMBER}:查询与推送不一致"
    words = hub.one("select evidence ->> 'told' from work_case where kind = 'contract.answer_differs'")
    assert "查询说「已揽收」" in words and "推送说「已签收」" in words


class Shop:
    """An order with everything a carrier wants to know, and ZTO or SF to book it with."""

    def __init__(self, hub: Beating) -> None:
        self.hub = hub

    def order(self, number: str = "", **more: str) -> int:
        """The order; with a number it is shipped."""
        row = {
            "订单号": "FH77",
            "渠道": "taobao",
            "订单状态": "已发货" if number else "待发货",
            "收货电话": "13800001234",
        }
        row |= {
            "收货人": "李四",
            "省市区": "浙江省 杭州市 余杭区",
            "收货地址": "二号",
            "下单时间": "2026-02-04 09:00:00",
        }
        row |= {"快递单号": number, "快递公司": "中通快递", "发货时间": "2026-02-04 10:00:00"} if number else {}
        if not self.hub.rows("select from source where id = 'shop'"):
            self.hub.source("shop", "order_file", {"layout": "fenghe"})
        self.hub.put("shop", orjson.dumps({**row, **more}), way="file")
        self.hub.judge()
        (found,) = self.hub.rows("select subject_id from customer_order where order_no = 'FH77'")
        return int(found[0])

    def book(self, order_id: int, source: str) -> int:
        """Ask the carrier for a number."""
        hub = self.hub
        with hub.connection.transaction():
            sources = load_sources(hub.connection, KEY)
            return book(hub.connection, order_id, sources[source], by="ops", shops=None, now=hub.now)


@pytest.mark.parametrize("teller", ["zto", "sf"])
def test_a_booked_number_is_held_against_the_one_that_goes_out(hub: Beating, teller: str) -> None:
    world, shop = World(seed=3, now=hub.now, parcels=3), Shop(hub)
    with running(world) as address:
        hub.source("booked", teller, {"base_url": f"{address}/{teller}", "sender": SENDER}, world.secrets[teller])
        order = shop.order()
        shop.book(order, "booked")
        send(hub)
    number = contract(hub)[2]
    assert number in [parcel.number for parcel in world.parcels if parcel.order_no == "FH77"]
    assert "consignment" not in hub.one("select payload from outbox"), (
        "names and addresses are kept no longer than needed"
    )
    hub.now += timedelta(hours=25)
    check(hub)
    assert hub.cards("contract.not_shipped")[0][0] == "open"
    shop.order("799999999999")
    hub.now += timedelta(hours=2)
    check(hub)
    assert [status for status, _ in hub.cards("contract.not_shipped")] == ["self_closed"]
    assert hub.cards("contract.number_differs") == [("open", "FH77:下单单号与发货单号不同")]
    with hub.connection.transaction():
        withdraw(hub.connection, hub.one("select id from carrier_contract"))
    assert [status for status, _ in hub.cards("contract.number_differs")] == ["self_closed"]


def test_an_order_is_booked_once_and_what_is_missing_is_said(hub: Beating, outside: Outside) -> None:
    outside.answer = lambda _seen: Reply(body=b"{}")
    shop = Shop(hub)
    hub.source("zto", "zto", {"base_url": outside.url, "sender": SENDER}, {"app_key": "k", "app_secret": "s"})
    hub.source("bare", "zto", {"base_url": outside.url}, {"app_key": "k", "app_secret": "s"})
    order = shop.order()
    shop.book(order, "zto")
    with pytest.raises(Problem, match="下过单"):
        shop.book(order, "zto")
    with pytest.raises(Problem, match="sender"):
        shop.book(order, "bare")
    hub.connection.execute("update customer_order set receiver_name = '李*'")
    with pytest.raises(Problem, match="收件人"):
        shop.book(order, "zto")
    assert hub.one("select count(*) from outbox") == 1


def test_two_duties_at_once_ask_once(hub: Beating, carrier: Carrier) -> None:
    for n in range(20):
        hub.sold(f"7312345678{n:02d}")
    with psycopg.connect(hub.url, autocommit=True) as other:
        AskForPushes().turn(hub.connection, now=hub.now)
        AskForPushes().turn(other, now=datetime.now(UTC))
    assert hub.one("select count(*) from outbox") == 20
