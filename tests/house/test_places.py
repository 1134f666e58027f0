"""Places (地址): no tracked file names a package registry or a folder of somebody's machine."""

import re

import pytest

from tests.house.tree import files, text_of, told

# Written with one-letter classes, so that this file does not name what it looks for.
REGISTRIES = r"py[p]i\.org|py[t]honhosted|npm[j]s\.(org|com)|npm[m]irror|registry\.y[a]rnpkg|deb\.debi[a]n"
MACHINES = r"(?<![\w.*-])/(wor[k]|roo[t]|hom[e]/\w+|User[s]/\w+|opt/(wheel[s]|pyp[i])|far[m])/"
PLACE = re.compile(f"{REGISTRIES}|{MACHINES}")


def places(text: str) -> list[tuple[int, str]]:
    """Line and finding."""
    return [(number, hit[0]) for number, line in enumerate(text.splitlines(), 1) if (hit := PLACE.search(line))]


def test_no_file_names_a_registry_or_a_machine() -> None:
    found = [f"{name}:{line} {what}" for name in files() for line, what in places(text_of(name))]
    assert not found, told(found)


@pytest.mark.parametrize(
    "line",
    [
        "see https://py" + "pi.org/project/x",
        "https://registry.npm" + "js.org/vite",
        "cd /wor" + "k/main",
        '"/roo' + 't/.cache"',
        "/hom" + "e/somebody/fenghe",
        "--find-links /opt/whe" + "els/",
    ],
)
def test_a_planted_place_is_seen(line: str) -> None:
    assert places(f"harmless\n{line}\n")[0][0] == 2


def test_a_path_of_the_project_is_no_place() -> None:
    assert not places("src/house/wor" + "k/file.py and tests/hom" + "e/page.tsx")
