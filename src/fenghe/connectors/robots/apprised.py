"""What apprise speaks for us (经 apprise 发送): e-mail over SMTP, and any service it has a plugin for."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from fenghe.kernel.connecting_robots import Field, Limit, Robot

MODES: Final = {"starttls": "starttls", "ssl": "ssl", "insecure": "insecure"}


class Mail:
    """E-mail over SMTP."""

    kind = "email"
    title = "电子邮件(SMTP)"
    limit = Limit(per_minute=60)
    fields: Sequence[Field] = (
        Field(name="host", title="SMTP 服务器", hint="smtp.example.com", required=True),
        Field(name="port", title="端口", hint="SSL 465,STARTTLS 587"),
        Field(name="mode", title="加密方式", hint="ssl、starttls 或 insecure(只用于内网)"),
        Field(name="sender", title="发件人", hint="notice@example.com", required=True),
        Field(name="to", title="收件人", hint="一行一个", required=True, many=True),
        Field(name="username", title="用户名", hint="不填则不登录"),
        Field(name="password", title="密码或授权码", secret=True),
    )

    def address(self, robot: Robot, *, timeout_seconds: float) -> str:
        """apprise's mailto URL; every part is encoded, so that nothing in it becomes an option."""
        config = robot.config
        username, password = str(config.get("username") or ""), robot.secrets.get("password", "")
        login = f"{_part(username)}:{_part(password)}@" if username else ""
        port = f":{int(config['port'])}" if str(config.get("port") or "").isdigit() else ""
        mode = MODES.get(str(config.get("mode") or ""), "ssl")
        scheme = "mailto" if mode == "insecure" else "mailtos"
        query = {
            "from": str(config.get("sender", "")),
            "to": ",".join(_many(config.get("to"))),
            "smtp": str(config.get("host", "")),
            "mode": mode,
            "format": "text",
            "cto": str(timeout_seconds),
            "rto": str(timeout_seconds),
        }
        joined = "&".join(f"{name}={_part(value)}" for name, value in query.items())
        return f"{scheme}://{login}{config.get('host', '')}{port}/?{joined}"


class Apprise:
    """Any of apprise's services by its URL."""

    kind = "apprise"
    title = "其他(apprise 地址)"
    limit = Limit(per_minute=60)
    fields: Sequence[Field] = (
        Field(
            name="url",
            title="apprise 地址",
            hint="如 twilio://、smseagle://、slack://;整个地址作为密钥保存",
            required=True,
            secret=True,
        ),
    )

    def address(self, robot: Robot, *, timeout_seconds: float) -> str:
        """As it was given, with our time limits."""
        url = robot.secrets.get("url", "")
        return f"{url}{'&' if '?' in url else '?'}cto={timeout_seconds}&rto={timeout_seconds}"


def _part(text: str) -> str:
    return quote(text, safe="")


def _many(told: Any) -> list[str]:
    return [str(one) for one in told] if isinstance(told, list) else [str(told)] if told else []


MAIL: Final = Mail()
APPRISE: Final = Apprise()
