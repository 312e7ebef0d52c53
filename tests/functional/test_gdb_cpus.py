"""GDB and the monitor on a machine with several CPUs (tests/boards/smp.c): each is a thread of its own.

SPDX-License-Identifier: MIT
"""

import re
import shutil
import subprocess
import time

import pytest

from gdbremote import Remote

CPUS = 3
CODE = 0x1000
COUNTER = 0x8000  # of CPU n: 0x100 * n behind it
SHARED = 0x9000
PC = 32
PATIENCE = 60

# addi r5,r5,1; stw r5,0(r4); b .-8
COUNT = bytes.fromhex("38a50001 90a40000 4bfffff8")
# stw r5,0(r6); b .
STORE_ONCE = bytes.fromhex("90a60000 48000000")


@pytest.fixture
def machine(start, sysemu, tmp_path):
    program = sysemu.parent / "tests" / "boards" / "sysemu-boards"
    if not program.exists():
        pytest.skip(f"{program} is not built")
    path = str(tmp_path / "gdb")
    return start("-machine", "ppc-smp", "-smp", CPUS, "-S", "-gdb", f"unix:{path}", program=program, serials=0), path


@pytest.fixture
def remote(machine):
    connection = Remote(machine[1])
    connection.no_ack()
    yield connection
    connection.close()


def gdb(path, *commands):
    program = shutil.which("gdb-multiarch")
    if not program:
        pytest.skip("gdb-multiarch is not installed")
    args = [program, "-nx", "-batch"]
    for command in ("set architecture powerpc:750", "set endian big", f"target remote {path}", *commands):
        args += ["-ex", command]
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, text=True,
                          check=False).stdout


def select(remote, cpu):
    remote.expect_ok(f"Hg{cpu + 1:x}")


def set_register(remote, n, value):
    remote.expect_ok(f"P{n:x}={value:08x}")


def register(remote, n):
    return int(remote.ask(f"p{n:x}"), 16)


def load(remote, program, code=CODE):
    remote.write_memory(code, program)
    for cpu in range(CPUS):
        select(remote, cpu)
        set_register(remote, PC, code)
        set_register(remote, 4, COUNTER + 0x100 * cpu)
        set_register(remote, 5, 0)
        set_register(remote, 6, SHARED)


def counter(remote, cpu):
    return int.from_bytes(remote.read_memory(COUNTER + 0x100 * cpu, 4), "big")


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def interrupt(remote):
    remote.raw(b"\x03")
    return remote.receive().decode()


# ---- gdb-multiarch ----

WORDS = [int.from_bytes(COUNT[i:i + 4], "big") for i in range(0, len(COUNT), 4)]
SETUP = [*(f"set var *(int*){CODE + 4 * i} = {word}" for i, word in enumerate(WORDS)),
         f"thread apply all set var $pc = {CODE}", f"thread apply all set var $r4 = {COUNTER} + 0x100 * ($_thread - 1)"]


def test_each_cpu_is_a_thread(machine):
    text = gdb(machine[1], "info threads", "thread apply all -q p $r3", "thread 3", "p $_thread", "p $r3",
               "monitor info cpus", "monitor cpu 1", "monitor p $r3", "thread 1", "p $r3", "detach")
    threads = re.findall(r"^([* ]) (\d) +Thread 1\.(\d) \(CPU#(\d) \[running\]\)", text, re.M)
    assert threads == [("*" if n == 0 else " ", str(n + 1), str(n + 1), str(n)) for n in range(CPUS)]
    assert re.findall(r"^\$\d+ = (.*)$", text, re.M) == ["2", "1", "0", "3", "2", "0"]
    assert re.findall(r"^([* ]) CPU #(\d)", text, re.M) == [(" ", "0"), (" ", "1"), ("*", "2")]
    assert re.search("^0x1$", text, re.M)
    assert "process 1" in text and "running" in machine[0].monitor.command("info status")


def test_a_locked_step_moves_one_cpu(machine):
    text = gdb(machine[1], *SETUP, "set scheduler-locking on", "thread 2", "stepi 7", "p $pc", "p $r5",
               "thread apply all -q p $r5")
    values = re.findall(r"^\$\d+ = (?:\(void \(\*\)\(\)\) )?(\w+)", text, re.M)
    assert values == [f"{CODE + 4:#x}", "3", "0", "3", "0"]


def test_a_breakpoint_stops_all_and_names_the_cpu(machine):
    text = gdb(machine[1], *SETUP, "thread 3", f"set var *(int*){CODE + 0x100} = {0x48000000}",
               f"set var $pc = {CODE + 0x100}", "thread 2", f"set var $pc = {CODE + 0x200}",
               f"set var *(int*){CODE + 0x200} = {0x38a50001}", f"set var *(int*){CODE + 0x204} = {0x4bfffffc}",
               "thread 1", f"break *{CODE + 0x204}", "continue", "p $_thread", "continue", "continue", "p $_thread",
               "p $r5", "thread 1", "p $pc - 0x1000 < 12", "thread 3", "p $pc")
    assert len(re.findall(r"Thread 2 hit Breakpoint 1", text)) == 3, text
    values = re.findall(r"^\$\d+ = (?:\(void \(\*\)\(\)\) )?(\w+)", text, re.M)
    assert values == ["2", "2", "3", "1", f"{CODE + 0x100:#x}"]


# ---- Packets ----

def test_threads_without_processes(remote):
    ids = [remote.ask("qfThreadInfo")]
    while ids[-1] != "l":
        ids.append(remote.ask("qsThreadInfo"))
    assert ids == ["m01", "m02", "m03", "l"]
    assert remote.ask("qC") == "QC01"
    assert [remote.ask(f"T{n}") for n in ("1", "3", "4", "p1.2", "p2.1")] == ["OK", "OK", "E16", "OK", "E16"]
    assert [remote.ask(f"Hg{n}") for n in ("2", "0", "-1", "4", "p1.3", "p2.1", "x")] == [
        "OK", "OK", "OK", "E16", "OK", "E16", "E16"]
    assert remote.ask("qC") == "QC03"
    assert remote.ask("vCont;c:4") == remote.ask("vCont;s:p2.1") == "E16"


def test_threads_with_processes(remote):
    assert "multiprocess+" in remote.ask("qSupported:multiprocess+")
    assert [remote.ask("qfThreadInfo"), remote.ask("qsThreadInfo")] == ["mp01.01", "mp01.02"]
    remote.expect_ok("Hgp1.2")
    assert remote.ask("qC") == "QCp01.02"
    assert remote.ask("vCont;s:p1.3") == "T05thread:p01.03;"


def test_registers_are_the_selected_cpus(remote):
    for cpu in range(CPUS):
        select(remote, cpu)
        set_register(remote, 31, 0x100 + cpu)
    for cpu in range(CPUS):
        select(remote, cpu)
        assert (register(remote, 3), register(remote, 31)) == (cpu, 0x100 + cpu)
        assert remote.ask("g")[:8 * 32][-8:] == f"{0x100 + cpu:08x}"


def test_only_those_that_are_named_go_on(remote):
    load(remote, COUNT)
    remote.send("vCont;c:2")
    wait_until(lambda: counter(remote, 1) > 10000)
    assert interrupt(remote).startswith("T02thread:")
    assert [counter(remote, cpu) for cpu in (0, 2)] == [0, 0]
    remote.send("vCont;c")
    wait_until(lambda: all(counter(remote, cpu) > 10000 for cpu in (0, 2)))
    assert interrupt(remote).startswith("T02thread:")


def test_a_step_of_one_with_the_others_running(remote):
    load(remote, COUNT)
    for step in range(1, 7):
        assert remote.ask("vCont;s:3;c") == "T05thread:03;"
        select(remote, 2)
        assert register(remote, PC) == CODE + 4 * (step % 3)
    assert counter(remote, 2) == 2
    remote.send("vCont;c")
    wait_until(lambda: all(counter(remote, cpu) > 10000 for cpu in range(CPUS)))
    assert interrupt(remote).startswith("T02thread:")


def test_the_machine_goes_on_whole_when_the_debugger_leaves(machine):
    remote = Remote(machine[1])
    load(remote, COUNT)
    remote.send("vCont;c:1")
    remote.close()
    for cpu in range(CPUS):
        def count():
            return int(machine[0].monitor.command(f"xp /wx {COUNTER + 0x100 * cpu}").split()[1], 16)
        wait_until(lambda: count() > 10000)


def test_every_cpus_watchpoint_is_told(remote):
    remote.ask("qSupported:swbreak+")
    for n in range(20):
        load(remote, STORE_ONCE, CODE + 8 * n)  # elsewhere: what has been told isn't told again
        remote.expect_ok(f"Z2,{SHARED:x},4")
        left = set(range(CPUS))
        while left:
            stop = remote.ask("vCont;c")
            match = re.fullmatch(rf"T05thread:0(\d);watch:{SHARED:x};", stop)
            assert match, stop
            left.remove(int(match[1]) - 1)
        remote.expect_ok(f"z2,{SHARED:x},4")


def test_every_cpus_breakpoint_is_told(remote):
    remote.ask("qSupported:swbreak+")
    for _ in range(20):
        load(remote, COUNT)
        remote.expect_ok(f"Z0,{CODE + 8:x},4")
        left = set(range(CPUS))
        while left:
            match = re.fullmatch(r"T05thread:0(\d);swbreak:;", remote.ask("vCont;c"))
            cpu = int(match[1]) - 1
            left.remove(cpu)
            select(remote, cpu)
            set_register(remote, PC, CODE + 0x100)  # zeros, an exception to more zeros: it stays away
            remote.write_memory(CODE + 0x100, bytes.fromhex("48000000"))
        remote.expect_ok(f"z0,{CODE + 8:x},4")


# ---- The monitor ----

def test_each_monitor_has_a_cpu_of_its_own(start, sysemu, tmp_path):
    program = sysemu.parent / "tests" / "boards" / "sysemu-boards"
    if not program.exists():
        pytest.skip(f"{program} is not built")
    vm = start("-machine", "ppc-smp", "-smp", CPUS, "-S", "-gdb", f"unix:{tmp_path}/gdb", program=program, serials=0)
    remote = Remote(f"{tmp_path}/gdb")
    remote.no_ack()
    for cpu in range(CPUS):  # what the BATs show at 0x10000000 is another page in each
        remote.write_memory(0x20000 * cpu, (cpu + 7).to_bytes(4, "big"))
        vm.monitor.command(f"cpu {cpu}")
        select(remote, cpu)
        numbers = dict(re.findall(r'<reg name="(\w+)" bitsize="\d+" regnum="(\d+)"', remote.features()))
        for name, value in (("dbat0u", 0x10000002), ("dbat0l", 0x20000 * cpu | 2), ("msr", 0x10)):
            set_register(remote, int(numbers[name]), value)
    for cpu in (1, 0, 2):
        vm.monitor.command(f"cpu {cpu}")
        assert vm.monitor.command("x /wx 0x10000000").split()[1] == f"{cpu + 7:#010x}"
        assert int(vm.monitor.command("gva2gpa 0x10000000").split()[1], 0) == 0x20000 * cpu
        assert f"CPU#{cpu}" in vm.monitor.command("info registers")
        assert f"{0x20000 * cpu:08x}" in vm.monitor.command("info tlb")
        select(remote, cpu)
        assert remote.read_memory(0x10000000, 4)[3] == cpu + 7
        select(remote, 0)
        assert re.findall(r"^([* ]) CPU #(\d)", remote.monitor("info cpus"), re.M)[0] == ("*", "0")
    assert re.findall(r"^CPU#(\d)", vm.monitor.command("info registers -a"), re.M) == ["0", "1", "2"]
    assert "CPU#1" in vm.monitor.command("info registers 1")
    assert "invalid CPU index" in vm.monitor.command(f"cpu {CPUS}")
    assert re.findall(r"^([* ]) CPU #(\d)", vm.monitor.command("info cpus"), re.M)[2] == ("*", "2")
    remote.close()
