"""The contract in writing (接口说明): the schema of every route."""

from typing import Final

import msgspec
from litestar import Litestar
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

PATH: Final = "/api/schema"


def openapi_config(version: str) -> OpenAPIConfig:
    """Only the JSON, at /api/schema/openapi.json: pages that show it would load scripts from elsewhere."""
    return OpenAPIConfig(
        title="缝合 Fenghe",
        version=version,
        description="可信订单流：没有证据就没有状态，没有凭证就没有钱。",
        path=PATH,
        render_plugins=[JsonRenderPlugin()],
        use_handler_docstrings=True,
        security=[{"session": []}, {"token": []}],
        components=Components(
            security_schemes={
                "session": SecurityScheme(type="apiKey", name="fenghe_session", security_scheme_in="cookie"),
                "token": SecurityScheme(type="http", scheme="bearer", description="API 令牌 fh_..."),
            }
        ),
    )


def schema_of(app: Litestar) -> bytes:
    """The schema as indented JSON, the same for the same routes."""
    return msgspec.json.format(msgspec.json.encode(app.openapi_schema.to_schema(), order="sorted"), indent=2) + b"\n"
