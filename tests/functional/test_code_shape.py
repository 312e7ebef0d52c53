"""Functions and files are short, and what is in the tree is built: no function is longer than 110 lines, no file that
isn't a table longer than 1000, no device or board is forgotten.

SPDX-License-Identifier: MIT
"""

import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_functions_and_files_stay_short():
    if not shutil.which("ctags") or not (ROOT / ".git").exists():
        pytest.skip("needs universal-ctags and a checkout")
    result = subprocess.run([ROOT / "scripts" / "code-shape", "--limits"], capture_output=True, text=True, check=False)
    assert result.stderr == ""
    assert result.returncode == 0
    assert re.match(r"functions +\d+  median +\d+  90th +\d+  99th +\d+  longest +\d+\nfiles +\d+ ", result.stdout)


def test_devices_and_boards_are_built():
    """A file that isn't listed builds nothing: its types are missing when the program runs."""
    own_lists = ("hw/core", "hw/loader")
    lists = {folder: (ROOT / folder / "meson.build").read_text() for folder in ("hw", *own_lists)}
    for source in (ROOT / "hw").glob("*/*.c"):
        parent = str(source.parent.relative_to(ROOT))
        folder = parent if parent in own_lists else "hw"
        name = source.relative_to(ROOT / folder)
        assert f"'{name}'" in lists[folder], f"{name} is not in {folder}/meson.build"
