"""The mapper's rule and the shipped reading of Chinese phrases, phrase by phrase."""

import pytest

from fenghe.logistics.mapping import (
    MappingRule,
    Pattern,
    compile_mapping,
    map_status,
    revoked_codes,
    shipped_code_lists,
    shipped_mapping,
    shipped_rules,
    text_rules,
)
from fenghe.logistics.phrases import forwarded_number
from fenghe.logistics.scale import State

READ = {
    State.CREATED: ("下单成功", "订单已创建"),
    State.AWAIT_PICKUP: (
        "卖家发货,等待揽收",
        "商家正通知快递公司揽件",
        "【长沙东站】的 司法分部 已接单",
        "待揽收",
        "等待快递员上门取件",
    ),
    State.PICKUP_ASSIGNED: ("正在安排小哥上门取件", "已安排揽收员上门"),
    State.PICKUP_IN_PROGRESS: ("揽收中",),
    State.PICKED_UP: (
        "顺丰速运 已收取快件",
        "【公司】 已收件 取件人: 某某",
        "快递员已取件",
        "【X公司】进行揽件扫描",
        "已收寄,揽投员:某某",
    ),
    State.IN_TRANSIT: (
        "快件到达【广州派送中心】",
        "快件离开【青浦华新】发往郑州高新区",
        "【北京转运中心公司】 已收入",
        "已装袋发往-浙江温岭公司",
        "应客户要求,快件正在转寄中",
        "【江苏】 已打包",
        "运输中",
    ),
    State.ARRIVED_DEST: ("到达目的地网点", "到达派件网点"),
    State.OUT_FOR_DELIVERY: (
        "正在派送途中,请您准备签收(派件人:某某,电话:0)",
        "快件交给某某,正在派送途中",
        "正在派件,也可以联系小哥将您的快递放到您指定的代收点",
        "-派件中",
        "安排投递,预计23:59前投递",
        "快递员从柜中取出,再次派件",
        "派件",
    ),
    State.READY_FOR_PICKUP: (
        "快件已到达兴盛锦苑妈妈驿站,联系电话",
        "驿站已发出自提短信,请上门自提",
        "快件已被【菜鸟驿站】代收,如有问题请电联",
        "快件已投递【景泰家园南门商铺店】",
        "已签收,请到驿站凭取件码取件",
        "已放入丰巢智能柜,取件码 1234",
        "门卫代收",
    ),
    State.DELIVERED: (
        "前台签收-已签收",
        "客户签收人: 本人签收 已签收 感谢使用圆通速递",
        "【杭州转塘】快件已由本人签收",
        "【北京转运中心】已签收",
        "未签收,再次派送后已签收",
        "凭取货码签收,您的快递已经妥投",
        "快件已由门卫代签收",
        "运单号3378237498354已签收",
        "您已取件,包裹已取件",
        "投递并签收,签收人:他人收",
    ),
    State.DELIVERY_FAILED: (
        "派送不成功,未签收,约定明日再次派送",
        "未妥投,备注:收件人不在",
        "收件人不方便签收",
        "客户电话无人接听",
    ),
    State.REJECTED: ("快件已拒收", "收件人拒绝签收"),
    State.RETURNING: ("客户拒收,快件退回中", "快件退回途中", "退件,原路返回"),
    State.RETURNED: ("退件已签收,签收人:发货人", "退回件 已签收", "寄件人已签收"),
    State.FORWARDED: (
        "快件已转单至邮政EMS,新单号:1234567890123,已签收",
        "【杭州中转站】已转邮政,签收",
        "已转韵达快递,单号4310508235533,签收",
        "转第三方签收",
        "快件已退回/转寄,新单号为: SF1234567890123",
    ),
    State.EXCEPTION: ("快件滞留", "问题件:地址不详", "外包装破损"),
    State.LOST: ("快件已丢失",),
    State.CANCELLED: ("订单已取消",),
    State.CUSTOMS: ("海关放行",),
    State.CUSTOMS_HELD: ("清关异常",),
    State.EXPIRED: ("3天查询无记录",),
    State.UNKNOWN: ("暂无轨迹",),
    State.INFO: ('在官网"运单资料&签收图",可查看签收人信息', "预计明日送达"),
}
CASES = [(state, text) for state, texts in READ.items() for text in texts]


@pytest.mark.parametrize(("state", "text"), CASES)
def test_phrase(state: State, text: str) -> None:
    assert map_status(shipped_mapping("kuaidi100"), code=None, text=text) is state
    assert map_status(shipped_mapping("kuaidi100"), code="", text=text) is state


@pytest.mark.parametrize("word", ["转单", "转第三方", "转邮政", "转EMS", "转至其他快递", "转由邮政承运", "转同行"])
def test_a_hand_over_that_is_signed_is_never_a_delivery(word: str) -> None:
    for text in (f"快件已{word},已签收", f"【杭州】已{word} 签收", f"{word}后签收人:本人", f"签收:已{word}"):
        assert map_status(shipped_mapping("zto"), code=None, text=text) is not State.DELIVERED


def test_a_signature_with_a_new_number_is_a_hand_over_even_under_a_code() -> None:
    text = "已转邮政,新单号:9876543210123,已签收"
    assert map_status(shipped_mapping("zto"), code="签收", text=text) is State.FORWARDED
    assert map_status(shipped_mapping("zto"), code="签收", text="已签收") is State.DELIVERED


def test_an_unmapped_code_has_no_meaning_whatever_the_text_says() -> None:
    mapping = shipped_mapping("zto")
    assert map_status(mapping, code="ZT_05", text="正在派件") is None
    assert map_status(mapping, code="ZT_07", text="已签收") is None
    assert map_status(mapping, code=None, text="谁也没见过的说法") is None
    assert map_status(mapping, code="", text="") is None


def test_the_articles_codes_are_shipped_beside_not_inside_ztos_list() -> None:
    assert [(rule.value, rule.state) for rule in shipped_rules("seed_zto") if rule.match == "code"] == [
        ("ZT_05", "out_for_delivery"),
        ("ZT_07", "delivered"),
    ]
    assert not [rule for rule in shipped_rules("zto") if rule.value.startswith("ZT_")]


def test_every_shipped_rule_is_sound_and_every_list_compiles() -> None:
    for codes in shipped_code_lists():
        rules = shipped_rules(codes)
        assert not [problem for rule in rules if (problem := rule.problem())]
        compile_mapping(codes, rules)
        keys = [(rule.value, rule.when) for rule in rules if rule.match == "code"]
        assert len(keys) == len(set(keys))
    phrases = [rule.value for rule in text_rules()]
    assert len(phrases) == len(set(phrases))


def test_users_rules_go_before_the_shipped_and_conditions_before_plain() -> None:
    own = MappingRule(codes="zto", match="code", value="安检", state="in_transit")
    mapping = compile_mapping("zto", (own, *shipped_rules("zto")))
    assert map_status(mapping, code="安检", text="") is State.IN_TRANSIT
    assert map_status(compile_mapping("sf", (own,)), code="安检", text="") is None
    sf = shipped_mapping("sf")
    assert map_status(sf, code="99", text="快件退回") is State.RETURNING
    assert map_status(sf, code="99", text="快件转寄中") is State.IN_TRANSIT
    assert map_status(sf, code="99", text="转寄,新单号SF1234567890123") is State.FORWARDED


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        (MappingRule(codes="zto", match="regex", value="x", state="info"), "match"),
        (MappingRule(codes="zto", match="code", value=" ", state="info"), "value"),
        (MappingRule(codes="zto", match="code", value="x", state="flying"), "flying"),
        (MappingRule(codes="*", match="code", value="x", state="info"), "码表"),
        (MappingRule(codes="zto", match="text", value="!签收", state="info"), "找"),
        (MappingRule(codes="zto", match="code", value="x", state="info", when="*"), "找"),
    ],
)
def test_a_wrong_row_is_said_in_the_users_words(rule: MappingRule, word: str) -> None:
    problem = rule.problem()
    assert problem is not None
    assert word in problem
    with pytest.raises(ValueError, match=r"zto|\*"):
        compile_mapping("zto", [rule])


def test_patterns() -> None:
    assert Pattern("到*驿站").found_in("快件到了某驿站")
    assert not Pattern("到*驿站").found_in("驿站已到")
    assert Pattern("签收 !准备签收").found_in("准备签收后又签收")
    assert not Pattern("签收 !准备签收").found_in("请您准备签收")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("新单号:SF1234567890123", "SF1234567890123"),
        ("快件转寄,新运单号 SF1234567890123。", "SF1234567890123"),
        ("单号更换为YT1234567890123", "YT1234567890123"),
        ("已转邮政,联系电话13812345678", None),
        ("已转邮政,电话010-12345678", None),
        ("【转运中心】 运单号 1234567890123 到达", None),
        ("【北京】快件已中转至【上海】,车次1234567890123", None),
        ("已签收", None),
    ],
)
def test_the_new_number(text: str, number: str | None) -> None:
    assert forwarded_number(text) == number


def test_the_new_number_is_never_its_own() -> None:
    assert forwarded_number("转单号:YT1234567890123", own="YT1234567890123") is None
    assert forwarded_number("运单YT1234567890123转单,新单号YT9999999999999", own="YT1234567890123") == "YT9999999999999"


def test_revocations() -> None:
    assert revoked_codes("ems", "743") == ("704",)
    assert revoked_codes("ems", "304") == ("303", "336", "345")
    assert revoked_codes("ems", None) == ()
    assert revoked_codes("zto", "743") == ()
