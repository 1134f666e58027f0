"""Health (健康检查): whether the database answers and the workers live; open to everybody, so it says nothing more."""

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec
import psycopg
from litestar import Response, Router, get
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from fenghe.api.events import TOPICS
from fenghe.api.store import WorkerSign, read_worker_sign
from fenghe.kernel.web.routes_support import PUBLIC, ApiRequest, hub_of

ALIVE_WITHIN: Final = timedelta(seconds=30)


class WorkerHealth(msgspec.Struct, frozen=True):
    """`alive` is null while no worker was ever seen."""

    alive: bool | None
    last_batch_at: datetime | None


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is ok when database and worker are, `degraded` when work waits, `failing` when nothing can be stored."""

    status: Literal["ok", "degraded", "failing"]
    database: Literal["ok", "failing"]
    worker: WorkerHealth
    version: str


@get("/health", opt={**PUBLIC, "no_session": True, "no_person": True, "exclude_from_csrf": True})
async def show_health(request: ApiRequest) -> Response[Health]:
    """健康检查；数据库不可用时返回 503。"""
    version: str = request.app.state.hub.version
    try:
        async with hub_of(request).pool.connection(timeout=3) as connection:
            sign = await read_worker_sign(connection, within=ALIVE_WITHIN, topics=TOPICS)
    except (psycopg.OperationalError, PoolTimeout, PoolClosed, TooManyRequests):
        nothing = WorkerHealth(None, None)
        failing = Health(status="failing", database="failing", worker=nothing, version=version)
        return Response(failing, status_code=503)
    return Response(_health(sign, version), headers={"cache-control": "no-store"})


def _health(sign: WorkerSign, version: str) -> Health:
    worker = WorkerHealth(sign.alive, sign.last_batch_at)
    return Health(status="ok" if sign.alive else "degraded", database="ok", worker=worker, version=version)


health_router = Router("/", route_handlers=[show_health], tags=["health"])
