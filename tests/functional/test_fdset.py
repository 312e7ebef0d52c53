"""-add-fd: files that somebody else has opened.

SPDX-License-Identifier: MIT
"""

import os
import subprocess

import pytest

import sysemu as library
from qmp import Qmp


def test_images_and_outputs_that_were_opened_before(sysemu, tmp_path):
    """The files are gone by name when the emulator starts."""
    image, log = tmp_path / "image", tmp_path / "log"
    image.write_bytes(b"x" * 4096)
    fds = [os.open(image, os.O_RDWR), os.open(image, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_CREAT)]
    image.unlink()
    path = str(tmp_path / "qmp")
    command = [sysemu, "-M", "none", "-display", "none", "-qmp", f"unix:{path},server=on,wait=off", "-monitor", "none",
               "-add-fd", f"fd={fds[0]},set=2,opaque=rw:image", "-add-fd", f"fd={fds[1]},set=2", "-add-fd", f"fd={fds[2]},set=7",
               "-drive", "if=none,id=d,file=/dev/fdset/2,format=raw", "-chardev", "file,id=c,path=/dev/fdset/7"]
    emulator = subprocess.Popen(command, pass_fds=fds)
    try:
        qmp = Qmp(path)
        assert qmp("query-fdsets") == [{"fdset-id": 2, "fds": [{"fd": fds[0], "opaque": "rw:image"}, {"fd": fds[1]}]},
                                       {"fdset-id": 7, "fds": [{"fd": fds[2]}]}]
        drive, = qmp("query-block")
        assert drive["inserted"]["image"]["virtual-size"] == 4096 and not drive["inserted"]["ro"]
        qmp("quit")
        assert emulator.wait(30) == 0
    finally:
        emulator.kill()
        emulator.wait()
        for fd in fds:
            os.close(fd)


@pytest.mark.parametrize("option, reason", [
    ("fd=1,set=2", "Parameter 'fd' expects a file descriptor of 3 or more"),
    ("fd=900,set=2", "fd=900: expected an open file descriptor"),
    ("fd=3", "Parameter 'set' expects a number"),
    ("fd=3,set=1,more=x", "more"),
])
def test_what_cannot_be_is_refused(sysemu, option, reason):
    said = library.run(sysemu, "-M", "none", "-add-fd", option)
    assert said.returncode == 1 and reason in said.stdout, said.stdout


def test_a_set_without_the_access_that_is_needed(sysemu, tmp_path):
    (tmp_path / "image").write_bytes(b"x" * 512)
    fd = os.open(tmp_path / "image", os.O_RDONLY)
    try:
        said = subprocess.run([sysemu, "-M", "none", "-add-fd", f"fd={fd},set=1", "-drive", "if=none,file=/dev/fdset/1,format=raw"],
                              pass_fds=[fd], capture_output=True, text=True, timeout=60)
    finally:
        os.close(fd)
    assert said.returncode == 1 and "Could not open '/dev/fdset/1': Permission denied" in said.stderr, said.stderr
