"""Posting (过账): every voucher balances, whatever the amounts; what no rule or account speaks of is never booked by default."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.money.chart import SHIPPED_CHART, Account, Chart
from fenghe.money.posting import (
    EVENTS,
    SHIPPED_RULES,
    Movement,
    NotPosted,
    Posted,
    PostingRule,
    RuleEntry,
    post,
    reversed_lines,
    rules_in_force,
)

RULES = rules_in_force({})


def movement(event: str = "payment.received", amount: int = 1990, provider: str = "alipay") -> Movement:
    return Movement(
        slot="x", event=event, document_kind="payment", document_key="1", provider=provider, currency="CNY",
        amounts={"amount": amount}, booked_on=date(2026, 2, 5), order_no="A1",
    )  # fmt: skip


def test_the_shipped_chart_and_rules_are_without_fault() -> None:
    assert SHIPPED_CHART.problems() == []
    assert set(SHIPPED_RULES) == set(EVENTS)
    assert [rule.problems(SHIPPED_CHART) for rule in SHIPPED_RULES.values()] == [[]] * len(EVENTS)


@given(
    event=st.sampled_from(sorted(EVENTS)),
    amount=st.integers(-(10**12), 10**12),
    provider=st.sampled_from(["alipay", "wechatpay", "douyin", "jd", "pdd", "nobody knows"]),
)
def test_a_voucher_balances_and_its_reversal_takes_it_back(event: str, amount: int, provider: str) -> None:
    posted = post(movement(event, amount, provider), RULES, SHIPPED_CHART)
    if amount == 0:
        assert posted == NotPosted("金额为零", problem=False)
        return
    assert isinstance(posted, Posted)
    assert sum(line.debit_minor for line in posted.lines) == posted.total_minor == abs(amount)
    assert sum(line.credit_minor for line in posted.lines) == posted.total_minor
    sums: dict[str, int] = {}
    for line in (*posted.lines, *reversed_lines(posted.lines)):
        assert (line.debit_minor == 0) != (line.credit_minor == 0)
        sums[line.account] = sums.get(line.account, 0) + line.debit_minor - line.credit_minor
    assert set(sums.values()) == {0}


def test_a_payment_lies_with_its_provider_and_clears_the_receivable() -> None:
    posted = post(movement(), RULES, SHIPPED_CHART)
    assert isinstance(posted, Posted)
    assert [(line.account, line.debit_minor, line.credit_minor) for line in posted.lines] == [
        ("1012.01", 1990, 0),
        ("1122", 0, 1990),
    ]
    assert posted.rule_version == "posting_rule:payment.received@0"


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ((("9999", "debit", "amount"), ("1122", "credit", "amount")), "科目 9999 不在科目表中"),
        ((("1002", "debit", "amount"), ("1122", "credit", "fee")), "收到支付没有金额 fee"),
        ((("1002", "debit", "amount"), ("1122", "debit", "amount")), "借贷不平:借 3980 分,贷 0 分"),
    ],
)
def test_a_rule_that_does_not_work_books_nothing(entries: tuple[tuple[str, str, str], ...], words: str) -> None:
    rule = PostingRule(entries=tuple(RuleEntry(account=a, side=s, amount=m) for a, s, m in entries))
    rules = rules_in_force({"payment.received": (3, rule)})
    assert post(movement(), rules, SHIPPED_CHART) == NotPosted(words)


def test_an_event_without_a_rule_is_a_problem_and_an_empty_rule_is_a_choice() -> None:
    assert post(movement("gift.received"), RULES, SHIPPED_CHART) == NotPosted("没有 gift.received 的过账规则")
    none = rules_in_force({"payment.received": (1, PostingRule(entries=()))})
    assert post(movement(), none, SHIPPED_CHART) == NotPosted("规则规定不记账", problem=False)


def test_what_is_wrong_with_a_chart_is_said() -> None:
    chart = Chart(
        accounts=(
            Account(code="1002", title="银行存款", kind="asset"),
            Account(code="1002", title="", kind="thing"),
            Account(code="12", title="短", kind="asset"),
            Account(code="1012.01", title="支付宝", kind="asset"),
        ),
        clearing={"alipay": "1012.02"},
    )
    assert chart.problems() == [
        "科目编码 12 应为 4 位数字,下级用 .01",
        "科目编码 1002 重复",
        "科目 1002 没有名称",
        "科目 1002 的类别应为 asset、liability、equity、income、expense",
        "科目 1012.01 没有上级 1012",
        "资金科目里应有 other(其他平台)",
        "资金科目 1012.02(alipay)不在科目表中",
    ]


def test_a_rule_must_have_both_sides() -> None:
    rule = PostingRule(entries=(RuleEntry(account="1002", side="left"),))
    assert rule.problems(SHIPPED_CHART) == [
        "第 1 行:方向应为 debit(借)或 credit(贷)",
        "至少要有一行借方和一行贷方",
    ]
