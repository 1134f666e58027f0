"""A mapping as the screen reads it: what lies over what, what a version changed, and where code lists come from."""

from typing import Any

import pytest

from fenghe.logistics import mapping_view as view
from fenghe.logistics.declared import MappingBody, UserRule
from fenghe.logistics.mapping import map_status, shipped_code_lists, shipped_mapping, shipped_rules


def rule(value: str, state: str, **more: str) -> UserRule:
    """A user's row for a code."""
    return UserRule(
        match=more.get("match", "code"), value=value, state=state, note=more.get("note", ""), when=more.get("when", "")
    )


def body(*rules: UserRule) -> MappingBody:
    """A user's rows."""
    return MappingBody(rules=rules)


def test_a_users_row_lies_over_the_shipped_one_of_the_same_name() -> None:
    rows = view.rules_in_force("zto", body(rule("签收", "in_transit"), rule("ZT_05", "out_for_delivery")))
    assert [(row.value, row.state, row.shipped) for row in rows[:2]] == [
        ("签收", "in_transit", False),
        ("ZT_05", "out_for_delivery", False),
    ]
    names = [(row.match, row.value, row.when) for row in rows]
    assert len(names) == len(set(names)) and all(row.shipped for row in rows[2:])
    covered = view.rules_covered("zto", body(rule("签收", "in_transit"), rule("ZT_05", "out_for_delivery")))
    assert [(row.value, row.state, row.shipped) for row in covered] == [("签收", "delivered", True)]


def test_a_plain_row_covers_its_code_and_a_row_for_some_texts_only_those() -> None:
    narrow = next(one for one in shipped_rules("sf") if one.when)
    plain = view.rules_in_force("sf", body(rule(narrow.value, "info")))
    assert [row.when for row in plain if row.value == narrow.value] == [""], "a plain row speaks for all of its code"
    same = view.rules_in_force("sf", body(rule(narrow.value, "info", when=narrow.when)))
    assert [row.shipped for row in same if (row.value, row.when) == (narrow.value, narrow.when)] == [False]


def test_differences_show_shipped_rows_that_come_to_light() -> None:
    told = view.differences("zto", body(rule("签收", "info"), rule("X", "info")), body(rule("Y", "lost")))
    assert [(one.value, one.before, one.after) for one in told] == [
        ("X", "info", None),
        ("Y", None, "lost"),
        ("签收", "info", "delivered"),
    ]
    assert view.differences("zto", body(), body(rule("签收", "delivered", note="随附也是"))) == []


def test_a_version_is_counted_against_the_one_before() -> None:
    old = body(rule("A", "info"), rule("B", "info"), rule("C", "info"), rule("D", "info"))
    new = body(rule("B", "info"), rule("C", "lost"), rule("D", "info", note="为什么"), rule("D", "lost", when="丢"))
    assert view.counts(old, new) == view.RuleCounts(added=1, removed=1, changed=2)


def test_code_lists_are_declared_by_sources_in_either_place() -> None:
    sources: list[tuple[str, dict[str, Any]]] = [
        ("文件", {"codes": " files ", "layout": "named"}),
        ("闪电", {"layout": {"codes": "flash", "carrier": "flash"}}),
        ("又一个", {"layout": {"codes": "flash"}, "codes": 7}),
        ("空", {"codes": "", "layout": {}}),
    ]
    assert view.declared_words(sources, "codes") == {"files": "文件", "flash": "闪电"}
    assert view.declared_words(sources, "carrier") == {"flash": "闪电"}


@pytest.mark.parametrize(
    ("codes", "title"),
    [("zto", "中通快递"), ("17track", "17TRACK"), ("flash", "闪电"), ("nobody", "nobody"), ("kdniao", "快递鸟")],
)
def test_titles(codes: str, title: str) -> None:
    assert view.title_of_codes(codes, {"flash": "闪电", "kdniao": "我的连接"}) == title
    assert view.title_of_carrier("zto", {}) == "中通快递"
    assert view.title_of_carrier(codes, {codes: "别名"}) == ("中通快递" if codes == "zto" else "别名")
    assert view.title_of_carrier("nobody", {}) == "nobody"


def test_every_offered_list_is_shipped_and_comes_first() -> None:
    assert set(view.OFFERED) <= set(shipped_code_lists())
    assert view.in_order(view.OFFERED, ["zz", "zto"], {"aa": 1}) == [*view.OFFERED, "aa", "zz"]


def test_what_is_shown_as_shipped_is_what_is_read() -> None:
    plain = [row for row in view.rules_in_force("zto", body()) if row.match == "code" and not row.when]
    conditional = {row.value for row in view.rules_in_force("zto", body()) if row.when}
    for row in plain:
        if row.value not in conditional:
            assert map_status(shipped_mapping("zto"), code=row.value, text="") == row.state
