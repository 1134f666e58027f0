"""Health (健康检查): whether the database answers, the workers live and the sources speak; open to everybody: counts only."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import msgspec
import psycopg
from litestar import Response, Router, get
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from fenghe.api.events import TOPICS
from fenghe.api.store import WorkerSign, read_worker_sign
from fenghe.insight.freshness import Judged
from fenghe.insight.tasks_sources import judged
from fenghe.kernel.web.routes_support import PUBLIC, ApiRequest, hub_of

ALIVE_WITHIN: Final = timedelta(seconds=30)


class WorkerHealth(msgspec.Struct, frozen=True):
    """`alive` is null while no worker was ever seen."""

    alive: bool | None
    last_batch_at: datetime | None


class SourcesHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How many sources stand how, judged at the moment of the question: a dead watcher or source turns nothing green."""

    fresh: int = 0
    late: int = 0
    silent: int = 0
    never: int = 0
    unknown: int = 0
    off: int = 0


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is ok when database and worker are and no source is silent, `failing` when nothing can be stored."""

    status: Literal["ok", "degraded", "failing"]
    database: Literal["ok", "failing"]
    worker: WorkerHealth
    sources: SourcesHealth | None
    version: str


@get("/health", opt={**PUBLIC, "no_session": True, "no_person": True, "exclude_from_csrf": True})
async def show_health(request: ApiRequest) -> Response[Health]:
    """健康检查；数据库不可用时返回 503。"""
    version: str = request.app.state.hub.version
    try:
        async with hub_of(request).pool.connection(timeout=3) as connection:
            sign = await read_worker_sign(connection, within=ALIVE_WITHIN, topics=TOPICS)
        sources = _sources(await hub_of(request).sync(judged, now=datetime.now(UTC)))
    except (psycopg.OperationalError, PoolTimeout, PoolClosed, TooManyRequests):
        nothing = WorkerHealth(None, None)
        failing = Health(status="failing", database="failing", worker=nothing, sources=None, version=version)
        return Response(failing, status_code=503)
    return Response(_health(sign, sources, version), headers={"cache-control": "no-store"})


def _sources(found: Sequence[tuple[object, Judged, object]]) -> SourcesHealth:
    return SourcesHealth(**Counter(str(stands.standing) for _, stands, _ in found))


def _health(sign: WorkerSign, sources: SourcesHealth, version: str) -> Health:
    worker = WorkerHealth(sign.alive, sign.last_batch_at)
    well = sign.alive and not sources.silent
    return Health(status="ok" if well else "degraded", database="ok", worker=worker, sources=sources, version=version)


health_router = Router("/", route_handlers=[show_health], tags=["health"])
