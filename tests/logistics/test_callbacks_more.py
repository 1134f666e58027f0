"""The callback audit further: silences, carriers, lives of a number, and how messages arrived."""

from typing import Any

import pytest

from fenghe.logistics.callbacks import AuditPolicy, Finding, span, title_of
from fenghe.logistics.callbacks_carriers import brands_in, second_carrier
from fenghe.logistics.told_order import strays, way_of
from tests.logistics.auditing import audit, handover, kinds, message, road, scan


def one(found: list[Finding], kind: str) -> Finding:
    """The only finding, of this kind."""
    assert kinds(found) == [kind], [(each.kind, each.words) for each in found]
    return found[0]


def test_a_history_that_stops_says_where_and_for_how_long() -> None:
    found = one(audit(message(*road(upto=3)), now=8 + 72), "history_stops")
    assert (found.rule, found.ours) == ("silence", "运输中")
    assert "72" in found.words or "3 天" in found.words
    assert audit(message(*road(upto=3)), now=8 + 71) == []
    assert kinds(audit(message(*road(upto=3)), now=8 + 25, policy=AuditPolicy(stop_hours=24))) == ["history_stops"]


def test_what_has_ended_or_is_said_to_have_does_not_stop() -> None:
    assert audit(message(*road()), now=10_000) == []
    jumped = message(scan(0, "已揽收"), scan(40, "已签收", state="3", ischeck="1"))
    assert audit(jumped, now=10_000) == []  # the fuse waits for the steps between; the story is over
    assert audit(message(*road(upto=2), scan(3, "退件已签收")), now=10_000) == []


def test_an_unmapped_last_word_is_no_silence() -> None:
    assert kinds(
        audit(message(scan(0, "已揽收", codes="zto", code="收件"), scan(1, "", "ZT_9", codes="zto")), now=10_000)
    ) == ["unknown_code"]


def test_a_parcel_that_was_handed_over_and_never_heard_of() -> None:
    found = one(audit(words=[handover()], now=80), "history_stops")
    assert found.rule == "never_heard"
    assert audit(words=[handover()], now=60) == []


@pytest.mark.parametrize(
    "last",
    [
        scan(9, "3天查询无记录", "abort", no_time="1"),
        scan(8.5, "【南京】 已收入", push_status="abort", push_message="60天无变化"),
        scan(8.5, "【南京】 已收入", push_status="shutdown"),
    ],
)
def test_a_watch_that_ends_without_an_end(last: Any) -> None:
    found = one(audit(message(*road(upto=3), last), now=10), "history_stops")
    assert (found.rule, found.severity) == ("watch_ended", 3)


def test_a_watch_that_ends_with_the_parcel_is_fine() -> None:
    assert audit(message(*road(push_status="shutdown", state="3", ischeck="1")), now=40) == []


def test_two_carriers_by_name() -> None:
    found = one(
        audit(message(scan(0, "已揽收", carrier="yto"), scan(1, "已发出 下一站", carrier="sto"))), "two_carriers"
    )
    assert "圆通" in found.words and "申通" in found.words
    assert kinds(audit(message(scan(0, "已揽收", carrier="yto", named_carrier="sto")))) == ["two_carriers"]
    assert kinds(audit(message(scan(0, "已揽收", carrier="sto")), words=[handover(carrier="yto")], number="77300")) == [
        "two_carriers"
    ]
    assert (
        audit(message(scan(0, "已揽收", carrier="best"), scan(1, "已发出 下一站", carrier="jtexpress")), number="77300")
        == []
    )


def test_two_carriers_by_what_the_texts_say() -> None:
    told = [
        scan(0, "申通快递 已收件", carrier="sto"),
        scan(1, "【圆通】 已揽收", carrier="sto"),
        scan(2, "圆通 已发往", carrier="sto"),
    ]
    assert one(audit(message(*told), number="77300"), "two_carriers").rule == "carriers_in_texts"
    wrong = scan(34, "快件已签收,感谢使用中通快递", carrier="yto")
    assert kinds(audit(message(*road(upto=5)[:2], scan(31, "派件中", carrier="yto"), wrong), now=40)) == [
        "two_carriers"
    ]


def test_signs_over_doors_and_told_hand_overs_are_no_second_carrier() -> None:
    for text in (
        "快件已送达【申通快递驿站】,请取件", "已转邮政,请到邮政查询", "已签收,代收点:中通快递超市", "由韵达合作网点派送",
        "【上海圆通路营业部】 已收入", "菜鸟驿站已签收",
    ):  # fmt: skip
        assert second_carrier("zto", [text]) is None, text
    assert second_carrier("", ["申通 已发往"]) is None
    assert second_carrier("cainiao", ["申通 已发往", "圆通 已发往"]) is None
    assert second_carrier("yto", ["感谢使用圆通速递", "感谢使用申通快递"]) is None  # one stray word proves nothing
    assert brands_in("顺丰速运 已收取快件") == {"sf"}


def test_a_number_that_looks_like_another_carriers() -> None:
    found = one(audit(message(scan(0, "已揽收", carrier="zto")), number="SF1234567890123"), "two_carriers")
    assert (found.rule, found.severity) == ("number_form", 2)


def test_years_between_two_scans_are_two_lives() -> None:
    found = one(audit(message(scan(-24 * 800, "已揽收"), *road()), now=40), "reused_number")
    assert (found.rule, "2 年" in found.words) == ("long_pause", True)
    assert audit(message(scan(-24 * 60, "已揽收"), *road()), now=40) == []


def test_a_scan_from_the_future_and_one_without_a_time() -> None:
    assert "future_time" in kinds(audit(message(scan(10, "已揽收", heard=5))))
    assert audit(message(scan(10, "已揽收", heard=9.5))) == []
    assert kinds(audit(message(scan(0, "已揽收", no_time="1")))) == ["no_time"]


def test_what_came_late_is_told_against_what_was_heard_before() -> None:
    first, second, third = road(upto=3)
    late = audit(message(first, n=1), message(third, n=2), message(second, n=3))
    found = one(late, "out_of_order")
    assert (found.message_id, "晚了 6 小时" in found.words) == (3, True)
    assert audit(message(first, n=1), message(second, n=2), message(third, n=3)) == []
    other = message(second, n=3, source="other")
    assert audit(message(first, n=1), message(third, n=2), other) == []  # two tellers, each in his own order


def test_rows_of_a_file_run_one_way() -> None:
    rows = [message(each, n=0) for each in road(upto=4)]
    assert audit(*reversed(rows), way=None) == []
    assert kinds(audit(rows[0], rows[3], rows[1], rows[2], way=None)) == ["out_of_order"]
    assert audit(rows[1], rows[0], way=None) == []
    assert kinds(audit(rows[1], rows[0], way="up")) == ["out_of_order"]


def test_a_list_that_jumps_is_out_of_order() -> None:
    told = message(scan(0, "已揽收"), scan(1, "已发出 下一站", out_of_order="1"))
    assert one(audit(told), "out_of_order").rule == "list"


def test_a_message_that_brings_nothing_new_is_a_repetition() -> None:
    whole = road(upto=3)
    again = [message(*whole, n=1), message(*whole, n=2), message(*whole[:2], n=3)]
    assert kinds(audit(*again)) == ["duplicate", "duplicate"]
    assert audit(message(*whole[:2], n=1), message(*whole, n=2)) == []  # a fuller history is none
    assert one(audit(message(whole[0], whole[1], whole[1])), "duplicate").rule == "twice_in_list"


@pytest.mark.parametrize(
    ("minutes", "found"),
    [
        ((), ()), ((1, 2, 3), ()), ((3, 2, 1), ()), ((5, 5, 5), ()), ((10, 30, 20), (2,)), ((100, 30, 90, 80, 70), (1,)),
        ((50, 10, 20, 30), (0,)), ((10, 20, 19.5, 30), ()), ((10, 20, 18, 30), (2,)),
    ],
)  # fmt: skip
def test_strays(minutes: tuple[float, ...], found: tuple[int, ...]) -> None:
    assert strays([round(one * 60_000) for one in minutes]) == found


def test_the_way_of_a_file() -> None:
    assert (way_of(10, 2), way_of(2, 10), way_of(5, 4), way_of(0, 0)) == ("up", "down", None, None)


def test_how_a_length_of_time_is_said() -> None:
    assert [span(hours * 3_600_000) for hours in (1, 30, 100, 24 * 800)] == ["1 小时", "30 小时", "4 天", "2 年"]
    assert span(1_800_000) == "30 分钟"
    assert title_of(None) == "未映射"
