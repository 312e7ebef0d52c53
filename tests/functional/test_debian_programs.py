"""The runner of Debian's programs in guests (tests/programs/run); with --full and scripts/fetch-debian-programs' disks, some of its jobs.

SPDX-License-Identifier: MIT
"""

import os
import pathlib
import subprocess

import guestimages
import pytest

from conftest import ROOT

RUN = ROOT / "tests" / "programs" / "run"
DISKS = pathlib.Path(guestimages.FOLDER) / "programs"


def test_an_unknown_job_is_refused():
    result = subprocess.run([RUN, "nosuch"], capture_output=True, text=True, check=False)
    assert result.returncode == 2 and "no job: nosuch" in result.stderr


def test_a_disk_that_is_not_there_is_named(tmp_path):
    result = subprocess.run([RUN, "--guests", tmp_path, "--emulator", "true", "sqlite"], capture_output=True, text=True, check=False)
    assert result.returncode == 1 and f"{tmp_path}/amd64/disk.ext4 is not there: scripts/fetch-debian-programs amd64" in result.stderr


def test_an_emulator_that_is_not_there_is_refused(tmp_path):
    result = subprocess.run([RUN, "--emulator", tmp_path, "sqlite"], capture_output=True, text=True, check=False)
    assert result.returncode == 2 and f"--emulator: no program {tmp_path}/qemu-system-x86_64" in result.stderr


FAKE = """#!/bin/sh
echo JOB-BEGIN sqlite
echo one
echo %s
echo JOB-END sqlite 0
%s
"""


@pytest.mark.parametrize("line, last, patience, status, said", [
    ("two", "echo PROGRAMS-END 0", "600", 0, "sqlite: right (status 0, 2 lines"),
    ("three", "echo PROGRAMS-END 0", "600", 1, "    +three"),
    ("two", "exit 1", "600", 1, "the end: WRONG (status None"),
    ("two", "exec sleep 1000", "0.5", 1, ": WRONG (status None"),
])
def test_what_differs_is_shown(tmp_path, line, last, patience, status, said):
    """With an emulator that prints what the test says, and results of the host's that are there already."""
    folder = tmp_path / "amd64"
    folder.mkdir()
    (folder / "disk.ext4").touch()
    (folder / "expected-sqlite").write_text("one\ntwo\n")
    fake = tmp_path / "emulator"
    fake.write_text(FAKE % (line, last))
    fake.chmod(0o755)
    result = subprocess.run([RUN, "--guests", tmp_path, "--emulator", fake, "--reference", "amd64", "--smp", "1", "--patience", patience, "sqlite"],
                            capture_output=True, text=True, check=False)
    assert result.returncode == status and said in result.stdout, result.stderr


@pytest.mark.takes_long
@pytest.mark.parametrize("arch", ["amd64", "i386", "arm64", "armhf"])
def test_sqlite_and_interpreters_print_what_the_host_prints(sysemu, arch):
    if not (DISKS / arch / "disk.ext4").exists():
        pytest.skip(f"no disk with Debian's programs: scripts/fetch-debian-programs {arch} makes it")
    if os.getuid() != 0 and not (DISKS / arch / "expected-sqlite").exists():
        pytest.skip("the host's results need root, or namespaces for users")
    result = subprocess.run([RUN, "--arch", arch, "--smp", "4", "--emulator", sysemu, "sqlite", "scripts"], capture_output=True, text=True,
                            check=False)
    assert result.returncode == 0, result.stdout
