"""The `dev` script (开发入口): stamps follow content, the first failure decides, the last line counts all."""

import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import ModuleType

import pytest

from tests.house.tree import ROOT

JUNIT = """<testsuites><testsuite tests="{tests}" failures="{failures}" errors="0" skipped="0"/></testsuites>"""


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module that believes a temporary folder to be its checkout."""
    loader = importlib.machinery.SourceFileLoader("dev_script", str(ROOT / "dev"))
    spec = importlib.util.spec_from_loader("dev_script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "dev_script", module)
    loader.exec_module(module)
    for name, path in {"ROOT": "", "STATE": ".dev", "WEB": "web", "SCREENS": "screens"}.items():
        monkeypatch.setattr(module, name, tmp_path / path)
    monkeypatch.setattr(module, "BUILT_FROM", tmp_path / "screens" / "built-from.txt")
    return module


def write(path: Path, text: str) -> Path:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_it_says_how_to_use_it_and_refuses_what_it_does_not_know() -> None:
    outcomes = [
        subprocess.run([ROOT / "dev", *call], capture_output=True, text=True, check=False)
        for call in ([], ["help"], ["fly"])
    ]
    assert [one.returncode for one in outcomes] == [2, 0, 2]
    assert all("./dev demo" in one.stderr for one in outcomes)


def test_a_stamp_follows_content_and_not_time(dev: ModuleType, tmp_path: Path) -> None:
    file = write(tmp_path / "a.lock", "one")
    before = dev.fingerprint([file])
    os.utime(file, (1, 1))
    assert dev.fingerprint([file]) == before
    write(file, "two")
    assert dev.fingerprint([file]) != before
    assert dev.fingerprint([file], "another Python") != dev.fingerprint([file])


def test_screens_are_stale_when_a_source_changed_and_not_when_a_by_product_did(dev: ModuleType, tmp_path: Path) -> None:
    assert dev.screens_are_built(), "without web/ there is nothing to build"
    write(tmp_path / "web/package.json", "{}")
    assert not dev.screens_are_built()
    write(dev.BUILT_FROM, dev.fingerprint(dev.web_sources()))
    write(tmp_path / "web/node_modules/x/index.js", "installed")
    write(tmp_path / "web/dist/index.html", "built")
    assert dev.screens_are_built()
    write(tmp_path / "web/src/page.tsx", "new")
    assert not dev.screens_are_built()


def test_a_failing_step_shows_its_last_lines_and_how_to_repeat_it(
    dev: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(dev.StepFailed):
        dev.run("packages", "sh", "-c", "echo the reason; exit 4")
    told = capfd.readouterr().err
    assert "the reason" in told
    assert "packages failed (4)" in told
    assert "Repeat it: sh -c 'echo the reason; exit 4'" in told


def test_a_failure_stops_the_other_chains_before_their_next_step(dev: ModuleType) -> None:
    reached: list[str] = []
    begun = threading.Event()

    def fail() -> None:
        assert begun.wait(10)
        raise dev.StepFailed("packages")

    def slow() -> None:
        begun.set()
        time.sleep(0.3)
        reached.append("was under way")

    with pytest.raises(dev.StepFailed):
        dev.side_by_side(
            [
                dev.Chain(name="python", steps=[fail, lambda: reached.append("after the failure")]),
                dev.Chain(name="web", steps=[slow, lambda: reached.append("next of the other chain")]),
            ]
        )
    assert reached == ["was under way"]


def test_the_first_failing_group_decides_and_the_last_line_counts_all_tests(
    dev: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    groups = [dev.Group(name="lint", command=["sh", "-c", "exit 7"])]
    for name, tests, failures in (("tests", 10, 1), ("heavy tests", 5, 0)):
        report, content = tmp_path / f"{name}.xml", JUNIT.format(tests=tests, failures=failures)
        command = ["sh", "-c", f'printf "%s" "$0" > "{report}"; exit {failures}', content]
        groups.append(dev.Group(name=name, command=command, cwd=tmp_path, report=report))
    groups[0] = dev.Group(name="lint", command=groups[0].command, cwd=tmp_path)
    status = dev.close([dev.run_group(group) for group in groups])
    lines = capfd.readouterr().out.strip().splitlines()
    assert status == 7
    assert "1 failed, 14 passed in " in lines[-1]


def test_only_the_named_package_is_taken_from_the_lock(dev: ModuleType, tmp_path: Path) -> None:
    write(tmp_path / "requirements-dev.lock", "a==1 \\\n    --hash=sha256:0\nuv==2 \\\n    --hash=sha256:1\nz==3\n")
    assert dev.locked("uv") == "uv==2 \\\n    --hash=sha256:1\n"
