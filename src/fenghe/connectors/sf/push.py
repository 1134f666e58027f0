"""SF's pushes (顺丰推送): RoutePushService as JSON, as a form's `content`, or in the signed standard form; order
states too.

Promises: a signed delivery is checked by SF's own digest; SF's plain JSON pushes carry no digest, so those are
let in only with the token that was put into the pushed address, or when the source's settings say that none is
expected.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from fenghe.connectors import signing
from fenghe.connectors.scans import NotReadable, Scans, at_a_glance, decode_json, form_fields, looks_like_json, text_of
from fenghe.connectors.sf.routes import add_order_state, add_route
from fenghe.kernel.connecting import Accepted, Delivery, InboundMessage, Reading, Refused
from fenghe.kernel.values import digest

ROUTES_ACCEPTED: Final = '{"return_code":"0000","return_msg":"成功"}'.encode()
STATES_ACCEPTED: Final = b'{"success":"true","code":"0","msg":""}'
REFUSED: Final = '{"return_code":"1000","return_msg":"系统异常:签名校验失败"}'.encode()
_number_at_a_glance: Final = at_a_glance("mailno")


def check(delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
    """Secrets: `checkword` (digest; `digest` = `plain` for accounts set so), `partner_id`, `push_token`, `unsigned`."""
    fields = {} if looks_like_json(delivery.body) else dict(form_fields(delivery.body))
    if "msgDigest" in fields:
        problem = _digest_problem(fields, secrets)
    elif secrets.get("push_token"):
        problem = None if _token_matches(delivery, secrets["push_token"]) else "token_wrong"
    else:
        problem = None if secrets.get("unsigned") == "allowed" else "signature_missing"
    if problem:
        return Refused(reason=problem, reply=REFUSED)
    content = fields.get("msgData") or fields.get("content") or delivery.body
    reply = STATES_ACCEPTED if b'"orderState"' in content else ROUTES_ACCEPTED
    return Accepted(reply=reply, key=digest(content), about=_number_at_a_glance(content))


def _digest_problem(fields: Mapping[str, bytes], secrets: Mapping[str, str]) -> str | None:
    checkword = secrets.get("checkword", "")
    if not checkword:
        return "checkword_not_configured"
    partner = secrets.get("partner_id")
    if partner and not signing.same(fields.get("partnerID"), partner):
        return "partner_wrong"
    try:
        msg_data, timestamp = fields.get("msgData", b"").decode(), fields.get("timestamp", b"").decode()
    except UnicodeDecodeError:
        return "signature_wrong"
    sign = signing.sf_plain_digest if secrets.get("digest") == "plain" else signing.sf_digest
    return None if signing.same(fields["msgDigest"], sign(msg_data, timestamp, checkword)) else "signature_wrong"


def _token_matches(delivery: Delivery, token: str) -> bool:
    """The token stands in the address: as the last part of its path, or as ?token=."""
    told = parse_qs(delivery.query, max_num_fields=20).get("token", [""])[0] if len(delivery.query) < 2_000 else ""
    return signing.same(told, token) or signing.same(delivery.path.strip("/").rpartition("/")[2], token)


def read(message: InboundMessage) -> Reading:
    """Routes and order states of one push."""
    scans = Scans()
    add_push(scans, content_of(message.body))
    return scans.reading(newest_first=False)


def content_of(body: bytes) -> Any:
    """The pushed JSON, whichever way it was wrapped."""
    if looks_like_json(body):
        return decode_json(body)
    fields = dict(form_fields(body))
    for name in ("msgData", "content", "Body"):
        if name in fields:
            return decode_json(fields[name], name)
    raise NotReadable("content", "JSON, or a form with content or msgData", body[:80].decode("utf-8", "replace"))


def add_push(scans: Scans, told: Any) -> None:
    """What a push says: `Body.WaybillRoute[]`, or `orderState[]`."""
    body = told.get("Body", told) if isinstance(told, dict) else None
    if isinstance(body, dict) and "WaybillRoute" in body:
        for route in scans.records(body["WaybillRoute"], "Body.WaybillRoute"):
            add_route(scans, route)
    elif isinstance(body, dict) and "orderState" in body:
        for state in scans.records(body["orderState"], "orderState"):
            add_order_state(scans, state)
    else:
        raise NotReadable("Body", "Body.WaybillRoute or orderState", text_of(told) or str(told))
