"""The programs in the documentation compile as they stand.

SPDX-License-Identifier: MIT
"""

import json
import pathlib
import re
import shlex

import pytest

from sysemu import run

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ["adding-a-board.md", "adding-a-device.md", "adding-a-nic.md"]


def examples(page):
    """The C files in it: blocks that register a type."""
    blocks = re.findall(r"^```c\n(.*?)^```", (ROOT / "docs" / "devel" / page).read_text(), re.M | re.S)
    return [block for block in blocks if "TypeInfo" in block]


def compiler_of(build, source):
    """The command that compiles a source of the emulator, without its input and output."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if entry["file"].endswith(source):
            words = shlex.split(entry["command"])
            keep = words[:words.index("-MD")] if "-MD" in words else words[:-4]
            return [word for word in keep if word != "ccache"], entry["directory"]
    raise AssertionError(f"{source} is not in compile_commands.json")


@pytest.mark.parametrize("page", PAGES)
def test_the_page_has_an_example_that_compiles(sysemu, tmp_path, page):
    command, directory = compiler_of(sysemu.parent, "hw/misc/vmc-regs.c")
    assert examples(page)
    for number, text in enumerate(examples(page)):
        source = tmp_path / f"example{number}.c"
        source.write_text(text)
        result = run(*command, "-fsyntax-only", source, cwd=directory)
        assert (result.returncode, result.stdout) == (0, "")
