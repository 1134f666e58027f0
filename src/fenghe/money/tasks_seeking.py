"""Searches (凭证寻踪): begun by a person, gone on with by whichever worker is free, over when everybody asked has answered.

Promises: beginning, asking and noting who asked whom is one transaction; one search a chain at a time; what was found enters by
the inbox and is never written by hand; whoever dies in the middle loses nothing, the next one goes on where it stood.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import psycopg
import structlog
from psycopg import Connection

from fenghe.kernel.outbox import store as outbox
from fenghe.kernel.people.person import Actor
from fenghe.kernel.people.store_access import log_access
from fenghe.kernel.pulse import store as pulse
from fenghe.kernel.store_reading import Row
from fenghe.kernel.web.problems import Problem, bad_field, conflict
from fenghe.money import store_asking, store_mentions, store_seeking
from fenghe.money.asking import Ask, Wish
from fenghe.money.channel_asking import ORDER_FETCH, SEEK, OrderAsked
from fenghe.money.seeking import (
    DEADLINE,
    MOST_OF_CHAIN,
    MOST_OF_PERSON,
    SPAN,
    Facts,
    Question,
    plan,
    says_none,
)
from fenghe.money.store_mentions import Hit, Piece
from fenghe.money.store_seeking import Asked, Call
from fenghe.money.tasks_trace import Several, Traced, Unknown, find_chain, unknown_key, whole
from fenghe.money.trace import Gap, Kind
from fenghe.money.trace_numbers import Found

BATCH: Final = 10
PAUSE: Final = timedelta(seconds=1)
BROKEN: Final = timedelta(seconds=30)
UNREAD: Final = timedelta(minutes=2)
TOPICS: Final = ("money",)
_log = structlog.get_logger("fenghe.seeking")


class Carrier(msgspec.Struct, frozen=True, kw_only=True):
    """How a carrier was asked: the call's name in the outbox (empty: it was not asked), and words."""

    outbox_key: str
    words: str


AskCarrier = Callable[[Connection[Any], str, datetime], Carrier]


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """A search that stands. `how`: begun, joined (it was under way), former (the same was made minutes ago)."""

    id: int
    how: str


def start(
    connection: Connection[Any],
    *,
    number: str,
    which: str,
    scope: str,
    actor: Actor,
    ask_carrier: AskCarrier,
    now: datetime,
) -> Started:
    """Begin a search about a chain or one gap of it; the one that stands already is given instead."""
    found = find_chain(connection, number, which=which)
    if isinstance(found, Several):
        raise conflict(f"编号 {found.number} 属于 {len(found.choices)} 条凭证链，请先选定是哪一条。", code="several")
    if isinstance(found, Unknown) and found.problem:
        raise bad_field("number", found.problem)
    chain_key = found.numbers.key if isinstance(found, Found) else unknown_key(found.number)
    store_seeking.take_turns(connection, chain_key, f"person:{actor.person}")
    stands = store_seeking.standing(connection, chain_key, scope, now=now)
    if stands is not None:
        return Started(id=stands["id"], how="joined" if stands["status"] == "running" else "former")
    _refuse_too_many(connection, chain_key, actor, now)
    gaps, facts, told = _gaps(connection, number, which, found, scope, now)
    words = gaps[0].words if scope else "整条凭证链" if gaps else f"没有单据的编号 {facts.number}"
    values = {
        "chain_key": chain_key, "number": told, "which": which, "scope": scope, "scope_words": words,
        "asked_by": actor.person, "ip": actor.ip, "asked_at": now, "deadline_at": now + DEADLINE,
    }  # fmt: skip
    search = store_seeking.begin(connection, values, gaps)
    asked = [_put(connection, search, n, one, ask_carrier, now) for n, one in enumerate(plan(gaps, facts, now=now))]
    store_seeking.write_questions(connection, search, asked, numbers=facts.numbers)
    log_access(connection, actor, action="trace.seek.started", target=f"{told} {words}")
    pulse.beat(connection, TOPICS)
    return Started(id=search, how="begun")


def _refuse_too_many(connection: Connection[Any], chain_key: str, actor: Actor, now: datetime) -> None:
    own, about = store_seeking.counts(connection, chain_key=chain_key, person=actor.person, now=now)
    minutes = int(SPAN.total_seconds()) // 60
    if own >= MOST_OF_PERSON:
        words = f"您在 {minutes} 分钟内已寻踪 {own} 次，每人最多 {MOST_OF_PERSON} 次。请稍后再试。"
    elif about >= MOST_OF_CHAIN:
        words = f"这条凭证链在 {minutes} 分钟内已寻踪 {about} 次，最多 {MOST_OF_CHAIN} 次。请稍后再试。"
    else:
        return
    raise Problem(429, words, code="too_many_searches", retry_after_seconds=60)


def _gaps(
    connection: Connection[Any], number: str, which: str, found: Found | Unknown, scope: str, now: datetime
) -> tuple[list[Gap], Facts, str]:
    """(the gaps to be asked about, what is known, the number as it is looked up)."""
    if isinstance(found, Unknown):
        return [], store_seeking.facts_of(connection, found.number, None), found.number
    traced = whole(connection, number, found, which=which, now=now)
    facts = store_seeking.facts_of(connection, traced.number, found.numbers)
    gaps = [gap for gap in traced.chain.gaps if gap.search and scope in ("", gap.name)]
    if scope and not gaps:
        raise conflict("这个缺口已经补上，或没有谁可以问。请看刷新后的凭证链。", code="no_such_gap")
    if not gaps:
        raise conflict("这条凭证链没有可以寻踪的缺口。", code="no_gap")
    return gaps, facts, traced.number


def _put(
    connection: Connection[Any], search: int, n: int, one: Question, ask_carrier: AskCarrier, now: datetime
) -> Asked:
    """Put one question where questions are taken from."""
    if one.problem or one.who == "files":
        return Asked(question=one)
    if one.who == "carrier":
        told = ask_carrier(connection, one.parcel, now)
        question = one if told.outbox_key else msgspec.structs.replace(one, problem=told.words)
        return Asked(question=question, outbox_key=told.outbox_key, answer=told.words)
    key = f"seek:{search}:{n}"
    if one.who == "channel":
        asked = OrderAsked(order_no=one.payload["order_no"], source=SEEK)
        payload = msgspec.to_builtins(asked)
        outbox.enqueue(connection, idempotency_key=key, source=one.source, act=ORDER_FETCH, payload=payload, due_at=now)
    else:
        wish = msgspec.convert(dict(one.payload), Wish)
        store_asking.ask(connection, Ask(one.act), wish, source=one.source, key=key, due_at=now)
    return Asked(question=one, outbox_key=key)


# ── going on ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class SeekingDuty:
    """Notes what was answered, looks through files piece by piece, and ends what is over."""

    name = "seeking"
    every_seconds = 1.0

    def turn(self, connection: Connection[Any], *, now: datetime) -> int:
        """A look at each search whose time has come, each in a transaction of its own."""
        moved = 0
        for _ in range(BATCH):
            with connection.transaction():
                claimed = store_seeking.claim(connection, now=now, limit=1)
                if not claimed:
                    break
                moved += _one(connection, claimed[0], now)
        if moved:
            pulse.beat(connection, TOPICS)
        return moved


def _one(connection: Connection[Any], search: Row, now: datetime) -> int:
    """One look; a search that cannot be looked at is left alone for a while, and ended at its deadline: the others go on."""
    try:
        with connection.transaction():
            return _go_on(connection, search, now)
    except Exception:
        if connection.broken or connection.closed:
            raise
        _log.exception("search cannot be looked at", search=search["id"])
    if now >= search["deadline_at"]:
        for row in store_seeking.waiting(connection, search["id"]):
            store_seeking.answer(connection, row["id"], status="failed", words="内部错误，请看日志")
        store_seeking.finish(connection, search["id"], _as_before(search), now=now)
    else:
        store_seeking.look_again(connection, search["id"], at=now + BROKEN)
    return 1


def _go_on(connection: Connection[Any], search: Row, now: datetime) -> int:
    """One look at one search; returns how many of its questions moved."""
    rows = store_seeking.waiting(connection, search["id"])
    late = now >= search["deadline_at"]
    keys = [key for row in rows for key in (row["outbox_key"], f"{Ask.BILL}:{row['outbox_key']}") if row["outbox_key"]]
    calls = store_seeking.calls(connection, keys)
    moved, open_questions = 0, 0
    for row in rows:
        told = _look(connection, search, row, calls, now)
        if late and (told is None or told.status == "waiting"):
            told = _Answer("late", _late(row, calls.get(row["outbox_key"])))
        if told is None or told.status == "waiting":
            open_questions += 1
        if told is not None and (told.status != "waiting" or told.words != row["answer"]):
            store_seeking.answer(
                connection, row["id"], status=told.status, words=told.words, message_id=told.message_id
            )
            moved += 1
    if open_questions:
        files = any(row["who"] == "files" for row in rows) and moved
        store_seeking.look_again(connection, search["id"], at=now if files else now + PAUSE)
        return moved
    store_seeking.finish(connection, search["id"], _gaps_now(connection, search, now), now=now)
    return moved + 1


def _gaps_now(connection: Connection[Any], search: Row, now: datetime) -> list[Gap]:
    """What stands open of what the search was about."""
    found = find_chain(connection, search["number"], which=search["which"])
    if not isinstance(found, Found):  # the number has become ambiguous meanwhile: nothing is said to be closed
        return _as_before(search)
    traced = whole(connection, search["number"], found, which=search["which"], now=now)
    asked = {one["name"] for one in search["gaps_before"]}
    return [gap for gap in traced.chain.gaps if gap.name in asked]


def _as_before(search: Row) -> list[Gap]:
    return [
        Gap(code=one["code"], beside=one["name"].partition("|")[2], words=one["words"]) for one in search["gaps_before"]
    ]


class _Answer(msgspec.Struct, frozen=True):
    status: str
    words: str
    message_id: int | None = None


def _look(connection: Connection[Any], search: Row, row: Row, calls: dict[str, Call], now: datetime) -> _Answer | None:
    """How a question stands; None: nothing is known yet."""
    if row["who"] == "files":
        return _through_files(connection, search, row, now)
    call = calls.get(row["outbox_key"])
    if call is None:
        return None
    if call.status == "done" and row["who"] == "bill":
        return _bill(connection, call, calls.get(f"{Ask.BILL}:{row['outbox_key']}"))
    return _called(call, row["answer"])


def _called(call: Call, before: str) -> _Answer | None:
    if call.status == "failed":
        return _Answer("nothing" if says_none(call.error) else "failed", call.error)
    if call.status == "waiting":
        return _Answer("waiting", f"还没有答复：{call.error}，会再问" if call.error else before)
    if call.handled is None or call.handled == 0:
        return None
    if call.handled == 2:
        return _Answer("failed", f"有答复，但读不懂，请看收件箱报文 {call.message_id}", call.message_id)
    if call.told:
        return _Answer("found", f"有答复：{call.told}", call.message_id)
    return _Answer("nothing", "有答复，没有新的单据", call.message_id)


def _bill(connection: Connection[Any], link: Call, bill: Call | None) -> _Answer | None:
    """A bill is an address, then a file, then rows."""
    if bill is None:
        return _Answer("failed", "支付机构的答复里没有账单地址", link.message_id)
    if bill.status != "done":
        return _called(bill, "正在下载")
    upload = None if bill.message_id is None else store_seeking.upload_of(connection, bill.message_id)
    if upload is None or upload["state"] in ("waiting", "running", "held"):
        return _Answer("waiting", "账单已下载，正在导入", bill.message_id)
    if upload["state"] != "done":
        refused = upload["report"].get("refused") or {}
        return _Answer("failed", f"账单没有导入：{refused.get('message', upload['state'])}", bill.message_id)
    read, stored = upload["report"].get("read", 0), upload["report"].get("stored", 0)
    words = f"账单 {read} 行，其中 {stored} 行是新的"
    return _Answer("found" if stored else "nothing", words, bill.message_id)


def _late(row: Row, call: Call | None) -> str:
    if row["who"] == "files":
        return f"十分钟内没有找完；{row['answer']}"
    said = f"（最近一次：{call.error}）" if call is not None and call.error else ""
    return f"十分钟内没有答复{said}；问题仍在发件箱里，答复来了会自己接上凭证链"


# ── through files ────────────────────────────────────────────────────────────────────────────────────────────────────


class _Progress(msgspec.Struct, kw_only=True):
    """Where the looking stands, kept in the database between pieces."""

    stage: str = "lines"
    cursor: int | None = None
    looked: dict[str, int] = msgspec.field(default_factory=dict)
    found: int = 0
    anew: list[int] = msgspec.field(default_factory=list)
    anew_since: datetime | None = None
    short: list[str] = msgspec.field(default_factory=list)


_STAGES: Final = ("lines", "vouchers", "uploads", "aside", "anew", "messages", "over")
_NAMES: Final = {
    "lines": "账单行", "vouchers": "凭证", "uploads": "未导入的文件", "aside": "读不懂的报文", "anew": "重新读过的报文",
    "messages": "读过的报文",
}  # fmt: skip


def _through_files(connection: Connection[Any], search: Row, row: Row, now: datetime) -> _Answer:
    """The next piece; an answer once all are done."""
    at = msgspec.convert(row["progress"], _Progress)
    numbers = [str(one) for one in row["numbers"]]
    if at.stage != "over":
        _piece(connection, search, row, at, numbers, now)
        store_mentions.note_progress(connection, row["id"], progress=msgspec.json.encode(at), words=row["answer"])
    if at.stage != "over":
        return _Answer("waiting", f"正在找：{_looked(at)}")
    short = f"；{'、'.join(at.short)}太多，没有找完" if at.short else ""
    if at.found:
        return _Answer("found", f"找到 {at.found} 处提到这条链的编号，已接上凭证链。查过{_looked(at)}{short}")
    return _Answer("nothing", f"没有找到。查过{_looked(at)}{short}")


def _looked(at: _Progress) -> str:
    told = ((name, at.looked[name]) for name in _STAGES if name in at.looked)
    return "、".join(f"{_NAMES[name]} {count:,} 条" for name, count in told) or "账单行"


def _piece(
    connection: Connection[Any], search: Row, row: Row, at: _Progress, numbers: Sequence[str], now: datetime
) -> None:
    """One piece of the stage that the looking is at; a piece that takes too long is left out and said to be."""
    try:
        with connection.transaction():
            store_mentions.bound(connection)
            piece = _look_at(connection, search, at, numbers, now)
            if piece is not None:
                _keep(connection, search, row, at, piece, now)
    except psycopg.errors.QueryCanceled:
        at.short.append(_NAMES[at.stage])
        at.stage, at.cursor = _STAGES[_STAGES.index(at.stage) + 1], None


def _look_at(
    connection: Connection[Any], search: Row, at: _Progress, numbers: Sequence[str], now: datetime
) -> Piece | None:
    """None: what was put back is not read yet."""
    looked = at.looked.get(at.stage, 0)
    match at.stage:
        case "uploads":
            return store_mentions.uploads(connection, numbers)
        case "aside":
            return store_mentions.aside(connection, numbers, cursor=at.cursor, looked=looked)
        case "anew":
            return _read_anew(connection, at, numbers, now)
    traced = _traced(connection, search, now)
    documents = traced.chain.documents if traced else ()
    match at.stage:
        case "lines":
            return store_mentions.lines(connection, numbers, _ids(documents, "line"))
        case "vouchers":
            return store_mentions.vouchers(connection, numbers, _ids(documents, "voucher"))
    subjects = [one for kind in ("order", "payment", "refund", "shipment") for one in _ids(documents, kind)]
    held = [one.message_id for one in documents if one.message_id is not None and one.kind is not Kind.EVIDENCE]
    known = store_mentions.known_messages(connection, subjects, held)
    return store_mentions.messages(connection, numbers, cursor=at.cursor, looked=looked, known=known)


def _traced(connection: Connection[Any], search: Row, now: datetime) -> Traced | None:
    found = find_chain(connection, search["number"], which=search["which"])
    if not isinstance(found, Found):
        return None
    return whole(connection, search["number"], found, which=search["which"], now=now)


def _ids(documents: Sequence[Any], kind: str) -> list[int]:
    return [int(one.id.partition(":")[2]) for one in documents if one.id.startswith(f"{kind}:")]


def _read_anew(connection: Connection[Any], at: _Progress, numbers: Sequence[str], now: datetime) -> Piece | None:
    """What could not be read and was put back: read by now, or still not."""
    pending, aside = store_mentions.still_aside(connection, at.anew)
    if pending and at.anew_since is not None and now - at.anew_since < UNREAD:
        return None
    hits = store_mentions.hits_of(connection, [*aside, *pending], numbers)
    return Piece(hits=tuple(hits), looked=len(at.anew))


def _keep(connection: Connection[Any], search: Row, row: Row, at: _Progress, piece: Piece, now: datetime) -> None:
    """Attach a piece's finds and go on to the next one. What could not be read is first put back to be read."""
    at.looked[at.stage] = at.looked.get(at.stage, 0) + piece.looked
    hits: Sequence[Hit] = piece.hits
    if at.stage == "aside":
        room = store_mentions.MOST_HITS - len(at.anew)
        at.anew += [one.ref_id for one in hits[:room]]
        hits = ()
    store_mentions.keep(connection, search=search["id"], question=row["id"], chain_key=search["chain_key"], hits=hits)
    at.found += len(hits)
    at.cursor = piece.cursor
    if piece.cursor is not None:
        return
    at.stage = _STAGES[_STAGES.index(at.stage) + 1]
    if at.stage == "anew":
        if at.anew:
            store_mentions.read_anew(connection, at.anew)
            at.anew_since = now
        else:
            at.stage = "messages"
