"""Invariant: any order and any repetition of the same messages gives the same findings, but for those about arrival."""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fenghe.logistics.callbacks import ARRIVAL_KINDS, KINDS, Finding, Scan
from tests.logistics.auditing import audit, handover, message, scan

TEXTS = (
    "", "已揽收", "已发出 下一站", "派件中", "已签收", "快件已签收,转EMS,单号1193282791099", "神秘", "退回中", "【圆通】 已揽收",
    "感谢使用中通快递", "3天查询无记录",
)  # fmt: skip
CODES = ("", "收件", "签收", "ZT_77", "0", "3", "abort")


@st.composite
def scans(draw: st.DrawFn) -> Scan:
    """Anything a carrier may say."""
    facts: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "state": st.sampled_from(["0", "3", "5", "6", "304"]),
                "ischeck": st.sampled_from(["0", "1"]),
                "order_no": st.sampled_from(["A20260205001", "A20260205002", "X"]),
                "carrier": st.sampled_from(["yto", "zto"]),
                "named_carrier": st.sampled_from(["sto"]),
                "status": st.sampled_from(["签收", "在途"]),
                "create_time": st.sampled_from(["2026-02-02 09:00:00", "2026-02-20 09:00:00", "x"]),
                "push_status": st.sampled_from(["polling", "abort"]),
                "no_time": st.just("1"),
            },
        )
    )
    hours = draw(st.sampled_from([-4_000, -90, -8, 0, 1, 2, 30, 31, 200]))
    return scan(
        hours,
        draw(st.sampled_from(TEXTS)),
        draw(st.sampled_from(CODES)),
        codes=draw(st.sampled_from(["kuaidi100", "zto"])),
        **facts,
    )


messages = st.lists(st.lists(scans(), min_size=1, max_size=4).map(tuple), min_size=1, max_size=5)


def told(found: list[Finding]) -> set[tuple[str, ...]]:
    """What findings say, without where they were heard first."""
    return {
        (one.key, one.kind, str(one.severity), one.field, one.theirs, one.ours, one.words, one.rule, *one.evidence)
        for one in found
        if one.kind not in ARRIVAL_KINDS
    }


@settings(max_examples=300)
@given(messages, st.randoms(use_true_random=False), st.booleans())
def test_arrival_changes_only_what_is_about_arrival(
    told_in: list[tuple[Scan, ...]], chance: Random, sold: bool
) -> None:
    words = [handover()] if sold else []
    heard = [message(*one, n=n, heard=300) for n, one in enumerate(told_in, 1)]
    again = heard + [chance.choice(heard) for _ in range(3)]
    chance.shuffle(again)
    assert told(audit(*heard, words=words, now=400)) == told(audit(*again, words=words, now=400))


@settings(max_examples=200)
@given(messages)
def test_every_finding_says_all_its_parts(told_in: list[tuple[Scan, ...]]) -> None:
    found = audit(*(message(*one, n=n) for n, one in enumerate(told_in, 1)), words=[handover()], now=400)
    assert len({one.key for one in found}) == len(found)
    for one in found:
        assert one.kind in KINDS and 1 <= one.severity <= 3
        assert one.words and one.field and one.theirs and one.ours and one.rule
