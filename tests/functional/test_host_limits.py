"""What the host refuses or takes away: files, memory, room, descriptors. It is said, once, and with the object's name.

SPDX-License-Identifier: MIT
"""

import contextlib
import os
import re
import resource
import socket
import subprocess
import time

import pytest

from sysemu import run

VMC = ["-machine", "VMC", "-cpu", "755"]
QUIET = ["-display", "none", "-monitor", "none", "-serial", "none"]


def limited(what, size):
    return lambda: resource.setrlimit(what, (size, size))


def skip_if_it_reserves_address_space(sysemu):
    if run(sysemu, "--version", preexec_fn=limited(resource.RLIMIT_AS, 256 << 20)).returncode:
        pytest.skip("the executable needs a sanitizer's address space")


@pytest.fixture
def ram_file(tmp_path):
    path = tmp_path / "ram"
    path.write_bytes(bytes(16 << 20))
    return path


def backend(path):
    return ["-machine", "memory-backend=f", "-object",
            f"memory-backend-file,id=f,size=16M,mem-path={path},share=on"]


def test_a_file_behind_guest_memory_that_gets_shorter_is_named(start, ram_file):
    vm = start(*VMC, *backend(ram_file), "-S")
    os.truncate(ram_file, 4096)
    vm.monitor.send("xp /1xw 0x800000\r")
    assert vm.wait() == 1
    assert re.fullmatch(f"[^:]*: guest memory 'f': somebody has shortened its file '{ram_file}' to 4096 bytes, "
                        "16777216 are needed\n", vm.error_text()), vm.error_text()


def test_the_guest_itself_may_meet_the_missing_page(start, ram_file):
    vm = start(*VMC, *backend(ram_file))
    vm.serial[0].expect("> ")
    os.truncate(ram_file, 4096)
    with contextlib.suppress(OSError):  # it may have met one already
        vm.serial[0].send("md 800000\r")
    assert vm.wait() == 1
    assert "guest memory 'f': somebody has shortened its file" in vm.error_text()


@pytest.mark.parametrize("what, size, message", [
    (resource.RLIMIT_FSIZE, 129 << 20, "cannot set up guest memory .*: File too large\n.*ulimit -f.*"),
    (resource.RLIMIT_FSIZE, 0, "cannot set up guest memory .*: File too large\n.*ulimit -f.*"),
    (resource.RLIMIT_AS, 256 << 20, ".*(emory|buffer).*"),
])
def test_limits_of_the_shell_are_errors_and_no_signals(sysemu, what, size, message):
    skip_if_it_reserves_address_space(sysemu)
    result = run(sysemu, *VMC, *QUIET, "-m", "256", "-S", preexec_fn=limited(what, size))
    assert result.returncode == 1
    assert re.fullmatch(f"[^:]*: {message}\n", result.stdout, re.S), result.stdout


@pytest.mark.parametrize("megabytes", range(280, 420, 20))
def test_little_memory_never_ends_in_a_signal(sysemu, megabytes):
    """Somewhere in there is each of the places that need memory."""
    skip_if_it_reserves_address_space(sysemu)
    vm = subprocess.Popen([str(sysemu), *VMC, *QUIET, "-kernel", "/nonexistent"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          preexec_fn=limited(resource.RLIMIT_AS, megabytes << 20))
    output, _ = vm.communicate(timeout=30)
    assert vm.returncode == 1 and output.startswith(b"sysemu: "), (vm.returncode, output)


def cpu_seconds(process):
    fields = open(f"/proc/{process.pid}/stat", encoding="ascii").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("command", ["pmemsave 0 0x100000", "screendump", "screendump -f png", "dump-guest-memory"])
def test_what_could_not_be_written_whole_is_not_there(start, tmp_path, command):
    """As on a full disk."""
    vm = start("-machine", "VMC", "-device", "VGA", "-S")
    vm.monitor.command("info status")  # it has its memory once the monitor answers
    resource.prlimit(vm.process.pid, resource.RLIMIT_FSIZE, (512, resource.RLIM_INFINITY))
    answer = vm.monitor.command(f"{command} {tmp_path}/half")
    assert "Error: " in answer and "File too large" in answer and f"{tmp_path}/half" in answer
    assert not (tmp_path / "half").exists()
    resource.prlimit(vm.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert vm.monitor.command(f"{command} {tmp_path}/half") == ""
    assert (tmp_path / "half").stat().st_size > 512


def test_no_descriptors_left_for_a_client(start, tmp_path):
    """The waiting client doesn't keep the main loop busy, and is served when there are descriptors again."""
    path = tmp_path / "line"
    vm = start("-machine", "none", "-chardev", f"socket,id=c,path={path},server=on,wait=off")
    pid = vm.process.pid
    open_now = len(os.listdir(f"/proc/{pid}/fd"))
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_now, before[1]))
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        deadline = time.monotonic() + 20
        while "can't accept a client" not in vm.error_text() and time.monotonic() < deadline:
            time.sleep(0.05)
        used = cpu_seconds(vm.process)
        time.sleep(2.5)
        assert cpu_seconds(vm.process) - used < 1
        assert vm.error_text().count("can't accept a client: Too many open files") == 1
        assert "VM status" in vm.monitor.command("info status")
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
        while "c: filename=disconnected" in vm.monitor.command("info chardev"):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert vm.quit() == 0
