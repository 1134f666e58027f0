"""The pure parts, for any input: quiet hours, windows, buckets, escalation, templates that nothing can break out of."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fenghe.kernel.connecting_robots import Limit
from fenghe.kernel.notices import composing, pace, template, timing
from fenghe.kernel.notices.changes import Case, Named, Seen, changed, mentioned
from fenghe.kernel.notices.composing import Item
from fenghe.kernel.notices.notice import Notice
from fenghe.kernel.notices.preview import Past, tried
from fenghe.kernel.notices.rule import SHIPPED, Digest, NoticeRule, Step, Targets
from fenghe.kernel.notices.timing import Quiet
from fenghe.kernel.values import CHINA

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
HOURS = st.times().map(lambda one: f"{one:%H:%M}")
QUIETS = st.builds(Quiet, start=HOURS, end=HOURS)
NOW = datetime(2026, 2, 5, 6, 0, tzinfo=UTC)


class TestTiming:
    """Hours by China's clock."""

    @given(moment=MOMENTS, quiet=QUIETS)
    def test_what_quiet_hours_put_off_is_put_to_their_end_and_no_further(self, moment: datetime, quiet: Quiet) -> None:
        until = timing.quiet_until(moment, quiet)
        assert moment <= until <= moment + timedelta(days=1)
        assert timing.quiet_until(until, quiet) == until, "their end is not quiet"
        if until != moment:
            assert f"{until.astimezone(CHINA):%H:%M}" == quiet.end
            assert timing.quiet_until(until - timedelta(microseconds=1), quiet) == until

    @pytest.mark.parametrize(
        ("start", "end", "clock", "quiet"),
        [
            ("22:00", "08:00", time(23), True),
            ("22:00", "08:00", time(7, 59), True),
            ("22:00", "08:00", time(8), False),
            ("22:00", "08:00", time(21, 59), False),
            ("12:00", "14:00", time(13), True),
            ("12:00", "14:00", time(23), False),
            ("08:00", "08:00", time(8), False),
            ("no", "08:00", time(3), False),
        ],
    )
    def test_across_midnight_too(self, start: str, end: str, clock: time, quiet: bool) -> None:
        moment = datetime.combine(datetime(2026, 2, 5, tzinfo=CHINA), clock, tzinfo=CHINA)
        assert (timing.quiet_until(moment, Quiet(start=start, end=end)) != moment) == quiet

    @given(moment=MOMENTS, minutes=st.integers(1, 1440), later=st.integers(0, 86_400))
    def test_windows_stand_still_and_are_as_long_as_said(self, moment: datetime, minutes: int, later: int) -> None:
        end = timing.window_end(moment, minutes)
        assert timedelta(0) < end - moment <= timedelta(minutes=minutes)
        other = moment + timedelta(seconds=later)
        assert (timing.window_end(other, minutes) == end) == (other < end)

    @given(moment=MOMENTS, quiet=st.none() | QUIETS, minutes=st.integers(0, 120), severe=st.booleans())
    def test_nothing_is_due_before_it_happened_or_in_the_quiet(
        self, moment: datetime, quiet: Quiet | None, minutes: int, severe: bool
    ) -> None:
        due = timing.due_at(moment, severe=severe, quiet=quiet, minutes=minutes, severe_at_once=True)
        assert moment <= due <= moment + timedelta(days=1, minutes=minutes)
        assert severe or timing.quiet_until(due, quiet) == due
        assert not severe or due == moment

    @given(minutes=st.lists(st.integers(1, 10_080), max_size=5))
    def test_each_step_comes_after_the_one_before_and_then_none(self, minutes: list[int]) -> None:
        dues = [timing.step_due(NOW, minutes, step) for step in range(len(minutes) + 1)]
        assert dues.pop() is None and timing.step_due(NOW, minutes, -1) is None
        assert dues == sorted(due for due in dues if due is not None)
        for due, before, wait in zip(dues, [NOW, *dues], minutes, strict=False):
            assert due is not None and before is not None and due - before == timedelta(minutes=wait)


class TestPace:
    """Buckets."""

    @given(
        per_minute=st.integers(1, 200),
        per_second=st.integers(0, 20),
        waits=st.lists(st.floats(0, 30), min_size=1, max_size=80),
    )
    def test_no_minute_and_no_second_passes_the_limit(
        self, per_minute: int, per_second: int, waits: list[float]
    ) -> None:
        limit = Limit(per_minute=per_minute, per_second=per_second)
        bucket, now, sent = None, 1_000.0, []
        for wait in waits:
            now += wait
            given_out, bucket = pace.take(pace.filled(bucket, limit, now=now), 1_000)
            sent += [now] * given_out
        for begin in sent:
            assert sum(begin <= at < begin + 60 for at in sent) <= per_minute
            assert not per_second or sum(begin <= at < begin + 1 for at in sent) <= per_second

    @given(per_minute=st.integers(1, 200), per_second=st.integers(0, 20))
    def test_it_never_runs_dry_for_good(self, per_minute: int, per_second: int) -> None:
        limit = Limit(per_minute=per_minute, per_second=per_second)
        _, empty = pace.take(pace.filled(None, limit, now=0.0), 1_000)
        assert pace.take(pace.filled(empty, limit, now=61.0), 1)[0] == 1

    def test_a_clock_that_goes_back_fills_nothing(self) -> None:
        limit = Limit(per_minute=20)
        _, empty = pace.take(pace.filled(None, limit, now=100.0), 5)
        assert pace.take(pace.filled(empty, limit, now=50.0), 1)[0] == 0


ANY_TEXT = st.text(max_size=300) | st.text(alphabet="{}[]()*_`#>@\n|~<!链接a1 :/", max_size=80)


class TestTemplates:
    """Words with placeholders."""

    @given(value=ANY_TEXT)
    def test_a_value_stays_on_its_line_and_acts_in_no_way(self, value: str) -> None:
        filled = template.fill("- {title} 完", {"title": value})
        assert filled.startswith("- ") and filled.endswith(" 完")
        inside = filled[2:-2]
        assert not set(inside) & set("\n\r\t`*[]()#<>|~!\\")
        assert "://" not in inside
        assert "@all" not in inside and "@1" not in inside

    @given(value=ANY_TEXT, other=ANY_TEXT)
    def test_what_is_filled_in_is_not_filled_again(self, value: str, other: str) -> None:
        once = template.fill("{title}|{text}", {"title": value, "text": other})
        assert once == f"{template.one_line(value) or '未知'}|{template.one_line(other) or '未知'}"
        assert template.fill("{title}", {"title": "{link}", "link": "https://x"}) == "{link}"

    @pytest.mark.parametrize(
        ("text", "wrong"),
        [
            ("{title}", ""),
            ("{{不是占位符}}", ""),
            ("{titel}", "没有占位符 {titel}"),
            ("{title.__class__}", "没有占位符"),
            ("{title!r}", "没有占位符"),
            ("{", "落单"),
            ("好}", "落单"),
            ("  ", "不能为空"),
            ("字" * 4_001, "最多"),
        ],
    )
    def test_a_wrong_template_is_told_before_it_is_published(self, text: str, wrong: str) -> None:
        found = template.problems(text)
        assert (not found) if not wrong else any(wrong in one for one in found)

    @given(text=ANY_TEXT)
    def test_what_passes_the_check_can_be_filled(self, text: str) -> None:
        if not template.problems(text):
            assert "\x00{" not in template.fill(text, dict.fromkeys(template.FIELDS, "值"))

    def test_numbers_can_be_copied_and_phones_do_not_slant(self) -> None:
        assert template.one_line("dy_123_4") == "dy_123_4"
        assert template.one_line("_斜体_") == "＿斜体＿"
        assert template.one_line("138****5678") == "138＊＊＊＊5678"


def item(n: int, **more: Any) -> Item:
    """The nth item of one group."""
    told: dict[str, Any] = {
        "id": n, "notice_id": n, "rule": "r", "target": "robot:g", "event": "opened", "kind": "a", "kind_title": "甲",
        "severity": 2, "case_id": n, "title": f"工单 {n}", "happened_at": NOW, **more,
    }  # fmt: skip
    return Item(**told)


ITEMS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(["robot:g", "robot:h"]), st.integers(1, 3)), max_size=40
)


class TestComposing:
    """Messages."""

    @given(told=ITEMS, more_than=st.integers(1, 10))
    def test_every_item_is_in_exactly_one_message_and_groups_do_not_mix(
        self, told: list[tuple[str, str, int]], more_than: int
    ) -> None:
        items = [item(n, kind=kind, target=target, severity=level) for n, (kind, target, level) in enumerate(told)]
        rule = NoticeRule(title="r", digest=Digest(more_than=more_than))
        groups = composing.groups(items, {"r": rule})
        assert sorted(one.id for group in groups for one in group) == list(range(len(items)))
        for group in groups:
            assert len({(one.kind, one.target) for one in group}) == 1
            assert len(group) == 1 or len(group) > more_than
            message = composing.compose(group, rule, public_url="https://hub", now=NOW)
            assert message.count == len(group) and message.severity == max(one.severity for one in group)
            assert len(message.markdown.encode()) <= composing.LONGEST_BODY

    @given(name=st.text(min_size=2, max_size=8), phone=st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), title=ANY_TEXT)
    def test_no_message_carries_a_phone_or_a_name_in_full(self, name: str, phone: str, title: str) -> None:
        one = item(1, buyer_name=f"张{name}", buyer_phone=phone, title=title, paid_minor=3580, currency="CNY")
        message = composing.compose([one], SHIPPED["severe"], public_url="https://hub", now=NOW)
        assert phone not in message.markdown + message.text + message.title
        assert "订单 ¥35.80" in message.markdown

    @pytest.mark.parametrize(
        ("amount", "currency", "words"),
        [
            (0, "CNY", "订单 ¥0.00"),
            (-5, "CNY", "订单 -¥0.05"),
            (123456789, "CNY", "订单 ¥1,234,567.89"),
            (500, "JPY", "订单 JPY 500"),
            (None, "CNY", "订单金额未知"),
        ],
    )
    def test_money_is_exact(self, amount: int | None, currency: str, words: str) -> None:
        assert composing.money_words(amount, currency) == words


class TestChanges:
    """What changed."""

    def test_each_change_is_one_notice_with_a_key_of_its_own(self) -> None:
        case = Case(
            id=1, kind="a", severity=2, status="open", owner_id=None, due_at=None, title="t", shop="", opened_at=NOW,
            changed_at=NOW,
        )  # fmt: skip
        seen, told = changed(None, case)
        assert [one.key for one in told] == ["case:1:opened:1"]
        assert changed(seen, case) == (seen, [])
        closed = Case(**{**_fields(case), "status": "resolved"})
        seen, told = changed(seen, closed)
        assert told == [] and changed(None, closed)[1] == []
        _, told = changed(seen, case)
        assert [one.key for one in told] == ["case:1:reopened:2"]
        _, told = changed(Seen(status="open", severity=1, owner_id=None), case)
        assert [one.event for one in told] == ["severity"]

    @pytest.mark.parametrize(
        ("body", "who"),
        [
            ("@kefu 看一下", [1]),
            ("@kefu2 看一下", [2]),
            ("@kefu23", []),
            ("@客服小林请看", [1]),
            ("@客服小林二请看", [2]),
            ("请@kefu和@kefu2,@kefu", [1, 2]),
            ("a@kefu.com", [1]),
            ("没有人", []),
        ],
    )
    def test_who_is_named(self, body: str, who: list[int]) -> None:
        people = [Named(id=1, username="kefu", name="客服小林"), Named(id=2, username="kefu2", name="客服小林二")]
        assert mentioned(body, people) == who


def _fields(case: Case) -> dict[str, Any]:
    return {name: getattr(case, name) for name in Case.__struct_fields__}


def past(n: int, at: datetime, **more: Any) -> Past:
    """A case opened then."""
    notice = Notice(key=f"past:{n}", event="opened", kind="a", severity=2, case_id=n, title="t", happened_at=at)
    return Past(notice=notice, item=item(n, happened_at=at), **more)


class TestRules:
    """Rules and their trial."""

    def test_what_is_shipped_is_sound(self) -> None:
        assert all(rule.problems() == [] for rule in SHIPPED.values())

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"title": " "}, "title"),
            ({"events": ["born"]}, "events"),
            ({"events": ["escalated"]}, "events"),
            ({"events": []}, "events"),
            ({"severities": [4]}, "severities"),
            ({"targets": Targets()}, "targets"),
            ({"message_title": "a\nb"}, "message_title"),
            ({"message_body": "{nobody}"}, "message_body"),
            ({"quiet": Quiet(start="25:00", end="08:00")}, "quiet"),
            ({"digest": Digest(minutes=-1)}, "digest"),
            ({"digest": Digest(top=0)}, "digest"),
            ({"dedupe_minutes": -1}, "dedupe_minutes"),
            ({"escalation": [Step(after_minutes=0, targets=Targets(roles=["cs"]))]}, "escalation"),
            ({"escalation": [Step(after_minutes=5)]}, "escalation"),
        ],
    )
    def test_a_wrong_rule_says_where(self, wrong: dict[str, Any], field: str) -> None:
        sound: dict[str, Any] = {"title": "r", "targets": Targets(roles=["ops"])}
        assert NoticeRule(**sound).problems() == []
        assert any(one.startswith(f"{field} ") for one in NoticeRule(**{**sound, **wrong}).problems())

    def test_the_trial_counts_messages_digests_repeats_and_escalations(self) -> None:
        rule = NoticeRule(
            title="r",
            targets=Targets(robots=["g"]),
            digest=Digest(minutes=5, more_than=3),
            escalation=[Step(after_minutes=30, targets=Targets(roles=["cs"]))],
        )
        many = [past(n, NOW, taken_at=NOW) for n in range(10)]
        single = past(20, NOW + timedelta(hours=1))
        again = past(20, NOW + timedelta(hours=1, minutes=5), taken_at=NOW)
        settled = past(30, NOW + timedelta(hours=2), taken_at=NOW, closed_at=NOW + timedelta(hours=2, minutes=1))
        found = tried("r", rule, [*many, single, again, settled], public_url="", now=NOW + timedelta(hours=5))
        assert (found.notices, found.matched, found.digests, found.held_back) == (13, 13, 1, 1)
        assert found.escalations == 2, "the step, and the administrators behind it"
        assert found.by_target == {"robot:g": 2, "role:cs": 1, "role:admin": 1}
        assert found.messages == 4
