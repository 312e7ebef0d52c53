"""The GDB stub: with gdb-multiarch, and with packets that no GDB would send.

SPDX-License-Identifier: MIT
"""

import re
import shutil
import subprocess
import time

import pytest

from gdbremote import Remote, frame
from sysemu import run

RESET_VECTOR = 0xfff00100
CODE = 0x10000

# li r3,5; stw r3,0(r4); lwz r5,0(r4); addi r3,r3,1; stw r3,0(r4); b .
PROGRAM = bytes.fromhex("38600005 90640000 80a40000 38630001 90640000 48000000")
PC = 32
MSR = 33


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


def gdb(path, *commands, timeout=60):
    program = shutil.which("gdb-multiarch")
    if not program:
        pytest.skip("gdb-multiarch is not installed")
    args = [program, "-nx", "-batch", "-ex", "set architecture powerpc:750", "-ex", "set endian big",
            "-ex", f"target remote {path}"]
    for command in commands:
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


def test_interrupt_stops_a_loop(remote):
    load(remote, bytes.fromhex("48000000"))
    remote.send("vCont;c")
    time.sleep(0.1)
    remote.raw(b"\x03")
    assert remote.receive().startswith(b"T02thread:01;")
    assert register(remote, PC) == CODE
    remote.raw(b"\x03")  # already stopped
    assert remote.ask("qC") == "QC01"


def test_monitor_stop_is_reported(stopped, remote):
    load(remote, bytes.fromhex("48000000"))
    remote.send("c")
    while "running" not in stopped[0].monitor.command("info status"):
        pass
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
    assert remote.receive() == b"W00"
    assert stopped[0].wait() == 0


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
