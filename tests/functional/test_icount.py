"""-icount: guest time is a count of instructions, so a run can be repeated exactly.

The guest is tests/guest/bare/counted.c.

SPDX-License-Identifier: MIT
"""

import re
import subprocess

import pytest

from test_timers import build, busy_host, needs_compiler  # noqa: F401

BOARD = ["-machine", "VMC", "-cpu", "755"]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    needs_compiler()
    return build(tmp_path_factory.mktemp("icount"), "counted")


@pytest.fixture
def run(start, program):
    """run(ARGUMENTS, COMMANDS): what the guest says; COMMANDS are the monitor's, before it starts."""
    def run_once(*args, commands=()):
        vm = start(*BOARD, "-S", "-kernel", program, *args, timeout=120)
        for command in [*commands, "cont"]:
            vm.monitor.command(command)
        answer = vm.serial[0].expect("DONE")
        assert vm.quit() == 0
        return answer

    return run_once


def test_runs_are_the_same(run, busy_host, request):  # noqa: F811
    times = 3 if request.config.getoption("--smp-rounds") > 1 else 1
    first = run("-icount", "shift=3,sleep=off")
    assert len(re.findall(r"^[a-z]+, [a-z]+: [0-9a-f]{8} [0-9a-f]{8}\r?$", first, re.M)) == 240, first
    assert "UNEXPECTED" not in first
    for _ in range(times):
        assert run("-icount", "shift=3,sleep=off") == first
    for _ in range(times):
        assert run("-accel", "tcg,backend=interp", "-icount", "shift=3,sleep=off") == first
    assert run("-icount", "shift=3,sleep=on") == first
    # interrupts come at the instruction, not at the block
    assert run("-icount", "shift=3,sleep=off", commands=["singlestep on"]) == first
    assert run("-icount", "shift=4,sleep=off") != first


def test_the_clock_is_the_count(start, program):
    vm = start(*BOARD, "-icount", "shift=5,sleep=off", "-kernel", program)
    vm.serial[0].expect("decrementer, doze")
    vm.monitor.command("stop")
    answer = vm.monitor.command("info jit")
    assert "an instruction takes                 32 ns" in answer
    assert vm.quit() == 0


@pytest.mark.parametrize("how", ["shift=auto", "shift=2,align=on", "auto,sleep=on", "shift=auto,sleep=off", "align=off"])
def test_other_ways_reach_the_end(run, how):
    assert "UNEXPECTED" not in run("-icount", how)


@pytest.mark.parametrize("option, message", [
    ("shift=11", "Parameter 'shift' expects a number from 0 to 10, or auto"),
    ("shift=-1", "Parameter 'shift' expects a number from 0 to 10, or auto"),
    ("shift=fast", "Parameter 'shift' expects a number from 0 to 10, or auto"),
    ("align=on", "'align' needs 'shift'"),
    ("shift=1,align=on,sleep=off", "align=on and sleep=off are incompatible"),
    ("shift=1,rr=record,rrfile=x", "'rr' is not supported yet"),
    ("shift=1,speed=2", "Invalid parameter 'speed'"),
    ("shift=1,sleep=perhaps", "sleep"),
])
def test_mistakes(sysemu, option, message):
    result = subprocess.run([sysemu, *BOARD, "-icount", option], capture_output=True, text=True, timeout=30,
                            check=False)
    assert result.returncode == 1
    assert result.stderr.startswith(f"sysemu: -icount {option}: ") and message in result.stderr
    assert result.stderr.count("\n") == 1
