"""The screens as files: what was built is served, nothing else, whatever the path says."""

import gzip
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from fenghe.api.screens import Screens
from fenghe.kernel.database.address import Database
from tests.api.serving import Site, serving

SECRET = "nobody may read this"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text(SECRET)
    built = tmp_path / "screens"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html><title>缝合</title>")
    (built / "assets/app-1a2b.js").write_text("export const all = 1;" * 200)
    (built / "assets/app-1a2b.js.gz").write_bytes(gzip.compress(b"export const all = 1;" * 200))
    (built / "favicon.svg").write_text("<svg/>")
    (built / "stolen.txt").symlink_to(tmp_path / "secret.txt")
    return built


@pytest.fixture
def shown(migrated_database: Database, folder: Path) -> Iterator[Site]:
    with serving(migrated_database, screens=folder) as site:
        yield site


def raw(site: Site, path: str) -> bytes:
    """A request whose path no client has tidied up."""
    host, port = site.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        pieces = []
        while piece := line.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def test_places_inside_the_screens_get_the_index(shown: Site) -> None:
    browser = shown.browser()
    for path in ("/", "/orders", "/orders/12", "/cases?tab=open", "/index.html", "/rules/payment.received"):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert "缝合" in answer.text
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache"
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers


def test_assets_are_kept_for_ever_and_come_packed(shown: Site) -> None:
    browser = shown.browser()
    answer = browser.get("/assets/app-1a2b.js")
    assert answer.text == "export const all = 1;" * 200
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    plain = browser.get("/assets/app-1a2b.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == answer.text
    assert plain.headers["vary"] == "accept-encoding"


def test_a_missing_asset_is_missing(shown: Site) -> None:
    browser = shown.browser()
    for path in ("/assets/gone-99.js", "/nothing.txt", "/assets/app-1a2b.js.gz", "/api/nothing", "/hook", "/metrics"):
        answer = browser.get(path)
        assert answer.status_code == 404, path
        assert answer.json()["code"] == "not_found"


PATHS_OUT = [
    "/../secret.txt",
    "/assets/../../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/assets/..%5c..%5csecret.txt",
    "//secret.txt",
    "/....//secret.txt",
    "/stolen.txt",
    "/secret.txt%00.js",
    "/assets/%00",
]


def test_no_path_leads_out_of_the_folder(shown: Site) -> None:
    for path in PATHS_OUT:
        answer = raw(shown, path)
        assert SECRET.encode() not in answer, path
        assert answer.split(b" ")[1] in {b"404", b"400"} or b"<!doctype html>" in answer, path
    assert b"root:" not in raw(shown, "//etc/passwd")


def test_head_tells_the_same_without_the_body(shown: Site) -> None:
    answer = shown.browser().client.head("/")
    assert answer.status_code == 200
    assert answer.content == b""


def test_a_new_build_is_seen_without_a_restart(folder: Path) -> None:
    screens = Screens(folder)
    assert screens.find("/assets/app-3c4d.js") is None
    (folder / "assets/app-3c4d.js").write_text("x")
    (folder / "index.html").write_text("new")
    os.utime(folder / "index.html", ns=(1, 1))
    assert screens.find("/assets/app-3c4d.js") is not None


def test_screens_that_were_not_built_are_said_so(site: Site) -> None:
    answer = site.browser().get("/orders")
    assert answer.status_code == 200
    assert "./dev screens" in answer.text
    assert site.browser().get("/api/nothing").status_code == 404
