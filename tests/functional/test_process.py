# SPDX-License-Identifier: MIT
"""The process: its sandbox, its parent, its options in a file."""
import glob
import os
import re
import subprocess
import time

import pytest

from sysemu import run

# A sandboxed process can't have its leaks looked for by a child.
UNCHECKED = dict(os.environ, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")


def filters(vm):
    """What each thread says of its filter of system calls: 0 without, 2 with one."""
    vm.monitor.command("info status")  # it is there once the monitor answers
    texts = []
    for path in glob.glob(f"/proc/{vm.process.pid}/task/*/status"):
        try:
            with open(path, encoding="ascii") as status:
                texts.append(status.read())
        except (FileNotFoundError, ProcessLookupError):
            pass  # the thread has ended meanwhile
    found = {re.search(r"^Seccomp:\s*(\d)", text, re.M).group(1) for text in texts}
    assert len(texts) > 1
    return found


@pytest.fixture(scope="module")
def filtering_host():
    with open("/proc/self/status", encoding="ascii") as status:
        if "Seccomp:" not in status.read():
            pytest.skip("this host can't filter system calls")


@pytest.mark.parametrize("args,expected", [
    ([], "2"), (["-sandbox", "on"], "2"), (["-sandbox", "off"], "0"), (["-sandbox", "on", "-sandbox", "off"], "0"),
], ids=" ".join)
def test_the_sandbox_is_on_unless_switched_off(start, filtering_host, args, expected):
    if expected == "0" and "Seccomp:\t0" not in open("/proc/self/status", encoding="ascii").read():
        pytest.skip("this process has a filter itself")
    assert filters(start("-machine", "VMC", "-S", *args)) == {expected}


def test_a_program_can_be_started_unless_spawning_is_denied(start, filtering_host, tmp_path):
    helper = tmp_path / "helper"
    helper.write_text(f"#!/bin/sh\n: > {tmp_path}/ran\n")
    helper.chmod(0o755)
    command = f"netdev_add bridge,id=b,helper={helper}"
    vm = start("-machine", "VMC", "-S", "-sandbox", "on,spawn=deny", env=UNCHECKED)
    answer = vm.monitor.command(command)
    assert f"can't start the bridge helper '{helper}': Operation not permitted" in answer
    assert not (tmp_path / "ran").exists()
    vm = start("-machine", "VMC", "-S", "-sandbox", "on,spawn=allow")
    assert f"bridge helper failed: {helper}" in vm.monitor.command(command)
    assert (tmp_path / "ran").exists()


def test_a_machine_runs_with_everything_denied(start, filtering_host, tmp_path):
    """The firmware comes to its prompt; a disk's workers, which are threads, start when there is work."""
    (tmp_path / "disk").write_bytes(bytes(1 << 20))
    vm = start("-machine", "VMC",
               "-sandbox", "on,spawn=deny,elevateprivileges=deny,resourcecontrol=deny,obsolete=deny",
               "-drive", f"if=none,id=d,format=raw,file={tmp_path}/disk", "-device", "virtio-blk-pci,drive=d", env=UNCHECKED)
    vm.serial[0].expect("VMC> ")
    assert "running" in vm.monitor.command("info status")
    assert vm.error_text() == ""


@pytest.mark.parametrize("arg,message", [
    ("x", "Parameter 'enable' expects 'on' or 'off'"),
    ("on,spawn=x", "Parameter 'spawn' expects allow or deny"),
    ("on,spawn=children", "Parameter 'spawn' expects allow or deny"),
    ("on,elevateprivileges=x", "Parameter 'elevateprivileges' expects allow, deny or children"),
    ("on,foo=deny", "Invalid parameter 'foo'"),
])
def test_a_mistake_of_the_sandbox_is_named(sysemu, arg, message):
    result = run(sysemu, "-machine", "none", "-sandbox", arg)
    assert (result.returncode, result.stdout) == (1, f"sysemu: -sandbox {arg}: {message}\n")


# ---- the parent ----

def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def test_it_ends_with_its_parent(sysemu, tmp_path):
    """A shell starts it, says its number and is killed."""
    script = f'"{sysemu}" -machine none -display none -monitor none -run-with exit-with-parent=on -pidfile "{tmp_path}/pid" & wait'
    with subprocess.Popen(["sh", "-c", script], stdin=subprocess.DEVNULL) as parent:
        deadline = time.monotonic() + 60
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().endswith("\n"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        pid = int((tmp_path / "pid").read_text())
        assert is_alive(pid)
        parent.kill()
    while is_alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_who_goes_to_the_background_has_no_parent_to_end_with(sysemu):
    result = run(sysemu, "-machine", "none", "-display", "none", "-daemonize", "-run-with", "exit-with-parent=on")
    assert result.returncode == 1
    assert "-run-with exit-with-parent=on: -daemonize leaves the parent behind\n" in result.stdout


# ---- options in a file ----

def test_a_file_has_options(start, tmp_path):
    (tmp_path / "board.cfg").write_text("""
        # a comment
        [machine]
          type = "VMC"
        [memory]
          size="48M"
        [name]
          guest = "a,b"
        [netdev "n0"]
          type = "user"
        [ device  "d0" ]
          netdev = "n0"
          driver = "virtio-net-pci"
        [object "m"]
          size = "1M"
          qom-type = "memory-backend-ram"
        [global]
          driver = "virtio-net-pci"
          property = "mac"
          value = "52:54:00:00:00:77"
    """)
    vm = start("-readconfig", tmp_path / "board.cfg", "-S")
    assert vm.monitor.command("info name") == "a,b\n"
    assert "0000000000000000-0000000002ffffff (prio 0, ram): vmc.ram" in vm.monitor.command("info mtree")
    assert re.search(r'dev: virtio-net-pci, id "d0"', vm.monitor.command("info qtree"))
    assert "52:54:00:00:00:77" in vm.monitor.command("info network")
    assert "memory backend: m" in vm.monitor.command("info memdev")


@pytest.mark.parametrize("text,message", [
    ("[machine\n", '1: expected [SECTION] or [SECTION "ID"]'),
    ("\n[nothing]\n", "2: there is no section 'nothing'"),
    ("[virtfs]\n", "1: there is no section 'virtfs'"),
    ("a = \"b\"\n", "1: a key before the first [SECTION]"),
    ("[machine]\ntype = VMC\n", '2: expected KEY = "VALUE"'),
    ("[machine]\ntype = \"VMC\n", '2: expected KEY = "VALUE"'),
    ("[machine]\ntype = \"none\"\n\n[device \"x\"]\ndriver = \"nope\"\n",
     "4: [device \"x\"]: 'nope' is not a valid device model name"),
    ("[machine]\ntype = \"none\"\n[memory]\nsize = \"x\"\n", "3: [memory]: Parameter 'size' expects a non-negative number below 2^64"),
], ids=lambda v: v.replace("\n", " "))
def test_a_mistake_in_a_file_has_its_line(sysemu, tmp_path, text, message):
    (tmp_path / "cfg").write_text(text)
    result = run(sysemu, "-readconfig", tmp_path / "cfg", "-display", "none")
    assert result.returncode == 1
    assert result.stdout.splitlines()[0] == f"sysemu: {tmp_path}/cfg:{message}"


@pytest.mark.parametrize("path,message", [
    ("/nonexistent/x", "could not open '/nonexistent/x': No such file or directory"),
    ("/dev/zero", "'/dev/zero' is larger than 1 MiB"),
    ("/", "could not read '/': Is a directory"),
])
def test_a_file_that_is_none_is_refused(sysemu, path, message):
    result = run(sysemu, "-readconfig", path)
    assert (result.returncode, result.stdout) == (1, f"sysemu: -readconfig {path}: {message}\n")
