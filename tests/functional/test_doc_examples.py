"""The programs in the documentation compile as they stand; the one for the VMC board runs in each of the ways that its page shows.

SPDX-License-Identifier: MIT
"""

import json
import pathlib
import re
import shlex

import pytest

from sysemu import run
from test_timers import needs_compiler

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


def page_program(tmp_path):
    """The assembler program of docs/user/vmc.md, its commands, and who carries them out: those of the compiler as they are."""
    text = (ROOT / "docs" / "user" / "vmc.md").read_text()
    (tmp_path / "hello.S").write_text(re.search(r"^```asm\n(.*?)^```", text, re.M | re.S).group(1))
    commands = [line.strip() for line in text.split("Debian's `gcc-powerpc-linux-gnu` builds it", 1)[1].split("`Ctrl-A c`", 1)[0].split("\n")
                if line.startswith("    ")]
    for command in commands:
        if not command.startswith("sysemu "):
            done = run("sh", "-c", command, cwd=tmp_path)
            assert done.returncode == 0, done.stdout
    return [shlex.split(command)[1:] for command in commands if command.startswith("sysemu ")]


def test_the_program_for_the_board_runs_in_memory_and_from_flash(start, tmp_path, monkeypatch):
    needs_compiler()
    commands = page_program(tmp_path)
    assert [command[-2] for command in commands] == ["-kernel", "-bios"]
    monkeypatch.chdir(tmp_path)
    for command in commands:
        vm = start(*[word for word in command if word != "-nographic"])
        vm.serial[0].expect("Hello from the VMC\r\n")
        assert vm.quit() == 0
