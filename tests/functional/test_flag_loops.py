"""Random loops whose instructions pass the flags to each other, some of whose accesses fault (tests/guest/flags/flag-loops.py): as a program
under Linux, with states carried into a region's blocks and without; on x86-64 also natively. Each case turns long enough to be found hot.
With --full of more loops, also with regions of all that is executed, which takes minutes, as the kernel's is translated so, too.

SPDX-License-Identifier: MIT
"""

import os
import platform
import re
import shutil
import socket
import subprocess
import sys

import pytest

from conftest import ROOT
from sysemu import PROMPT, Monitor, run

sys.path.insert(0, str(ROOT / "tests" / "bench"))
from benchsuite import emulators, initramfs, programs, systems  # noqa: E402  pylint: disable=wrong-import-position

FOLDER = ROOT / "tests" / "guest" / "flags"
ROUNDS = 1000
ACCELS = ["tcg", "tcg,states=off"]
FURTHER_ACCELS = ["tcg,regions=forced", "tcg,regions=forced,states=off", "tcg,regions=off", "tcg,tb-size=4"]


@pytest.fixture(scope="module", params=["x86_64", "aarch64"])
def architecture(request):
    found = systems.ARCHITECTURES[request.param]
    if not shutil.which(found.compiler[0]):
        pytest.skip(f"no {found.compiler[0]}")
    return found


@pytest.fixture(scope="module")
def program(architecture, tmp_path_factory, request):
    cases = 30 if request.config.getoption("--smp-rounds") > 1 else 6
    folder = tmp_path_factory.mktemp("flags")
    text = subprocess.run([sys.executable, FOLDER / "flag-loops.py", architecture.name, str(cases), "1"], check=True, capture_output=True).stdout
    (folder / "cases.S").write_bytes(text)
    subprocess.run([architecture.compiler[0], "-O1", "-static", "-no-pie", folder / "cases.S", FOLDER / "flag-loops.c", "-o", folder / "loops"],
                   check=True)
    return folder / "loops"


def repeated_blocks(path):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        monitor = Monitor("monitor", os.dup(connection.fileno()))
    monitor.expect(PROMPT.decode())
    told = monitor.command("info jit")
    monitor.close()
    return int(re.search(r"blocks repeated for a state +(\d+)", told)[1])


def answer(sysemu, guest_image, folder, architecture, program, accel, rounds=ROUNDS):
    """The sum that bench's init makes of the program's output, and how many blocks were translated for a further state."""
    archive = initramfs.Initramfs()
    archive.device("dev/console", 5, 1)
    archive.program("init", programs.Builder(folder / "bench", architecture=architecture).init())
    archive.program("bench/loops", program)
    job = emulators.Job("loops", ("/bench/loops", str(rounds)))
    archive.data("jobs", job.line().encode())
    archive.write(folder / "initrd")
    kernels = {architecture.ours: guest_image(systems.BOARDS[architecture.ours].kernel)}
    path = folder / "monitor"
    emulator = emulators.Emulator("sysemu", architecture.ours, (str(sysemu), "-accel", accel, "-no-shutdown", "-monitor",
                                                                f"unix:{path},server=on,wait=off"))
    for name, _, said in emulators.run_linux(emulator, kernels, folder / "initrd", [job], 600):
        if name == "loops":
            return said, repeated_blocks(path)
    raise AssertionError("no end")


def compare(architecture, program, answers, rounds=ROUNDS):
    if architecture.runs_on_host() and platform.system() == "Linux":
        answers["native"] = emulators.run_command([program, str(rounds)])[1]
    assert len(set(answers.values())) == 1, answers
    assert re.fullmatch("[0-9a-f]{8}", next(iter(answers.values())))


def test_flags_are_the_same_with_states_and_without(sysemu, guest_image, tmp_path, architecture, program):
    # regions are made on the side: on a busy host the program may have ended before they are there
    for rounds in (ROUNDS, 10 * ROUNDS, 100 * ROUNDS):
        with_states, repeated = answer(sysemu, guest_image, tmp_path, architecture, program, ACCELS[0], rounds)
        if repeated:
            break
    assert repeated
    without_states, repeated = answer(sysemu, guest_image, tmp_path, architecture, program, ACCELS[1], rounds)
    compare(architecture, program, {"with": with_states, "without": without_states}, rounds)
    assert not repeated


@pytest.mark.takes_long
@pytest.mark.parametrize("accel", FURTHER_ACCELS)
def test_flags_are_the_same_however_loops_are_translated(sysemu, guest_image, tmp_path, architecture, program, accel):
    accels = [accel] if architecture.runs_on_host() else [accel, ACCELS[1]]
    compare(architecture, program, {each: answer(sysemu, guest_image, tmp_path, architecture, program, each)[0] for each in accels})


def test_the_switch_is_listed(sysemu):
    assert re.search(r"^\s*states\b", run(sysemu, "-accel", "tcg,help").stdout, re.M)
