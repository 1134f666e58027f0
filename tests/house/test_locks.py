"""Locks (锁文件): every package pinned with its hashes, and no word about where it came from."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files, text_of, told

PYTHON_LOCKS = ("requirements.lock", "requirements-dev.lock")
NAMES_A_PLACE = re.compile(r"://|^\s*--(extra-)?index-url|^\s*--find-links|^\s*-[if] |@ file|^\s*-e ", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    """Package and version of every pin."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", lock, re.MULTILINE))


def unhashed(lock: str) -> list[str]:
    """Pins without at least one sha256."""
    blocks = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)
    return [block.split()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block]


@pytest.mark.parametrize("name", PYTHON_LOCKS)
def test_python_lock_names_no_place_and_hashes_everything(name: str) -> None:
    lock = text_of(name)
    assert len(pins(lock)) > 20
    assert not NAMES_A_PLACE.findall(lock)
    assert not unhashed(lock)


@pytest.mark.parametrize(
    "line",
    [
        "--index-url somewhere",
        "-i somewhere",
        "-f /wheels",
        "--find-links /wheels",
        "uv @ file:uv.whl",
        "x==1 # from https://x",
        "-e .",
    ],
)
def test_a_planted_place_is_seen(line: str) -> None:
    assert NAMES_A_PLACE.findall(f"alembic==1.0 \\\n{line}\n")


def test_a_planted_pin_without_hash_is_seen() -> None:
    assert unhashed("a==1 \\\n    --hash=sha256:00\nb==2\n") == ["b==2"]


def test_the_developers_lock_holds_the_runtime_lock() -> None:
    runtime, developer = (pins(text_of(name)) for name in PYTHON_LOCKS)
    assert not {name: version for name, version in runtime.items() if developer.get(name) != version}
    assert "uv" in developer, "./dev installs uv by the hashes of this lock"


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))
    wanted = {"requirements.lock": project["project"]["dependencies"]}
    wanted["requirements-dev.lock"] = [*wanted["requirements.lock"], *project["dependency-groups"]["dev"]]
    for lock, dependencies in wanted.items():
        names = {re.split(r"[\[<>=!~; ]", dependency)[0] for dependency in dependencies}
        assert names <= set(pins(text_of(lock))), f"{lock} is older than pyproject.toml: run ./dev lock"


def resolved_places(lock: str) -> list[str]:
    """Packages of a package-lock that say from which address they came."""
    return [name for name, package in json.loads(lock)["packages"].items() if "resolved" in package]


def test_the_screens_lock_names_no_registry() -> None:
    locks = [name for name in files() if Path(name).name == "package-lock.json"]
    assert all(not resolved_places(text_of(name)) for name in locks)
    assert resolved_places('{"packages": {"": {}, "a": {"version": "1", "resolved": "x"}}}') == ["a"]


def test_every_locked_screen_package_has_its_digest() -> None:
    for name in (name for name in files() if Path(name).name == "package-lock.json"):
        packages = json.loads(text_of(name))["packages"]
        bare = [key for key, one in packages.items() if key and not one.get("link") and "integrity" not in one]
        assert not bare, told(bare)


def test_the_screens_lock_belongs_to_the_package_file() -> None:
    for name in (name for name in files() if Path(name).name == "package-lock.json"):
        package = json.loads((ROOT / name).with_name("package.json").read_text())
        locked = json.loads(text_of(name))["packages"][""]
        for kind in ("dependencies", "devDependencies"):
            assert package.get(kind, {}) == locked.get(kind, {}), f"{name} is older than package.json: run ./dev lock"
