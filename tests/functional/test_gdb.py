"""The GDB stub: with gdb-multiarch, and with packets that no GDB would send.

SPDX-License-Identifier: MIT
"""

import os
import re
import shutil
import socket
import subprocess
import time

import pytest

from gdbremote import Remote, escape, frame
from sysemu import run

RESET_VECTOR = 0xfff00100
CODE = 0x10000

# li r3,5; stw r3,0(r4); lwz r5,0(r4); addi r3,r3,1; stw r3,0(r4); b .
PROGRAM = bytes.fromhex("38600005 90640000 80a40000 38630001 90640000 48000000")
PC = 32
MSR = 33
CR = 34
XER = 37


@pytest.fixture
def stopped(start, tmp_path):
    """A machine with -S, and the address of its stub."""
    path = str(tmp_path / "gdb")
    return start("-machine", "VMC", "-S", "-gdb", f"unix:{path}"), path


@pytest.fixture
def remote(stopped):
    connection = Remote(stopped[1])
    connection.no_ack()
    yield connection
    connection.close()


def load(remote, program=PROGRAM):
    remote.write_memory(CODE, program)
    set_register(remote, PC, CODE)
    set_register(remote, 4, 0x20000)


def set_register(remote, n, value):
    remote.expect_ok(f"P{n:x}={value:08x}")


def register(remote, n):
    return int(remote.ask(f"p{n:x}"), 16)


def gdb(path, *commands, timeout=60, settings=("set architecture powerpc:750", "set endian big")):
    program = shutil.which("gdb-multiarch")
    if not program:
        pytest.skip("gdb-multiarch is not installed")
    args = [program, "-nx", "-batch"]
    for command in (*settings, f"target remote {path}", *commands):
        args += ["-ex", command]
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout,
                          text=True, check=False).stdout


# ---- gdb-multiarch ----

def test_gdb_reads_and_writes_registers_of_all_kinds(stopped):
    text = gdb(stopped[1], "p/x $pc", "p/x $pvr", "set var $r5 = 0x1234", "p/x $r5",
               "set var $sr3 = 0x55", "p/x $sr3", "set var $sprg2 = 77", "p $sprg2",
               "set var $f3 = 1.5", "p $f3")
    values = re.findall(r"^\$\d+ = (.*)$", text, re.M)
    assert values[0] == "0xfff00100"
    assert values[1].startswith("0x8320")
    assert values[2:] == ["0x1234", "0x55", "77", "1.5"]


def test_gdb_sees_the_floating_point_status_of_the_last_operation(stopped):
    """Generated code doesn't work it out before somebody asks; then operands may have been overwritten."""
    text = gdb(stopped[1], "set var $msr = 0x2000", "set var $pc = 0x10000",
               "set {int}0x10000 = 0xfc611024", "set {int}0x10004 = 0xfc81082a",  # fdiv f3,f1,f2; fadd f4,f1,f1
               "set var $f1 = 1.0", "set var $f2 = 3.0", "set var $fpscr = 0x02000000", "stepi",
               "p/x $fpscr", "set var $f1 = 5.0", "set var $f2 = 0.0", "p/x $fpscr",
               "set var $fpscr = 0", "p/x $fpscr", "stepi", "p/x $fpscr", "p $f4")
    assert re.findall(r"^\$\d+ = (.*)$", text, re.M) == ["0x2024000", "0x2024000", "0x0", "0x4000", "10"]


def test_gdb_steps_breaks_and_detaches(stopped):
    emulator, path = stopped
    text = gdb(path, "stepi", "stepi", "set var $target = $pc + 0x10", "break *$target",
               "hbreak *($target + 4)", "continue", "p $pc == $target", "continue",
               "p $pc == $target + 4", "monitor info status", "delete", "detach")
    assert re.findall(r"^\$\d+ = (.*)$", text, re.M) == ["1", "1"]
    assert "paused (debug)" in text
    assert "running" in emulator.monitor.command("info status")


def test_gdb_watches_memory(stopped):
    path = stopped[1]
    words = [int.from_bytes(PROGRAM[i:i + 4], "big") for i in range(0, len(PROGRAM), 4)]
    setup = [f"set var *(int*){CODE + 4 * i} = {w}" for i, w in enumerate(words)]
    text = gdb(path, *setup, "set var $r4 = 0x20000", f"set var $pc = {CODE}",
               "watch *(int*)0x20000", "continue", "p $pc", "delete", "rwatch *(int*)0x20000",
               f"set var $pc = {CODE}", "continue", "p $pc", "p $r5")
    assert "New value = 5" in text
    assert re.findall(r"^\$\d+ = .*?(0x\w+|\d+)\b", text, re.M)[-3:-1] == ["0x10008", "0x1000c"]


def test_gdb_kills(stopped):
    emulator, path = stopped
    gdb(path, "kill")
    assert emulator.wait() == 0


PROGRAM_IN_C = """
unsigned bigarray[16384] = { 1, 2, 3 };
volatile unsigned counter;
int f(int x) { return 2 * x; }
int main(void) { for (;;) { counter++; } }
asm(".globl _start\\n_start: lis 1,0x10; lis 3,0; ori 3,3,0x2000; mtmsr 3; b main");
"""


@pytest.fixture
def compiled(tmp_path):
    compiler = shutil.which("powerpc-linux-gnu-gcc")
    if not compiler:
        pytest.skip("powerpc-linux-gnu-gcc is not installed")
    (tmp_path / "program.c").write_text(PROGRAM_IN_C)
    subprocess.run([compiler, "-g", "-O1", "-ffreestanding", "-nostdlib", "-static", "-Wl,-Ttext=0x10000",
                    "-Wl,--build-id=none",
                    "-o", tmp_path / "program", tmp_path / "program.c"], check=True)
    return tmp_path / "program"


def test_gdb_handles_much_memory_at_once(stopped, compiled, tmp_path):
    text = gdb(stopped[1], f"file {compiled}", "load", "compare-sections", "set print elements 3", "p bigarray",
               f"dump memory {tmp_path}/dumped &bigarray[0] &bigarray[16384]",
               "find /w &bigarray, +sizeof(bigarray), 3", "set osabi GNU/Linux", f"generate-core-file {tmp_path}/core")
    assert "MIS-MATCHED" not in text and "matched" in text
    assert "{1, 2, 3...}" in text
    assert "<bigarray+8>\n1 pattern found." in text
    assert (tmp_path / "dumped").read_bytes() == b"".join(i.to_bytes(4, "big") for i in (1, 2, 3)) + bytes(65524)
    assert (tmp_path / "core").stat().st_size > 65536


def test_gdb_loads_into_flash(stopped, tmp_path):
    data = bytes(i * 11 & 255 for i in range(100000))
    (tmp_path / "image").write_bytes(data)
    gdb(stopped[1], f"restore {tmp_path}/image binary 0xff900000",
        f"dump memory {tmp_path}/back 0xff900000 0xff900000+100000")
    assert (tmp_path / "back").read_bytes() == data


def test_gdb_calls_a_function(stopped, compiled):
    text = gdb(stopped[1], f"file {compiled}", "load", "break main", "continue", "set var $before = $tbl",
               "p f(21)", "p $pc == (long)&main || $pc > (long)&main", "p $tbl >= $before", "call f(100)",
               "info symbol $pc", "detach")
    assert re.findall(r"^\$\d+ = (.*)$", text, re.M) == ["42", "1", "1", "200"]
    assert "Could not" not in text
    assert re.search(r"^main", text, re.M)


# ---- Packets ----

def test_machine_waits_for_the_debugger_and_reports_why(stopped):
    remote = Remote(stopped[1])
    assert remote.ask("?").startswith("T05thread:01;")
    assert register(remote, PC) == RESET_VECTOR
    assert remote.ask("qAttached") == "1"
    assert remote.ask("qfThreadInfo") == "m01"
    assert remote.ask("qsThreadInfo") == "l"
    assert bytes.fromhex(remote.ask("qThreadExtraInfo,1")).startswith(b"CPU#0")
    assert remote.ask("T1") == "OK"
    assert remote.ask("T7").startswith("E")


def test_features_name_every_register_once(remote):
    xml = remote.features()
    names = re.findall(r'<reg name="([^"]*)"', xml)
    assert "org.gnu.gdb.power.core" in xml and "org.gnu.gdb.power.fpu" in xml
    assert len(names) == len(set(names))
    for name in ("r31", "pc", "msr", "cr", "lr", "ctr", "xer", "f31", "fpscr", "sr15", "srr0",
                 "ibat0u", "dbat7l", "hid0", "pvr", "sprg3", "dec", "tbl"):
        assert name in names
    for n in range(len(names)):
        assert re.fullmatch(r"([0-9a-f]{8}|[0-9a-f]{16})", remote.ask(f"p{n:x}")), names[n]


def test_all_registers_at_once(remote):
    before = remote.ask("g")
    values = bytearray(bytes.fromhex(before))
    values[4 * 7:4 * 8] = b"\x12\x34\x56\x78"
    remote.expect_ok("G" + values.hex())
    assert register(remote, 7) == 0x12345678
    assert remote.ask("G" + "00" * 8).startswith("E")
    assert bytes.fromhex(remote.ask("g")) == bytes(values)


def test_memory_comes_back_as_written(remote):
    data = bytes(range(256))
    remote.write_memory(0x3000, data)
    assert remote.read_memory(0x3000, 256) == data
    remote.expect_ok(b"X3000,3:" + b"}\x03}\x04a")
    assert remote.read_memory(0x3000, 4) == b"\x23\x24a\x03"
    assert remote.ask("m70000000,4") == "E0e"


def test_packets_as_long_as_offered_are_taken_and_given(remote):
    size = int(re.search(r"PacketSize=([0-9a-f]+)", remote.ask("qSupported")).group(1), 16)
    data = bytes(i * 7 & 255 for i in range(size))
    head = f"X20000,{size - 16:x}:".encode()
    remote.expect_ok(head + escape(bytes(size - 16).replace(b"\0", b"a")))
    assert remote.ask(b"X20000,%x:" % (size + 16) + b"a" * (size + 16)) == "E16"
    remote.write_memory(0x20000, data)
    for wanted in (size // 2 - 8, size // 2 - 1, size // 2):
        assert bytes.fromhex(remote.ask(f"m20000,{wanted:x}")) == data[:wanted]
    for wanted in (size // 2 + 1, size, 0xffffffffffffffff):  # more than an answer holds: the part that fits
        assert bytes.fromhex(remote.ask(f"m20000,{wanted:x}")) == data[:size // 2]


def test_read_over_the_end_of_memory_gives_what_is_before_it(remote):
    remote.write_memory(0x7fffff0, bytes(range(16)))
    assert remote.ask("m7fffff0,40") == bytes(range(16)).hex()
    assert remote.ask("m8000000,4") == "E0e"


def numbered(remote):
    return {name: n for n, name in enumerate(re.findall(r'<reg name="([^"]*)"', remote.features()))}


def test_every_register_that_was_read_can_be_written_back(remote):
    numbers = numbered(remote)
    set_register(remote, numbers["hid0"], 0x8000c000)  # both caches on
    set_register(remote, numbers["ibat0u"], 0x1ffe)
    set_register(remote, numbers["dbat0l"], 0x12)
    set_register(remote, numbers["fpscr"], 0x82000040)
    before = [remote.ask(f"p{n:x}") for n in numbers.values()]
    for n, value in enumerate(before):
        remote.expect_ok(f"P{n:x}={value}")
    assert [remote.ask(f"p{n:x}") for n in numbers.values()] == before


def test_registers_go_back_to_what_they_were_without_an_interrupt(remote):
    numbers = numbered(remote)
    old = {name: remote.ask(f"p{numbers[name]:x}") for name in ("dec", "tbl", "tbu", "pmc1", "dmiss", "hash1", "thrm1")}
    assert int(old["dec"], 16) >> 31
    for name in old:
        set_register(remote, numbers[name], 0x1234)
    assert register(remote, numbers["tbl"]) == 0x1234 and register(remote, numbers["dmiss"]) == 0x1234
    for name, value in old.items():
        remote.expect_ok(f"P{numbers[name]:x}={value}")
    assert {name: remote.ask(f"p{numbers[name]:x}") for name in old} == old
    load(remote)
    set_register(remote, MSR, 0x8000)
    remote.expect_ok("Qqemu.sstep=1")  # with interrupts
    assert remote.ask("s").startswith("T05")
    assert register(remote, PC) == CODE + 4  # no decrementer interrupt: its top bit went up by our hand


def test_constants_can_be_written_back_but_not_changed(remote):
    pvr = numbered(remote)["pvr"]
    value = remote.ask(f"p{pvr:x}")
    remote.expect_ok(f"P{pvr:x}={value}")
    assert remote.ask(f"P{pvr:x}=00000001").startswith("E")
    assert remote.ask(f"p{pvr:x}") == value


def test_going_on_from_a_watchpoint_makes_the_access(remote):
    load(remote)
    remote.expect_ok("Z2,20000,4")
    stops = []
    for _ in range(2):
        assert "watch:20000;" in remote.go()
        stops.append(register(remote, PC))
    remote.expect_ok(f"Z1,{CODE + 20:x},4")
    assert "watch" not in remote.go()
    assert stops == [CODE + 4, CODE + 16] and register(remote, PC) == CODE + 20
    assert remote.read_memory(0x20000, 4) == b"\0\0\0\6"


def test_a_loop_comes_back_to_its_watchpoint(remote):
    # stw r3,0(r4); addi r3,r3,1; b .-8
    load(remote, bytes.fromhex("90640000 38630001 4bfffff8"))
    set_register(remote, 3, 0)
    remote.expect_ok("Z2,20000,4")
    for i in range(5):
        assert "watch:20000;" in remote.go()
        assert (register(remote, PC), register(remote, 3)) == (CODE, i)
    assert remote.ask("s").startswith("T05")
    assert register(remote, PC) == CODE + 4
    assert remote.read_memory(0x20000, 4) == b"\0\0\0\4"


def test_software_written_by_the_debugger_runs(remote):
    load(remote)
    remote.expect_ok(f"Z0,{CODE + 20:x},4")
    assert remote.go().startswith("T05")
    assert register(remote, 3) == 6 and register(remote, 5) == 5
    # the same again with other code: what was translated is gone
    load(remote, bytes.fromhex("38600007") + PROGRAM[4:])
    assert remote.go().startswith("T05")
    assert register(remote, 3) == 8 and register(remote, 5) == 7


def test_breakpoint_in_the_middle_of_translated_code(remote):
    load(remote)
    remote.expect_ok(f"Z0,{CODE + 20:x},4")
    remote.go()
    set_register(remote, PC, CODE)
    remote.expect_ok(f"Z1,{CODE + 8:x},4")
    remote.go()
    assert register(remote, PC) == CODE + 8
    remote.expect_ok(f"z1,{CODE + 8:x},4")
    remote.go()
    assert register(remote, PC) == CODE + 20
    assert remote.ask(f"z1,{CODE + 8:x},4").startswith("E")


def test_breakpoints_inserted_twice_are_removed_once(remote):
    load(remote)
    for _ in range(2):
        remote.expect_ok(f"Z0,{CODE + 4:x},4")
    remote.expect_ok(f"z0,{CODE + 4:x},4")
    remote.expect_ok(f"Z0,{CODE + 20:x},4")
    remote.go()
    assert register(remote, PC) == CODE + 20


def test_steps_follow_branches_and_exceptions(remote):
    # b +8; illegal; sc
    load(remote, bytes.fromhex("48000008 00000000 44000002"))
    set_register(remote, MSR, 0x1000)
    assert remote.ask("vCont;s:1").startswith("T05")
    assert register(remote, PC) == CODE + 8
    assert remote.ask("s").startswith("T05")
    assert register(remote, PC) == 0xc00


def test_condition_register_has_the_summary_overflow_of_its_time(remote):
    # cmpw r3,r4; addo r5,r6,r6; cmpw cr1,r3,r4; b .
    load(remote, bytes.fromhex("7c032000 7ca63614 7c832000 48000000"))
    for n, value in ((3, 5), (4, 5), (6, 0x7fffffff), (CR, 0), (XER, 0)):
        set_register(remote, n, value)
    for cr, xer in ((0x20000000, 0), (0x20000000, 0xc0000000), (0x23000000, 0xc0000000)):
        remote.ask("s")
        assert (register(remote, CR), register(remote, XER)) == (cr, xer)
    set_register(remote, XER, 0)
    assert register(remote, CR) == 0x23000000
    # in one go, with each XER[SO] to begin with
    remote.expect_ok(f"Z0,{CODE + 12:x},4")
    for xer, cr in ((0, 0x23000000), (0x80000000, 0x33000000)):
        set_register(remote, XER, xer)
        set_register(remote, PC, CODE)
        remote.go()
        assert (register(remote, CR), register(remote, XER)) == (cr, 0xc0000000)


def test_interrupt_stops_a_loop(remote):
    load(remote, bytes.fromhex("48000000"))
    remote.send("vCont;c")
    time.sleep(0.1)
    remote.raw(b"\x03")
    assert remote.receive().startswith(b"T02thread:01;")
    assert register(remote, PC) == CODE
    remote.raw(b"\x03")  # already stopped
    assert remote.ask("qC") == "QC01"


def test_gdb_learns_the_byte_order_without_a_file(stopped, tmp_path):
    (tmp_path / "image").write_bytes(bytes.fromhex("12345678"))
    text = gdb(stopped[1], "show endian", "p/x $pc", f"restore {tmp_path}/image binary 0x1000", "x/xw 0x1000",
               settings=())
    assert "currently big endian" in text
    assert "= 0xfff00100" in text
    assert re.search("0x1000:\\s+0x12345678", text)


def test_the_program_file_is_only_a_header(remote):
    assert remote.ask("qXfer:exec-file:read::0,1000") == "l/guest"
    assert remote.ask("qXfer:exec-file:read:1:2,2") == "mue"
    for packet, answer in (("vFile:open:2f6574632f706173737764,0,0", "F-1,2"), ("vFile:open:2f67,0,0", "F-1,2"),
                           ("vFile:open:2f6775657374", "F-1,2"), ("vFile:open:2f6775657374,0,0", "F3"),
                           ("vFile:pread:4,10,0", "F-1,9"), ("vFile:pread:3,10", "F-1,16"), ("vFile:pread:3,10,34", "F0;"),
                           ("vFile:close:3", "F0"), ("vFile:unlink:2f", ""), ("vFile:", ""),
                           ("qXfer:exec-file:read:0,1", "E16")):
        assert remote.ask(packet) == answer, packet


def wait_until_running(monitor):
    while "running" not in monitor.command("info status"):
        pass


def test_interrupt_is_answered_during_a_dump(stopped, remote, tmp_path):
    """The dump looks at each page of the address space, with the guest stopped for that long."""
    monitor = stopped[0].monitor

    def go_on():
        remote.send("vCont;c")
        wait_until_running(monitor)  # the two ways to the emulator are independent

    load(remote, bytes.fromhex("48000000"))
    go_on()
    for file in (tmp_path / "core", "/dev/null"):
        monitor.send(f"dump-guest-memory -p {file}\r")
        monitor.expect("\r\n")
        remote.raw(b"\x03")
        assert remote.receive().startswith(b"T02thread:01;")
        assert register(remote, PC) == CODE
        monitor.send("\x03")
        monitor.expect("interrupted\r\n(qemu) ")
        assert "paused" in monitor.command("info status")
        go_on()
    monitor.send(f"dump-guest-memory -p {tmp_path}/core\r")
    monitor.expect("\r\n")
    monitor.send("\x03")
    monitor.expect("interrupted\r\n(qemu) ")
    assert "running" in monitor.command("info status")
    assert not (tmp_path / "core").exists() and os.path.exists("/dev/null")


def test_monitor_stop_is_reported(stopped, remote):
    load(remote, bytes.fromhex("48000000"))
    remote.send("c")
    wait_until_running(stopped[0].monitor)
    stopped[0].monitor.command("stop")
    assert remote.receive().startswith(b"T02")


def test_monitor_commands(remote):
    assert "paused" in remote.monitor("info status")
    assert "NIP fff00100" in remote.monitor("info registers")
    assert "unknown command" in remote.monitor("no such thing")
    assert remote.ask("qRcmd,zz").startswith("E")


def test_disconnect_leaves_a_paused_machine_paused_and_a_running_one_running(stopped):
    emulator, path = stopped
    Remote(path).close()
    time.sleep(0.3)
    assert "prelaunch" in emulator.monitor.command("info status")
    remote = Remote(path)
    load(remote, bytes.fromhex("48000000"))
    remote.expect_ok(f"Z0,{CODE:x},4")
    remote.go()
    remote.close()
    time.sleep(0.3)
    assert "running" in emulator.monitor.command("info status")
    remote = Remote(path)
    assert remote.ask("?").startswith("T02")
    remote.expect_ok("D")
    assert "running" in emulator.monitor.command("info status")
    remote.close()


def test_end_of_the_machine_is_reported(stopped):
    remote = Remote(stopped[1])
    remote.no_ack()
    stopped[0].monitor.send("quit\r")
    assert remote.receive() == b"W%02x" % stopped[0].wait()


@pytest.mark.parametrize("packet", [
    b"$#00", b"$", b"#", b"$$$$", b"$g#zz", b"$g#0", b"$m#6d", b"$}", b"+-+-", b"\x00\xff\x80",
    frame(b"m,"), frame(b"m0"), frame(b"m0,ffffffffffffffff"), frame(b"mfffffffffffffffff,1"),
    frame(b"mffffffffffffffff,10"), frame(b"M0,4:00"), frame(b"M0,4:zzzzzzzz"), frame(b"M0,4"),
    frame(b"X0,4:a"), frame(b"X0,7fffffff:"), frame(b"P"), frame(b"P0"), frame(b"P0=1"),
    frame(b"Pffffffff=00000000"), frame(b"P0=" + b"0" * 64), frame(b"p"), frame(b"pffffffffff"),
    frame(b"G"), frame(b"Gzz"), frame(b"G" + b"0" * 9000), frame(b"Z"), frame(b"Z9,0,4"), frame(b"Z2,0,0"),
    frame(b"Z2,ffffffffffffffff,ffff"), frame(b"z0"), frame(b"H"), frame(b"Hg"), frame(b"Hgffff"),
    frame(b"Hgp"), frame(b"T"), frame(b"vCont"), frame(b"vCont;"), frame(b"vCont;x"),
    frame(b"vCont;c:9"), frame(b"vCont;C"), frame(b"qXfer:features:read:"), frame(b"qRcmd,"), frame(b"qRcmd,0"),
    frame(b"qXfer:features:read:target.xml:ffffff,10"), frame(b"qXfer:features:read:other:0,1"),
    frame(b"qThreadExtraInfo,"), frame(b"Qqemu.sstep=zz"), frame(b"s,zz"), frame(b"cxyz"),
    frame(b"\x80\x81"), b"$" + b"a" * 100000 + b"#00", b"$" + b"}" * 50001 + b"#00",
], ids=lambda p: repr(p[:24]))
def test_malformed_packets_do_no_harm(stopped, packet):
    remote = Remote(stopped[1])
    before = remote.ask("g")
    remote.raw(packet + b"#00#00")
    remote.raw(frame(b"qAttached"))
    for _ in range(4):  # the answer to the malformed one, perhaps its repetition, then ours
        if remote.receive() == b"1":
            break
    else:
        pytest.fail("no answer")
    assert remote.ask("g") == before
    remote.close()


def test_wrong_sums_ask_for_repetition_and_get_it(stopped):
    remote = Remote(stopped[1])
    remote.raw(b"$qC#00")
    assert remote.byte() == b"-"
    remote.raw(frame(b"qC"))
    assert remote.receive() == b"QC01"
    remote.raw(b"-")
    assert remote.receive() == b"QC01"


# ---- The command line ----

def test_bad_devices_are_refused(sysemu):
    for device in ("nonsense", "tcp:nowhere", "chardev:none-such"):
        result = run(sysemu, "-machine", "VMC", "-display", "none", "-S", "-gdb", device)
        assert result.returncode == 1 and f"-gdb {device}: " in result.stdout


@pytest.mark.parametrize("device,addresses", [
    ("tcp::0", {"127.0.0.1"}), ("tcp:localhost:0", {"127.0.0.1", "::1"}), ("tcp:0.0.0.0:0", {"0.0.0.0"}), ("tcp:[::]:0", {"::"}),
])
def test_who_is_let_in(start, device, addresses):
    """localhost is what the host's resolver names first."""
    if "localhost" in device:
        try:
            socket.getaddrinfo("localhost", 0)
        except socket.gaierror:
            pytest.skip("the host's resolver doesn't know localhost")
    emulator = start("-machine", "VMC", "-S", "-gdb", device)
    emulator.monitor.command("info status")  # it listens now
    inodes = {os.readlink(entry.path) for entry in os.scandir(f"/proc/{emulator.process.pid}/fd")}
    listening = set()
    for name, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in open(f"/proc/net/{name}").read().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                words = re.findall("(..)(..)(..)(..)", fields[1].split(":")[0])
                listening.add(socket.inet_ntop(family, bytes.fromhex("".join(w[3] + w[2] + w[1] + w[0] for w in words))))
    assert listening and listening <= addresses


def test_none_is_no_server(start):
    emulator = start("-machine", "VMC", "-S", "-gdb", "none")
    assert emulator.quit() == 0


def test_server_from_the_monitor(start, tmp_path):
    path = str(tmp_path / "late")
    emulator = start("-machine", "VMC")
    assert "Waiting for gdb" in emulator.monitor.command(f"gdbserver unix:{path}")
    remote = Remote(path)
    assert remote.ask("?").startswith("T02")
    assert "Disabled" in emulator.monitor.command("gdbserver none")
    assert "running" in emulator.monitor.command("info status")
    remote.close()
