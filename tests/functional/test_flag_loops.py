"""Random loops whose instructions pass the flags to each other, some of whose accesses fault (tests/guest/linux/flag-loops.py): as a program
under Linux, with regions and without, with states carried into blocks and without; on x86-64 also natively.

SPDX-License-Identifier: MIT
"""

import platform
import re
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT
from sysemu import run

sys.path.insert(0, str(ROOT / "tests" / "bench"))
from benchsuite import emulators, initramfs, programs, systems  # noqa: E402  pylint: disable=wrong-import-position

FOLDER = ROOT / "tests" / "guest" / "linux"
CASES, ROUNDS = 400, 4
ACCELS = ["tcg", "tcg,regions=forced", "tcg,regions=forced,states=off", "tcg,regions=off", "tcg,regions=forced,tb-size=1"]


@pytest.fixture(scope="module", params=["x86_64", "aarch64"])
def architecture(request):
    found = systems.ARCHITECTURES[request.param]
    if not shutil.which(found.compiler[0]):
        pytest.skip(f"no {found.compiler[0]}")
    return found


@pytest.fixture(scope="module")
def program(architecture, tmp_path_factory):
    folder = tmp_path_factory.mktemp("flags")
    text = subprocess.run([sys.executable, FOLDER / "flag-loops.py", architecture.name, str(CASES), "1"], check=True, capture_output=True).stdout
    (folder / "cases.S").write_bytes(text)
    subprocess.run([architecture.compiler[0], "-O1", "-static", "-no-pie", folder / "cases.S", FOLDER / "flag-loops.c", "-o", folder / "loops"],
                   check=True)
    return folder / "loops"


def answer(sysemu, guest_image, folder, architecture, program, accel):
    """The sum that bench's init makes of the program's output."""
    archive = initramfs.Initramfs()
    archive.device("dev/console", 5, 1)
    archive.program("init", programs.Builder(folder / "bench", architecture=architecture).init())
    archive.program("bench/loops", program)
    job = emulators.Job("loops", ("/bench/loops", str(ROUNDS)))
    archive.data("jobs", job.line().encode())
    archive.write(folder / "initrd")
    kernels = {architecture.ours: guest_image(systems.BOARDS[architecture.ours].kernel)}
    emulator = emulators.Emulator("sysemu", architecture.ours, (str(sysemu), "-accel", accel))
    answers = {name: said for name, _, said in emulators.run_linux(emulator, kernels, folder / "initrd", [job], 600)}
    return answers["loops"]


def test_flags_are_the_same_however_loops_are_translated(sysemu, guest_image, tmp_path, architecture, program, request):
    accels = ACCELS if request.config.getoption("--smp-rounds") >= 2 else ACCELS[1:3]
    answers = {accel: answer(sysemu, guest_image, tmp_path, architecture, program, accel) for accel in accels}
    if architecture.runs_on_host() and platform.system() == "Linux":
        answers["native"] = emulators.run_command([program, str(ROUNDS)])[1]
    assert len(set(answers.values())) == 1, answers
    assert re.fullmatch("[0-9a-f]{8}", answers[accels[0]])


def test_the_switch_is_listed(sysemu):
    assert re.search(r"^\s*states\b", run(sysemu, "-accel", "tcg,help").stdout, re.M)
