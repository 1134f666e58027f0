"""The chart of accounts (会计科目表): a declaration; the shipped one follows 企业会计准则 as small sellers use it. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

CHART: Final = "chart_of_accounts"
"""The declaration's kind; its one name is `default`."""

KINDS: Final = {"asset": "资产", "liability": "负债", "equity": "所有者权益", "income": "收入", "expense": "费用"}

_CODE: Final = re.compile(r"\d{4}(\.\d{2}){0,3}")


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account (科目). `code` is 4 digits, further levels `.01`; `kind` one of KINDS."""

    code: str
    title: str
    kind: str


class Chart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Accounts, and which of them holds the money that lies with each provider (`clearing`, `other` for the rest)."""

    accounts: tuple[Account, ...]
    clearing: Mapping[str, str]

    def clearing_of(self, provider: str) -> str:
        """The account of money that lies with this provider."""
        return self.clearing.get(provider) or self.clearing["other"]

    def titles(self) -> dict[str, str]:
        """Every account's full title: 其他货币资金-支付宝."""
        own = {one.code: one.title for one in self.accounts}
        return {code: "-".join(own[parent] for parent in _line(code) if parent in own) for code in own}

    def problems(self) -> list[str]:
        """What is wrong, in the user's words; empty when it may be published."""
        codes = [one.code for one in self.accounts]
        found = [f"科目编码 {code} 应为 4 位数字,下级用 .01" for code in codes if not _CODE.fullmatch(code)]
        found += [f"科目编码 {code} 重复" for code in sorted({code for code in codes if codes.count(code) > 1})]
        found += [f"科目 {one.code} 没有名称" for one in self.accounts if not one.title.strip()]
        found += [f"科目 {one.code} 的类别应为 {'、'.join(KINDS)}" for one in self.accounts if one.kind not in KINDS]
        found += [f"科目 {code} 没有上级 {code[:-3]}" for code in codes if "." in code and code[:-3] not in codes]
        found += [] if "other" in self.clearing else ["资金科目里应有 other(其他平台)"]
        found += [f"资金科目 {code}({name})不在科目表中" for name, code in self.clearing.items() if code not in codes]
        return found


def _line(code: str) -> Iterable[str]:
    parts = code.split(".")
    return (".".join(parts[: n + 1]) for n in range(len(parts)))


_SHIPPED: Final = (
    ("1002", "银行存款", "asset"),
    ("1012", "其他货币资金", "asset"),
    ("1012.01", "支付宝", "asset"),
    ("1012.02", "微信支付", "asset"),
    ("1012.03", "抖音小店", "asset"),
    ("1012.04", "京东", "asset"),
    ("1012.05", "拼多多", "asset"),
    ("1012.09", "其他平台", "asset"),
    ("1012.99", "出款在途", "asset"),
    ("1122", "应收账款", "asset"),
    ("1221", "其他应收款", "asset"),
    ("2202", "应付账款", "liability"),
    ("2203", "预收账款", "liability"),
    ("2221", "应交税费", "liability"),
    ("2241", "其他应付款", "liability"),
    ("2241.01", "待查明收款", "liability"),
    ("3103", "本年利润", "equity"),
    ("6001", "主营业务收入", "income"),
    ("6301", "营业外收入", "income"),
    ("6401", "主营业务成本", "expense"),
    ("6601", "销售费用", "expense"),
    ("6601.01", "平台服务费", "expense"),
    ("6601.02", "平台佣金", "expense"),
    ("6601.03", "分账支出", "expense"),
    ("6601.04", "推广费", "expense"),
    ("6603", "财务费用", "expense"),
    ("6603.01", "支付手续费", "expense"),
    ("6603.02", "汇兑损益", "expense"),
    ("6711", "营业外支出", "expense"),
    ("6711.01", "对账差异", "expense"),
)

SHIPPED_CHART: Final = Chart(
    accounts=tuple(Account(code=code, title=title, kind=kind) for code, title, kind in _SHIPPED),
    clearing={
        "alipay": "1012.01",
        "wechat": "1012.02",
        "wechatpay": "1012.02",
        "douyin": "1012.03",
        "jd": "1012.04",
        "pdd": "1012.05",
        "other": "1012.09",
    },
)
"""What is in force until somebody publishes another."""
