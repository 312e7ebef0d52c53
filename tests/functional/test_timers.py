"""Short deadlines of the decrementer, the MPIC's timers and the watchdog on a loaded host: none gets lost.

The guest is tests/guest/bare/timers.c. --timer-rounds=N does everything N times over.

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


@pytest.mark.parametrize("accel", ["tcg", "tcg,backend=interp"])
def test_no_deadline_is_lost(start, tmp_path, busy_host, rounds, accel):
    if not shutil.which(COMPILE[0]):
        pytest.skip("no powerpc-linux-gnu-gcc (gcc-powerpc-linux-gnu)")
    program = tmp_path / "timers"
    subprocess.run([*COMPILE, "-DVALUES=25000", "-DSTEP=50", f"-DROUNDS={rounds}", "-o", program,
                    SOURCES / "start.S", SOURCES / "timers.c", "-lgcc"], check=True)
    vm = start("-machine", "VMC", "-cpu", "755", "-accel", accel, "-kernel", program, timeout=120 * rounds)
    answer = vm.serial[0].expect("DONE")
    counts = {name: (int(nb), int(lost))
              for name, nb, lost in re.findall(r"(.*): (\d+) deadlines, (\d+) lost", answer)}
    assert set(counts) == {"decrementer", "shortest", "overwritten", "watchdog", "timer", "other exceptions"}
    assert all(lost == 0 for _, lost in counts.values()), answer
    assert counts["decrementer"][0] >= 500 * rounds
    assert vm.quit() == 0
