"""Several CPUs at once: locks, litmus tests, code that another CPU changes, page tables.

The machine is tests/boards/smp.c, the guest tests/guest/smp. --smp-rounds=N does everything N times over.

SPDX-License-Identifier: MIT
"""

import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import more
from sysemu import run

TESTS = pathlib.Path(__file__).resolve().parents[1]
COMPILE = ["powerpc-linux-gnu-gcc", "-m32", "-mcpu=750", "-O2", "-ffreestanding", "-fno-pic", "-mno-sdata", "-G0",
           "-msoft-float", "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-Wall", "-Wextra", "-Werror",
           "-nostdlib", "-static", f"-Wl,-T,{TESTS}/guest/bare/bare.lds", "-Wl,--build-id=none",
           "-Wl,-z,max-page-size=4096", "-Wl,--no-warn-rwx-segments"]
ACCELS = ["tcg", "tcg,backend=interp", "tcg,tb-size=1", "tcg,backend=interp,tb-size=1"]
BOTH = {"locks", "message passing", "store buffering", "load buffering", "coherence", "code by stores", "code by DMA",
        "code among data"}


@pytest.fixture
def rounds(request):
    return request.config.getoption("--smp-rounds")


@pytest.fixture
def program(tmp_path, rounds):
    if not shutil.which(COMPILE[0]):
        pytest.skip("no powerpc-linux-gnu-gcc (gcc-powerpc-linux-gnu)")
    path = tmp_path / "smp"
    sources = TESTS / "guest" / "smp"
    subprocess.run([*COMPILE, f"-DROUNDS={rounds}", "-o", path, sources / "start.S", sources / "smp.c", "-lgcc"],
                   check=True)
    return path


def nothing_goes_wrong(vm, cpus):
    answer = vm.serial[0].expect("DONE")
    counts = {name: (int(nb), int(wrong))
              for name, nb, wrong in re.findall(r"(.*): (\d+) rounds, (\d+) wrong", answer)}
    iriw = {"IRIW"} if cpus == 4 else set()
    assert set(counts) == {f"{mode} {name}" for mode in ("real", "paged") for name in BOTH | iriw} | {
        "paged shootdown", "paged page table updates"}
    assert all(wrong == 0 for _, wrong in counts.values()), answer


@pytest.mark.parametrize("accel", ACCELS)
@pytest.mark.parametrize("cpus", [more(2), 4])
def test_nothing_goes_wrong(start, boards, program, rounds, cpus, accel):
    vm = start("-machine", "ppc-smp", "-smp", cpus, "-accel", accel, "-kernel", program, program=boards,
               timeout=600 * rounds)
    nothing_goes_wrong(vm, cpus)
    assert vm.quit() == 0


def test_nothing_goes_wrong_without_a_technique(start, boards, program, rounds):
    """Each that -accel tcg,help lists, switched off; but with --full only some."""
    names = re.findall(r"^  ([\w-]+) .*\(on\)$", run(boards, "-accel", "tcg,help").stdout, re.M)
    assert {"fold", "narrow", "ifconv", "address", "dead", "windows", "links"} <= set(names)
    for name in names if rounds > 1 else ["links", "regions", "windows"]:
        vm = start("-machine", "ppc-smp", "-smp", 2, "-accel", f"tcg,{name}=off", "-kernel", program, program=boards,
                   timeout=600 * rounds)
        nothing_goes_wrong(vm, 2)
        jit = vm.monitor.command("info jit")
        assert (name == "links") == (re.search(r"exits linked +0\b", jit) is not None)
        outside = sum(int(n) for n in re.findall(r"(?:window faults|outside of windows) +(\d+)", jit))
        assert (name == "windows") == (outside == 0)
        assert vm.quit() == 0


def test_the_monitor_knows_all_cpus(start, boards):
    vm = start("-machine", "ppc-smp", "-smp", "4", "-S", program=boards, serials=0)
    assert re.findall(r"CPU #(\d)", vm.monitor.command("info cpus")) == ["0", "1", "2", "3"]
    for n in range(4):
        vm.monitor.command(f"cpu {n}")
        assert int(vm.monitor.command("p $r3"), 0) == n
        assert re.search(rf"\* CPU #{n}", vm.monitor.command("info cpus"))
    assert vm.quit() == 0
