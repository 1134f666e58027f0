"""快递100's callback (订阅推送): a form of `param` (JSON text) and `sign` = UPPER(MD5(param + salt)).

Promises: the signature is over the decoded bytes of `param`; a callback without a signature is refused unless the
source's settings say that none is expected.
"""

from collections.abc import Mapping
from typing import Any, Final

from fenghe.connectors import signing
from fenghe.connectors.kuaidi100.results import read_push
from fenghe.connectors.scans import NotReadable, at_a_glance, decode_json, form_fields, looks_like_json
from fenghe.kernel.connecting import Accepted, Delivery, InboundMessage, Reading, Refused
from fenghe.kernel.values import digest

ACCEPTED: Final = '{"result":true,"returnCode":"200","message":"成功"}'.encode()
REFUSED: Final = '{"result":false,"returnCode":"503","message":"验证签名失败"}'.encode()
_number_at_a_glance: Final = at_a_glance("nu")


def check(delivery: Delivery, secrets: Mapping[str, str]) -> Accepted | Refused:
    """Secrets: `salt`, as given when subscribing; without one, `unsigned` = `allowed` lets unsigned callbacks in."""
    fields = dict(form_fields(delivery.body))
    param, told = fields.get("param"), fields.get("sign")
    if param is None:
        return Refused(reason="param_missing", reply=REFUSED, status=400)
    salt = secrets.get("salt", "")
    if salt:
        if not told:
            return Refused(reason="signature_missing", reply=REFUSED)
        if not signing.same(told.upper(), signing.kuaidi100_push_sign(param, salt)):
            return Refused(reason="signature_wrong", reply=REFUSED)
    elif secrets.get("unsigned") != "allowed":
        return Refused(reason="salt_not_configured", reply=REFUSED)
    return Accepted(reply=ACCEPTED, key=digest(param), about=_number_at_a_glance(param))


def read(message: InboundMessage) -> Reading:
    """A callback's parcel as events."""
    told = param_of(message.body)
    if not isinstance(told, dict):
        raise NotReadable("param", "a JSON object", str(told))
    return read_push(told)


def param_of(body: bytes) -> Any:
    """The JSON of `param`; a body that is JSON itself is taken as the param (exports leave the form out)."""
    if looks_like_json(body):
        return decode_json(body)
    param = dict(form_fields(body)).get("param")
    if param is None:
        raise NotReadable("param", "the form field param", body[:80].decode("utf-8", "replace"))
    return decode_json(param, "param")
