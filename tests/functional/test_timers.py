"""Deadlines: short ones of the decrementer, the MPIC's timers and the watchdog on a loaded host, of which none gets lost;
and what the decrementer costs others.

The guests are in tests/guest/bare. --timer-rounds=N does everything with timers.c N times over.

SPDX-License-Identifier: MIT
"""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest

SOURCES = pathlib.Path(__file__).resolve().parents[1] / "guest" / "bare"
COMPILE = ["powerpc-linux-gnu-gcc", "-m32", "-mcpu=750", "-O2", "-ffreestanding", "-fno-pic", "-mno-sdata", "-G0",
           "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-Wall", "-Wextra", "-Werror", "-nostdlib",
           "-static", f"-Wl,-T,{SOURCES}/bare.lds", "-Wl,--build-id=none", "-Wl,-z,max-page-size=4096",
           "-Wl,--no-warn-rwx-segments"]


@pytest.fixture
def rounds(request):
    return request.config.getoption("--timer-rounds")


@pytest.fixture
def busy_host():
    """Somebody else wants both of a small host's processors, too."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    yield
    for process in others:
        process.kill()
        process.wait()


def build(folder, name, *defines):
    program = folder / name
    subprocess.run([*COMPILE, *defines, "-o", program, SOURCES / "start.S", SOURCES / f"{name}.c", "-lgcc"],
                   check=True)
    return program


def needs_compiler():
    if not shutil.which(COMPILE[0]):
        pytest.skip("no powerpc-linux-gnu-gcc (gcc-powerpc-linux-gnu)")


@pytest.mark.parametrize("accel", ["tcg", "tcg,backend=interp"])
def test_no_deadline_is_lost(start, tmp_path, busy_host, rounds, accel):
    needs_compiler()
    program = build(tmp_path, "timers", "-DVALUES=25000", "-DSTEP=50", f"-DROUNDS={rounds}")
    vm = start("-machine", "VMC", "-cpu", "755", "-accel", accel, "-kernel", program, timeout=120 * rounds)
    answer = vm.serial[0].expect("DONE")
    counts = {name: (int(nb), int(lost))
              for name, nb, lost in re.findall(r"(.*): (\d+) deadlines, (\d+) lost", answer)}
    assert set(counts) == {"decrementer", "shortest", "overwritten", "watchdog", "timer", "other exceptions"}
    assert all(lost == 0 for _, lost in counts.values()), answer
    assert counts["decrementer"][0] >= 500 * rounds
    assert vm.quit() == 0


def times_waited(pid):
    """Of the main thread."""
    status = pathlib.Path(f"/proc/{pid}/task/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.M)[1])


@pytest.mark.parametrize("accel", ["tcg", "tcg,backend=interp"])
def test_writing_the_decrementer_wakes_nobody(start, tmp_path, accel):
    needs_compiler()
    writes = 100000
    vm = start("-machine", "VMC", "-cpu", "755", "-accel", accel, "-kernel",
               build(tmp_path, "deadlines", f"-DWRITES={writes}"))
    vm.serial[0].expect("START")
    before = times_waited(vm.process.pid)
    vm.serial[0].send("x")
    answer = vm.serial[0].expect("DONE")
    assert times_waited(vm.process.pid) - before < writes / 100
    assert "EXCEPTION" not in answer
    assert vm.quit() == 0
