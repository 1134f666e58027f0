"""Aliyun's short messages (阿里云短信): an approved template with variables, signed as Aliyun's RPC calls are (HMAC-SHA1)."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import msgspec

from fenghe.connectors.robots.answers import judged
from fenghe.kernel.connecting import Answer, Request
from fenghe.kernel.connecting_robots import Field, Limit, Posted, Robot

BASE: Final = "https://dysmsapi.aliyuncs.com"
LONGEST_VARIABLE: Final = 35
"""Characters a variable of an approved template takes."""
TOO_FAST: Final = ("isv.BUSINESS_LIMIT_CONTROL", "Throttling.User", "Throttling", "ServiceUnavailable")


def sign(fields: Mapping[str, str], secret: str) -> str:
    """Base64 of HMAC-SHA1 over the sorted, encoded fields, keyed with the secret and an ampersand."""
    joined = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in sorted(fields.items()))
    text = f"POST&{_encoded('/')}&{_encoded(joined)}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")


class AliyunSms:
    """The channel."""

    kind = "sms"
    title = "短信(阿里云)"
    limit = Limit(per_minute=60, per_second=5)
    fields: Sequence[Field] = (
        Field(name="phones", title="手机号", hint="一行一个", required=True, many=True),
        Field(name="sign_name", title="短信签名", required=True),
        Field(
            name="template_code", title="模板编号", hint="以 SMS_ 开头;模板变量为 ${title} 和 ${count}", required=True
        ),
        Field(
            name="buyer_template_code",
            title="给买家的模板编号(催付)",
            hint="填了才能给买家发催付短信;模板变量为 ${order_no}、${amount} 和 ${link}",
        ),
        Field(name="access_key_id", title="AccessKey ID", required=True, secret=True),
        Field(name="access_key_secret", title="AccessKey Secret", required=True, secret=True),
        Field(name="base_url", title="接口地址", hint="不填为阿里云官方"),
    )

    def prepare(self, posted: Posted, robot: Robot, *, now: datetime) -> Request:
        """The key of the message is the nonce: a repeat of the same attempt is refused by the platform itself."""
        fields = {
            "AccessKeyId": robot.secrets.get("access_key_id", ""),
            "Action": "SendSms",
            "Format": "JSON",
            "OutId": posted.key,
            "PhoneNumbers": ",".join(_phones(robot.config.get("phones"))),
            "SignName": str(robot.config.get("sign_name", "")),
            "SignatureMethod": "HMAC-SHA1",
            "SignatureNonce": f"{posted.key}-{int(now.timestamp())}",
            "SignatureVersion": "1.0",
            "TemplateCode": str(robot.config.get("template_code", "")),
            "TemplateParam": msgspec.json.encode(_variables(posted)).decode(),
            "Timestamp": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Version": "2017-05-25",
        }
        fields["Signature"] = sign(fields, robot.secrets.get("access_key_secret", ""))
        body = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in fields.items())
        return Request(
            url=f"{str(robot.config.get('base_url') or BASE).rstrip('/')}/",
            body=body.encode(),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )

    def judge(self, answer: Answer) -> Answer:
        """`Code` OK is taken; limits ask for patience; a wrong signature comes with HTTP 400."""
        return judged(answer, code="Code", words="Message", good=("OK",), limits=TOO_FAST, wait_seconds=60.0)


def _variables(posted: Posted) -> Mapping[str, str]:
    """An alert's own two, or what a message of another template is filled with."""
    alert = {"title": posted.message.title[:LONGEST_VARIABLE], "count": str(posted.message.count)}
    return posted.variables or alert


def _phones(told: Any) -> list[str]:
    return [str(one) for one in told] if isinstance(told, list) else [str(told)] if told else []


CHANNEL: Final = AliyunSms()
