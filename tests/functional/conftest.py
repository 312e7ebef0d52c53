"""Fixtures of the functional tests.

SPDX-License-Identifier: MIT
"""

import os
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))
import sysemu as library  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]


def pytest_addoption(parser):
    parser.addoption("--sysemu", default=os.environ.get("SYSEMU", str(ROOT / "build" / "sysemu")),
                     help="the executable under test")
    parser.addoption("--guests", default=str(ROOT.parent / "shared" / "guests"),
                     help="folder with guest kernels")
    parser.addoption("--timer-rounds", type=int, default=1,
                     help="how often test_timers.py does everything")


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
def guests(request):
    """Folder with guest kernels; tests that need it are skipped where it isn't there."""
    path = pathlib.Path(request.config.getoption("--guests"))
    if not path.is_dir():
        pytest.skip(f"{path} is not there (see the user documentation on building guests)")
    return path


@pytest.fixture(scope="session")
def reference():
    """The installed qemu-system-ppc, to compare with."""
    path = shutil.which("qemu-system-ppc")
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
