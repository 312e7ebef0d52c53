"""Fixtures of the functional tests.

SPDX-License-Identifier: MIT
"""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [os.path.dirname(__file__), str(ROOT / "tests")]
import guestimages  # noqa: E402
import installedqemu  # noqa: E402
import sysemu as library  # noqa: E402


def has_libc(compiler):
    """Whether a (cross) compiler is there, with a C library to link statically."""
    if not shutil.which(compiler):
        return False
    place = subprocess.run([compiler, "-print-file-name=libc.a"], capture_output=True, text=True, check=False).stdout.strip()
    return os.path.isabs(place)


def packed(folder, *files):
    """A cpio archive with these files, which a kernel unpacks behind another."""
    return subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"], cwd=folder, input="\n".join(files).encode(), check=True,
                          capture_output=True).stdout


def more(*values, **kwargs):
    """pytest.param() of a case that scripts/check --full alone has: it takes long, and others of its kind are tested anyway."""
    return pytest.param(*values, marks=pytest.mark.takes_long, **kwargs)


def pytest_configure(config):
    config.addinivalue_line("markers", "takes_long: only with --smp-rounds of 2 or more, as scripts/check --full has it")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--smp-rounds") < 2:
        for item in items:
            if item.get_closest_marker("takes_long"):
                item.add_marker(pytest.mark.skip(reason="takes long: scripts/check --full runs it"))


def pytest_addoption(parser):
    parser.addoption("--sysemu", default=os.environ.get("SYSEMU", str(ROOT / "build" / "sysemu")),
                     help="the executable under test")
    parser.addoption("--guests", default=str(guestimages.FOLDER),
                     help="folder with what scripts/build-guests made (default: $SYSEMU_GUESTS, or build/guests)")
    parser.addoption("--timer-rounds", type=int, default=1,
                     help="how often test_timers.py does everything")
    parser.addoption("--kills", type=int, default=3,
                     help="how often test_disk_guest.py kills an emulator whose guest writes")
    parser.addoption("--random-programs", type=int, default=6,
                     help="how many of them test_guest_programs.py runs with each accelerator")
    parser.addoption("--usb-controllers", default="ehci",
                     help="those that test_usb.py has Linux use everything on: some of xhci,nec,ohci,ehci")
    parser.addoption("--smp-rounds", type=int, default=1,
                     help="how often test_several_cpus.py does everything; above 1 also what is marked takes_long")
    parser.addoption("--aarch32-rounds", type=int, default=1,
                     help="how many times as many instructions test_aarch32_random.py makes; above 1 test_virt_arm.py boots "
                          "every kernel on every CPU")
    parser.addoption("--rewrite-golden", action="store_true",
                     help="test_golden.py writes the host code of now into tests/guest/golden")


@pytest.fixture(scope="session")
def sysemu(request):
    """Path of the executable."""
    path = pathlib.Path(request.config.getoption("--sysemu"))
    if not path.exists():
        pytest.fail(f"{path} does not exist: build it or pass --sysemu")
    return path


@pytest.fixture(scope="session")
def sysemu_ppc(sysemu):
    """The same under the name qemu-system-ppc."""
    return sysemu.parent / "qemu-system-ppc"


@pytest.fixture(scope="session")
def guest_image(request, tmp_path_factory):
    """guest_image("ppc/NAME"): the path of a guest image, unpacked. A test whose image isn't there is skipped."""
    unpacked = tmp_path_factory.mktemp("guests")

    def find(name):
        try:
            return guestimages.find(request.config.getoption("--guests"), name, unpacked)
        except FileNotFoundError as error:
            pytest.skip(str(error))

    return find


@pytest.fixture(scope="session")
def reference():
    """The installed qemu-system-ppc, to compare with."""
    path = installedqemu.find("qemu-system-ppc")
    if not path:
        pytest.skip("qemu-system-ppc is not installed")
    return path


@pytest.fixture
def start(sysemu):
    """start(*args, serials=1, ...): an Emulator that is gone when the test is over."""
    running = []

    def start_one(*args, **kwargs):
        emulator = library.Emulator(kwargs.pop("program", sysemu), *args, **kwargs)
        running.append(emulator)
        return emulator

    yield start_one
    for emulator in running:
        emulator.kill()


@pytest.fixture
def boards(sysemu):
    """The emulator with the boards of tests/boards."""
    program = sysemu.parent / "tests" / "boards" / "sysemu-boards"
    if not program.exists():
        pytest.skip(f"{program} is not built")
    return program


@pytest.fixture
def terminal(sysemu):
    """terminal(*args): the emulator on a pseudo terminal."""
    running = []

    def start_one(*args, **kwargs):
        t = library.Terminal(kwargs.pop("program", sysemu), *args, **kwargs)
        running.append(t)
        return t

    yield start_one
    for t in running:
        t.kill()
