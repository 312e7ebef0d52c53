"""Guest RAM from backends: -object memory-backend-*, -machine memory-backend=, -mem-path, -numa.

SPDX-License-Identifier: MIT
"""

import re

import pytest

from sysemu import run

VMC = ["-machine", "VMC", "-display", "none", "-monitor", "none", "-serial", "none", "-S"]
M0 = ["-object", "memory-backend-ram,id=m0,size=64M"]


@pytest.mark.parametrize("options,message", [
    (["-m", "128", *M0, "-machine", "memory-backend=m0"],
     r"Machine memory size \(0x8000000\) does not match the size of the memory backend 'm0' \(0x4000000\)"),
    (["-machine", "memory-backend=m9"], "Memory backend 'm9' not found"),
    ([*M0, "-machine", "memory-backend=m0", "-mem-path", "/tmp"],
     "'-mem-path' can't be used together with '-machine memory-backend'"),
    ([*M0, "-numa", "node,memdev=m0"],
     "-numa node,memdev=m0: NUMA is not supported by this machine-type"),
    (["-mem-path", "/nonexistent/x"],
     "can't open backing store /nonexistent/x for guest RAM: No such file or directory"),
    (["-object", "memory-backend-ram,id=big,size=4G", "-machine", "memory-backend=big"],
     "Too much memory for this machine: 4096 MB, maximum 2047 MB"),
    (["-object", "memory-backend-ram,id=vmc.ram,size=1M"], "Duplicate ID 'vmc.ram' for object"),
    (["-object", "memory-backend-file,id=f,size=1M"], ".*: Parameter 'mem-path' is missing"),
    (["-object", "memory-backend-file,id=f,size=1M,mem-path=/etc/passwd,readonly=on"],
     r".*: backing store size 0x[0-9a-f]+ of '/etc/passwd' does not match 'size' option 0x100000"),
    (["-object", "memory-backend-file,id=f,size=1M,mem-path=/tmp,align=3"],
     ".*: alignment 0x3 must be a power of two and a multiple of page size 0x1000"),
    (["-object", "memory-backend-ram,id=f"], ".*: Parameter 'size' is missing"),
    (["-object", "memory-backend-ram,id=f,size=0"],
     ".*: property 'size' of memory-backend-ram doesn't take value '0'"),
    (["-object", "memory-backend-ram,id=f,size=1M,policy=bind"],
     ".*: host-nodes must be set for policy bind"),
    (["-object", "memory-backend-ram,id=f,size=1M,host-nodes=0"],
     ".*: host-nodes must be empty for policy default, or .*"),
    (["-object", "memory-backend-ram,id=f,size=1M,host-nodes=99,policy=bind"],
     ".*: cannot bind memory to host NUMA nodes: .*"),
    (["-object", "memory-backend-ram,id=f,size=1M,host-nodes=3-1,policy=bind"],
     ".*: Parameter 'host-nodes' expects host nodes from 0 to 127, .*"),
    (["-object", "memory-backend-ram,id=f,size=8E,prealloc=on"], ".*f.*"),
])
def test_mistakes_get_one_line(sysemu, options, message):
    result = run(sysemu, *VMC, *options)
    assert result.returncode == 1
    assert re.fullmatch(f"[^:]*: {message}\n", result.stdout), result.stdout


def test_the_machine_takes_its_ram_from_a_backend(start):
    vm = start("-machine", "VMC,memory-backend=m0", *M0, "-S")
    assert "0000000000000000-0000000003ffffff (prio 0, ram): m0" in vm.monitor.command("info mtree -f")
    assert vm.monitor.command("qom-get /machine memory-backend") == '"/objects/m0"\n'
    assert vm.monitor.command("object_del m0") == "Error: object 'm0' is in use, can not be deleted\n"
    assert vm.monitor.command("info memdev") == (
        "memory backend: m0\n  size:  67108864\n  merge: true\n  dump: true\n  prealloc: false\n"
        "  share: false\n  reserve: false\n  policy: default\n  host nodes: \n\n")
    assert vm.quit() == 0


def test_what_the_guest_writes_is_in_a_shared_file_and_not_in_a_private_one(start, tmp_path):
    for share in ("on", "off"):
        path = tmp_path / share
        path.write_bytes(b"\x12\x34\x56\x78" + bytes(16 * 1024 * 1024 - 4))
        vm = start("-machine", "VMC,memory-backend=f", "-object",
                   f"memory-backend-file,id=f,size=16M,mem-path={path},share={share}")
        vm.serial[0].expect("> ")
        assert (path.read_bytes()[4:] != bytes(16 * 1024 * 1024 - 4)) == (share == "on")
        assert vm.quit() == 0
    assert path.read_bytes()[:4] == b"\x12\x34\x56\x78"


def test_a_machine_runs_with_ram_in_a_directory_preallocated(start, tmp_path):
    vm = start("-machine", "VMC", "-m", "16", "-mem-path", tmp_path, "-mem-prealloc")
    vm.serial[0].expect("> ")
    assert "prealloc: true" in vm.monitor.command("info memdev")
    assert list(tmp_path.iterdir()) == []
    assert vm.quit() == 0


def test_memory_is_bound_to_host_nodes(start):
    vm = start("-machine", "none", serials=0)
    answer = vm.monitor.command("object_add memory-backend-ram,id=n,size=1M,policy=bind,host-nodes=0")
    if "cannot bind memory" in answer:
        pytest.skip("this host doesn't let memory be bound")
    assert answer == ""
    assert "  policy: bind\n  host nodes: 0\n" in vm.monitor.command("info memdev")
    assert vm.monitor.command("qom-get /objects/n host-nodes") == "[\n    0\n]\n"
    assert vm.monitor.command("qom-get /objects/n size") == "1048576\n"
    assert vm.quit() == 0


def test_objects_come_and_go(start):
    vm = start("-machine", "none", serials=0)
    assert vm.monitor.command("object_add memory-backend-memfd,id=m1,size=1M") == ""
    assert vm.monitor.command("object_add memory-backend-ram,id=m1,size=1M") == \
        "Error: Duplicate ID 'm1' for object\n"
    assert vm.monitor.command("object_add foo,id=m2") == \
        "Error: Parameter 'qom-type' does not accept value 'foo'\n"
    assert "m1[0] (child<memory-region>)\n" in vm.monitor.command("qom-list /objects/m1")
    assert vm.monitor.command("qom-set /objects/m1 size 2M") == \
        "Error: cannot change property 'size' of memory-backend-memfd\n"
    assert vm.monitor.command("qom-set /objects/m1 prealloc on") == ""
    assert vm.monitor.command("qom-get /objects/m1 prealloc") == "true\n"
    assert vm.monitor.command("object_del m1") == ""
    assert vm.monitor.command("object_del m1") == "Error: object 'm1' not found\n"
    assert vm.monitor.command("object_add help").startswith("List of user creatable objects:\n")
    assert "  size=<int>             - Size of the memory region (ex: 500M)\n" in \
        vm.monitor.command("object_add memory-backend-ram,help")
    assert vm.quit() == 0
