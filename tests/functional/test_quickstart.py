"""What scripts/quickstart does once everything is built.

SPDX-License-Identifier: MIT
"""

import pathlib

import pytest

from sysemu import run

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "wait-for-prompt.py"
VMC = ["-machine", "VMC", "-nographic"]


def wait_for_prompt(sysemu, *args, keys="\x01x", text="VMC> ", timeout="30"):
    return run("python3", SCRIPT, "--timeout", timeout, "--keys", keys, text, sysemu, *args)


@pytest.fixture
def firmware(sysemu):
    if not (sysemu.parent / "roms" / "vmc" / "vmc-firmware.bin").exists():
        pytest.skip("the firmware was not built (no PowerPC cross compiler)")


def test_without_a_terminal_it_ends_by_itself_at_the_prompt(sysemu, firmware):
    result = wait_for_prompt(sysemu, *VMC)
    assert result.returncode == 0
    assert "VMC firmware" in result.stdout
    assert result.stdout.rstrip().endswith("VMC> \nsysemu: Terminated")


def test_a_program_that_does_not_listen_is_ended(sysemu, firmware):
    assert wait_for_prompt(sysemu, *VMC, keys="").returncode == 0


@pytest.mark.parametrize("args,complaint", [
    (["-m", "9999"], "Too much memory for this machine"),
    (["-S"], "'VMC> ' did not appear"),
])
def test_a_prompt_that_does_not_come_is_a_failure(sysemu, args, complaint):
    result = wait_for_prompt(sysemu, *VMC, *args, timeout="1")
    assert result.returncode == 1
    assert complaint in result.stdout
