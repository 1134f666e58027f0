"""The callback audit, in the words of whoever reads the carrier's messages: what a person would flag, and what he would not."""

import pytest

from fenghe.logistics.callbacks import Finding, Known
from tests.logistics.auditing import NUMBER, audit, handover, kinds, message, road, scan


def one(found: list[Finding], kind: str) -> Finding:
    """The only finding, of this kind."""
    assert kinds(found) == [kind], [(each.kind, each.words) for each in found]
    return found[0]


def test_a_parcel_that_arrived_as_it_should_is_fine() -> None:
    assert audit(message(*road(state="3", ischeck="1", com="yuantong")), now=10_000) == []


def test_newest_first_and_oldest_first_are_both_in_order() -> None:
    for scans in (road(), tuple(reversed(road()))):
        assert audit(message(*scans)) == []
    rows = [message(each, n=n) for n, each in enumerate(reversed(road()))]
    assert audit(*rows, way="down") == []


def test_an_empty_status_moves_nothing_and_is_told() -> None:
    found = one(audit(message(scan(0, "", codes="zto"))), "empty_status")
    assert (found.theirs, found.ours, found.severity, found.effect_reason) == ("(空)", "未映射", 2, "empty_status")


def test_an_empty_status_with_a_text_that_speaks_is_less_grave() -> None:
    found = one(audit(message(scan(0, "快件已揽收", codes="zto"))), "empty_status")
    assert (found.ours, found.severity) == ("已揽收", 1)


def test_a_tracker_that_never_tells_codes_is_not_blamed_for_it() -> None:
    assert audit(message(scan(0, "【长沙东站】 已接单"))) == []
    assert kinds(audit(message(scan(0, "已揽收", codes="generic", status_empty="1")))) == ["empty_status"]


def test_an_unknown_code_is_told_once_for_the_parcel() -> None:
    found = one(
        audit(message(scan(0, "神秘", "ZT_77", codes="zto"), scan(1, "神秘", "ZT_77", codes="zto"))), "unknown_code"
    )
    assert (found.code, found.codes, len(found.evidence), found.severity) == ("ZT_77", "zto", 2, 2)
    assert "共 2 条轨迹" in found.words
    assert one(audit(message(scan(0, "快件已签收", "ZT_78", codes="zto"))), "unknown_code").severity == 1


def test_an_update_before_the_creation_of_its_own_record() -> None:
    told = scan(0, "已揽收", create_time="2026-02-02 12:00:00")  # START is 2026-02-02 10:40 in China
    found = one(audit(message(told)), "updated_before_created")
    assert (found.rule, found.theirs) == ("own_creation", "2026-02-02 10:40:00")
    assert "早了 1 小时" in found.words
    assert audit(message(scan(0, "已揽收", create_time="2026-02-02 10:00:00"))) == []
    assert audit(message(scan(0, "已揽收", create_time="不是时间"))) == []


def test_a_scan_from_before_the_order_within_a_day_and_longer() -> None:
    found = audit(message(scan(-8, "已揽收")), words=[handover()])
    assert [(each.kind, each.rule) for each in found] == [("updated_before_created", "order_creation")]
    found = audit(message(scan(-90, "已揽收"), scan(1, "已发出 下一站")), words=[handover()])
    assert [(each.kind, each.rule) for each in found] == [("reused_number", "before_order")]
    assert audit(message(scan(-5.05, "已揽收")), words=[handover()]) == []  # clocks differ by some minutes


def test_a_number_of_another_order() -> None:
    found = one(audit(message(scan(0, "已揽收", order_no="A20260205999")), words=[handover()]), "foreign_number")
    assert (found.theirs, found.ours, found.severity) == ("订单 A20260205999", "属于订单 A20260205001", 3)
    assert audit(message(scan(0, "已揽收", order_no="A20260205001")), words=[handover()]) == []
    assert audit(message(scan(0, "已揽收", order_no="ERP-7")), words=[handover()]) == []  # the seller's own numbering
    known = Known(parcels_of={"ERP-7": ("SF1",)})
    assert kinds(audit(message(scan(0, "已揽收", order_no="ERP-7")), words=[handover()], known=known)) == [
        "foreign_number"
    ]


def test_an_order_whose_parcels_are_others() -> None:
    known = Known(parcels_of={"A1": ("SF1", "SF2")})
    found = one(audit(message(scan(0, "已揽收", order_no="A1")), known=known), "foreign_number")
    assert "SF1" in found.ours
    assert audit(message(scan(0, "已揽收", order_no="A1")), known=Known(parcels_of={"A1": (NUMBER,)})) == []
    assert audit(message(scan(0, "已揽收", order_no="A1")), known=Known(parcels_of={"A1": ()})) == []


def test_one_number_under_two_orders_may_be_shipped_together() -> None:
    told = message(scan(0, "已揽收", order_no="A1"), scan(1, "已发出 下一站", order_no="A2"))
    found = one(audit(told), "foreign_number")
    assert (found.rule, found.severity) == ("two_orders", 2)


def test_a_message_about_another_number_than_its_scans() -> None:
    assert one(audit(message(scan(0, "已揽收", named_number="773000000001"))), "foreign_number").rule == "other_number"


@pytest.mark.parametrize(
    ("upto", "state", "ischeck"),
    [
        (2, "0", "1"),
        (2, "3", "1"),
        (2, "3", "0"),
        (5, "5", "1"),
        (6, "0", "0"),
        (6, "0", "1"),
        (6, "1", "1"),
        (6, "3", "0"),
    ],
)
def test_state_flag_and_text_against_each_other(upto: int, state: str, ischeck: str) -> None:
    found = one(audit(message(*road(upto=upto, state=state, ischeck=ischeck)), now=40), "contradiction")
    assert f"ischeck={ischeck}" in found.theirs or f"state={state}" in found.theirs
    assert (found.rule, found.severity) == ("one_message", 3)


@pytest.mark.parametrize(
    ("upto", "state", "ischeck"),
    [(2, "0", "0"), (1, "1", "0"), (5, "5", "0"), (5, "1", "0"), (6, "3", "1"), (6, "304", "0")],
)
def test_what_lags_a_step_behind_is_no_contradiction(upto: int, state: str, ischeck: str) -> None:
    assert audit(message(*road(upto=upto, state=state, ischeck=ischeck)), now=40) == []


def test_a_parcel_in_a_locker_may_be_called_signed_or_not() -> None:
    for state, flag in (("3", "1"), ("0", "0"), ("304", "1"), ("501", "0")):
        told = scan(32, "快件已到达妈妈驿站,请上门自提", state=state, ischeck=flag, carrier="yto")
        assert audit(message(*road(upto=5), told), now=40) == []


def test_a_remark_after_the_signature_does_not_deny_it() -> None:
    thanks = scan(34.01, "【北京市】 客户回访,给个好评", "3", state="3", ischeck="1", carrier="yto")
    assert audit(message(*road(), thanks), now=40) == []
    mild = scan(34.01, "【北京市】 派件 客户回访", state="3", ischeck="1", carrier="yto")
    assert audit(message(*road(), mild), now=40) == []


def test_a_signature_that_is_a_hand_over_to_another_number() -> None:
    told = scan(34, "快件已签收,转EMS,单号1193282791099", state="3", ischeck="1", carrier="yto")
    found = one(audit(message(*road(upto=5), told), now=40), "contradiction")
    assert "ischeck=1" in found.theirs and "转EMS" in found.theirs
    plain = scan(34, "已签收,签收人:转EMS 单号1193282791099")
    found = one(audit(message(scan(31, "派件中"), plain), now=40), "contradiction")
    assert (found.rule, "1193282791099" in found.words) == ("signed_is_forward", True)


def test_a_parcel_that_moves_after_it_was_signed_for() -> None:
    found = audit(message(*road(), scan(80, "【南京转运中心公司】 已收入", carrier="yto")), now=81)
    assert [(each.kind, each.rule) for each in found] == [("contradiction", "moves_after_delivered")]
    assert found[0].effect == "held"
    assert audit(message(*road(), scan(34.5, "【北京市丰台区南小街公司】 派件中")), now=40) == []  # a late scan
