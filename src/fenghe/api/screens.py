"""The screens (界面) as static files: only files found in their folder can be asked for, whatever the path.

Assets carry a hash in their name and are kept by browsers for ever; index.html is asked for each time. Any other
address without an ending is a place inside the screens and gets index.html.
"""

import mimetypes
from pathlib import Path, PurePosixPath
from typing import Final

import anyio
import msgspec
from litestar import Response, Router, route
from litestar.enums import HttpMethod
from litestar.params import FromPath

from fenghe.kernel.web.problems import Problem
from fenghe.kernel.web.routes_support import PUBLIC, ApiRequest

FOLDER: Final = Path(__file__).with_name("screens")
"""Where `./dev` puts what it built."""
INDEX: Final = "index.html"
FOREVER: Final = "public, max-age=31536000, immutable"
ASK_EACH_TIME: Final = "no-cache"
NOT_SCREENS: Final = ("api", "hook", "health", "schema", "metrics")
"""First parts of addresses that are no places inside the screens: a mistyped one is told as such."""
MISSING: Final = (
    "<!doctype html><html lang='zh-CN'><meta charset='utf-8'><title>缝合</title><h1>界面尚未构建</h1>"
    "<p>请在源码目录运行 <code>./dev screens</code>，然后刷新本页。接口已可使用。</p></html>"
)


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the screens, and its packed twin if there is one."""

    path: Path
    packed: Path | None
    media_type: str
    cache: str


UNKNOWN_TYPE: Final = "application/octet-stream"


class Screens:
    """The built screens in a folder; read again when a new build replaced index.html."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._built: int | None = None
        self._assets: dict[str, Asset] = {}

    def find(self, path: str) -> Asset | None:
        """The file of this address: an asset, index.html for a place inside the screens, or None."""
        self._refresh()
        name = path.strip("/") or INDEX
        asset = self._assets.get(name)
        if asset is not None or _names_a_file(name) or name.split("/")[0] in NOT_SCREENS:
            return asset
        return self._assets.get(INDEX)

    @property
    def missing(self) -> bool:
        """Whether nothing was built."""
        self._refresh()
        return INDEX not in self._assets

    def _refresh(self) -> None:
        index = self._folder / INDEX
        built = index.stat().st_mtime_ns if index.is_file() else None
        if built != self._built:
            self._assets = dict(_assets(self._folder)) if built is not None else {}
            self._built = built


def _assets(folder: Path) -> list[tuple[str, Asset]]:
    files = {one.relative_to(folder).as_posix(): one for one in sorted(folder.rglob("*")) if _is_plain(one, folder)}
    return [
        (
            name,
            Asset(
                path=path,
                packed=files.get(f"{name}.gz"),
                media_type=_media_type(name),
                cache=FOREVER if name.startswith("assets/") else ASK_EACH_TIME,
            ),
        )
        for name, path in files.items()
        if not name.endswith(".gz")
    ]


def _is_plain(path: Path, folder: Path) -> bool:
    """A file that really lies in the folder, not behind a link that leads out of it."""
    return path.is_file() and path.resolve().is_relative_to(folder.resolve())


def _names_a_file(name: str) -> bool:
    """A place inside the screens may hold a dot too, as in /ledger/posting_rule/payment.received."""
    return name.startswith("assets/") or _media_type(name) != UNKNOWN_TYPE


def _media_type(name: str) -> str:
    """The machine's own table is not asked for what a browser refuses to run under a wrong name."""
    known = {".js": "text/javascript", ".woff2": "font/woff2", ".webmanifest": "application/manifest+json"}
    return known.get(PurePosixPath(name).suffix) or mimetypes.guess_type(name)[0] or UNKNOWN_TYPE


@route(
    ["/", "/{path:path}"],
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    opt={**PUBLIC, "no_session": True, "no_person": True, "exclude_from_csrf": True, "exclude_from_compression": True},
    include_in_schema=False,
)
async def show_screens(request: ApiRequest, path: FromPath[str] = "/") -> Response[bytes]:
    """The screens, for whoever asks: what they show is asked from the API, behind sign-in."""
    screens: Screens = request.app.state.screens
    asset = screens.find(path)
    if asset is None and screens.missing and path.strip("/").split("/")[0] not in NOT_SCREENS:
        return Response(MISSING.encode(), media_type="text/html", headers={"cache-control": "no-store"})
    if asset is None:
        raise Problem(404, "没有这个地址。请检查链接，或返回首页。", code="not_found")
    packed = asset.packed is not None and "gzip" in request.headers.get("accept-encoding", "")
    body = await anyio.Path(asset.packed if packed and asset.packed else asset.path).read_bytes()
    headers = {"cache-control": asset.cache, "vary": "accept-encoding"} | (
        {"content-encoding": "gzip"} if packed else {}
    )
    return Response(body, media_type=asset.media_type, headers=headers)


screens_router = Router("/", route_handlers=[show_screens])
