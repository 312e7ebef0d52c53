"""The monitor on the empty machine.

SPDX-License-Identifier: MIT
"""

import random
import re
import subprocess
import time

import pytest

from gdbremote import Remote


@pytest.fixture
def vm(start):
    return start("-machine", "none", serials=0)


def test_status_follows_stop_and_cont(vm):
    assert vm.monitor.command("info status") == "VM status: running\n"
    vm.monitor.command("stop")
    assert vm.monitor.command("info status") == "VM status: paused\n"
    vm.monitor.command("cont")
    assert vm.monitor.command("info status") == "VM status: running\n"


def test_a_machine_started_with_S_waits(start):
    vm = start("-machine", "none", "-S", serials=0)
    assert vm.monitor.command("info status") == "VM status: paused (prelaunch)\n"
    vm.monitor.command("c")
    assert vm.monitor.command("info status") == "VM status: running\n"


def test_quit_ends_with_exit_code_0(vm):
    assert vm.quit() == 0
    assert vm.error_text() == ""


@pytest.mark.parametrize("line,answer", [
    ("p 1+2*3", "0x7\n"),
    ("p/d 0x10", "16\n"),
    ("print/u 0-1", "18446744073709551615\n"),
    ("p/o 8", "010\n"),
    ("p/c 65", "'A'\n"),
    ("p/x -1", "0xffffffffffffffff\n"),
    ("p 1/0", 'division by zero\nTry "help p" for more information\n'),
    ("p (1", "')' expected\nTry \"help p\" for more information\n"),
    ("p", 'unexpected end of expression\nTry "help p" for more information\n'),
    ("foo", "unknown command: 'foo'\n"),
    ("info foo", "unknown command: 'info foo'\n"),
    ("cont extra",
     'cont|c: extraneous characters at the end of line\nTry "help cont" for more information\n'),
    ("logfile", 'logfile: filename expected\nTry "help logfile" for more information\n'),
    ("cpu 1", "invalid CPU index\n"),
    ("info name", ""),
    ("info cpus", ""),
    ("x 0", "Can not dump without CPU\n"),
    ("x/i 0", "Can not dump without CPU\n"),
    ("xp/4i 0", "Can not dump without CPU\n"),
    ("info registers", "No CPU available\n"),
    ("help info status", "info status  -- show the current VM status (running|paused)\n"),
    ("help foo", "unknown command: 'foo'\n"),
    ("", ""),
    ("sum 0 0x2001", "00000\n"),
    ("xp/0xb 0", ""),
    ("boot_set c", "Error: machine 'none' has no way to change its boot order\n"),
    ("p $pc", 'unknown register\nTry "help p" for more information\n'),
    ('logfile "a', 'unterminated string\nTry "help logfile" for more information\n'),
])
def test_answers(vm, line, answer):
    assert vm.monitor.command(line) == answer


def test_what_a_command_wrote_arrives_before_the_end(sysemu):
    """Also to a slow reader, when `quit` is waiting behind it."""
    with subprocess.Popen([sysemu, "-machine", "VMC", "-S", "-display", "none", "-serial", "none",
                           "-monitor", "stdio"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        process.stdin.write(b"xp/100000xb 0\nquit\n")
        process.stdin.flush()
        time.sleep(0.5)
        lines = process.stdout.read().decode().splitlines()
        assert process.wait(30) == 0
    assert [line for line in lines if line.startswith("0000000000018690: ")]
    assert lines[-1] == "(qemu) quit"


@pytest.mark.parametrize("addr,size,total", [(0, 4096, 0), (0, 5000, 0), (0x7ffffff, 3, 0)])
def test_sum_reads_what_is_not_there_as_zero(start, addr, size, total):
    vm = start("-machine", "VMC", "-S", serials=0)
    assert int(vm.monitor.command(f"sum {addr:#x} {size}")) == total


def test_sum_is_that_of_the_bsd_command(start, tmp_path):
    data = bytes(random.Random(1).randrange(256) for _ in range(10000))
    (tmp_path / "data").write_bytes(data)
    vm = start("-machine", "VMC", "-S", "-bios", tmp_path / "data", serials=0)
    expected = subprocess.run(["sum", "-r", tmp_path / "data"], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.split()[0]
    assert vm.monitor.command("sum 0xfff00000 10000") == expected + "\n"


# More than any test waits for
LONG_COMMANDS = ["sum 0 0xffffffff", "xp/999999999xb 0", "x/999999999i 0xfff00000", "memsave 0 0xffffffff /dev/null",
                 "pmemsave 0 0x7ffffff /dev/null"]


@pytest.mark.parametrize("line", LONG_COMMANDS[:3])
def test_ctrl_c_ends_a_long_command(start, line):
    vm = start("-machine", "VMC", "-S", serials=0)
    vm.monitor.send(line + "\r")
    vm.monitor.expect("\r\n")
    vm.monitor.send("\x03")
    vm.monitor.expect("interrupted\r\n")
    vm.monitor.expect("(qemu) ")
    assert vm.monitor.command("info status") == "VM status: paused (prelaunch)\n"
    assert vm.quit() == 0


def test_what_is_typed_during_a_command_comes_after_it(start):
    vm = start("-machine", "VMC", "-S", serials=0)
    vm.monitor.send("sum 0 0x4000000\rinfo status\rxp/2000xw 0\rinfo name\rquit\r")
    answers = vm.monitor.read_all().replace("\r\n", "\n")
    assert re.fullmatch(r"sum 0 0x4000000\n00000\n\(qemu\) info status\nVM status: .*\n\(qemu\) xp/2000xw 0\n"
                        r"(0000000000001f30: .*|[0-9a-f]{16}: .*\n)*\(qemu\) info name\n\(qemu\) quit\n", answers)
    assert answers.count("0000000000001f30: ") == 1
    assert vm.wait() == 0


@pytest.mark.parametrize("line", LONG_COMMANDS)
def test_the_machine_goes_on_during_a_long_command(start, tmp_path, line):
    """What the guest's console and a debugger need isn't held up by it."""
    vm = start("-machine", "VMC", "-gdb", f"unix:{tmp_path}/gdb")
    vm.serial[0].expect("> ")
    remote = Remote(str(tmp_path / "gdb"))
    remote.no_ack()
    remote.send("c")
    vm.monitor.send(line + "\r")
    vm.monitor.expect("\r\n")
    vm.serial[0].send("help\r")
    vm.serial[0].expect("> ")
    remote.raw(b"\x03")
    assert remote.receive().startswith(b"T02")
    remote.close()
    vm.monitor.send("\x03")
    vm.monitor.expect("(qemu) ")


def test_a_debugger_may_interrupt_its_own_long_command(start, tmp_path):
    vm = start("-machine", "VMC", "-gdb", f"unix:{tmp_path}/gdb")
    vm.serial[0].expect("> ")
    remote = Remote(str(tmp_path / "gdb"))
    remote.no_ack()
    remote.send(b"qRcmd," + b"sum 0 0xffffffff".hex().encode())
    vm.serial[0].send("help\r")
    vm.monitor.command("info status")
    remote.raw(b"\x03")
    assert bytes.fromhex(remote.receive().decode()[1:]) == b"interrupted\n"
    assert remote.receive() == b"OK"
    remote.send(b"qRcmd," + b"p 1+2".hex().encode())
    assert bytes.fromhex(remote.receive().decode()[1:]) == b"0x3\n"
    assert remote.receive() == b"OK"
    remote.close()


def test_every_info_command_answers(vm):
    names = re.findall(r"^info (\S+)", vm.monitor.command("help info"), re.M)
    assert {"mtree", "qtree", "qom-tree", "registers", "cpus", "status", "roms", "version", "jit",
            "tlb", "pic", "pci", "chardev", "block", "name", "history"} <= set(names)
    for name in names:
        assert "unknown command" not in vm.monitor.command(f"info {name}")
    assert vm.monitor.command("info status") == "VM status: running\n"


def test_help_lists_commands(vm):
    text = vm.monitor.command("help")
    assert "\nquit|q  -- quit the emulator\n" in text
    assert text.startswith("boot_set bootdevice -- ")
    assert vm.monitor.command("?") == text


def test_info_mtree_shows_the_address_spaces(vm):
    text = vm.monitor.command("info mtree")
    assert "address-space: memory\n" in text
    assert "  0000000000000000-ffffffffffffffff (prio 0, i/o): system\n" in text
    assert "FlatView #0\n" in vm.monitor.command("info mtree -f")


def test_info_qom_tree_shows_the_machine(vm):
    text = vm.monitor.command("info qom-tree")
    assert text.startswith("/machine (none-machine)\n")
    assert "  /unattached (container)\n" in text


def test_info_chardev_lists_what_was_made(vm):
    assert re.search(r"^test-monitor: filename=unix:/\S+$", vm.monitor.command("info chardev"), re.M)


def test_history_is_numbered(vm):
    vm.monitor.command("stop")
    vm.monitor.command("cont")
    assert vm.monitor.command("info history") == "0: 'stop'\n1: 'cont'\n2: 'info history'\n"


def test_log_items_add_up(vm):
    assert vm.monitor.command("info log") == "unimp\n"
    vm.monitor.command("log int")
    vm.monitor.command("log guest_errors")
    assert vm.monitor.command("info log").split() == ["int", "unimp", "guest_errors"]
    vm.monitor.command("log none")
    assert vm.monitor.command("info log") == ""
    assert vm.monitor.command("log foo").startswith("Log items (comma separated):\n")


def test_commands_are_completed(vm):
    vm.monitor.send("info vers\t\r")
    vm.monitor.expect("info version \r\n")
    vm.monitor.expect("(qemu) ")


def test_a_flood_of_commands_is_answered_whole(vm):
    lines = [f"p/d {i}\r" for i in range(500)]
    vm.monitor.send("".join(lines))
    for i in range(500):
        vm.monitor.expect(f"p/d {i}\r\n{i}\r\n")


def test_noise_does_no_harm(vm):
    """Random bytes, escape sequences among them; the session goes on."""
    generator = random.Random(1)
    alphabet = [bytes([i]) for i in range(256)] + [
        b"\033[A", b"\033[D", b"\033[3~", b"\t", b"\r", b"info ", b"x/", b"p ", b"(", b"$", b"-f ",
        b"help ", b"log ", b"xp/1000000xb 0", b'"', b"qom-get /machine ", b"qom-list /machine"]
    for _ in range(200):
        noise = b"".join(generator.choice(alphabet) for _ in range(60))
        if b"q" in noise or b"logfile" in noise or b"save" in noise:
            continue  # may end the session or write files
        vm.monitor.send(noise + b"\r")
        vm.monitor.read_for(0.001)
    vm.monitor.send(b"\025p/d 12345*2\r")
    vm.monitor.expect("24690")


def test_memory_of_the_empty_machine_is_read_and_saved(start, tmp_path):
    vm = start("-machine", "none", "-m", "1", serials=0)
    assert vm.monitor.command("xp/3xw 0") == "0000000000000000: 0x00000000 0x00000000 0x00000000\n"
    assert vm.monitor.command("xp/20xb 0x10").count("0x00") == 20
    assert vm.monitor.command("xp/2dg 0") == f"0000000000000000: {0:20} {0:20}\n"
    assert vm.monitor.command("xp/3cb 0") == "0000000000000000: '\\x00' '\\x00' '\\x00'\n"
    assert vm.monitor.command(f"pmemsave 0 4096 {tmp_path}/m") == ""
    assert (tmp_path / "m").read_bytes() == bytes(4096)
    assert "Cannot access memory" in vm.monitor.command("xp 0x10000000")
    assert "Error: " in vm.monitor.command("pmemsave 0 4096 /nonexistent/x")


def test_numbers_and_formats_read_as_in_the_installed_qemu(start, reference):
    args = ["-machine", "none", "-m", "1", "-S"]
    ours = start(*args, serials=0)
    theirs = start(*args, serials=0, program=reference)
    for line in ("p 1 + 2 * 3 - 4 / 2", "p/d 5 & 3 | 8 ^ 1", "p/x ~0", "p/d -5 % 3", "p/c 'a'",
                 "p/o 077", "p/u 5", "p 1/0", "p (1+2", "p 1 +", "p $foo", "foo", "info foo",
                 "cont extra", "logfile", "cpu 1", "info status", "info name", "xp/3xb 0",
                 "xp/2dg 0", "xp/20cb 0", "xp/5ob 0", "xp/3uh 0", "xp/9xw 0", "x 0", "xp/i 0",
                 "help system_reset", "help info cpus", "help foo", "stop", "info status"):
        assert ours.monitor.command(line) == re.sub("\x1b\\[[A-Z]", "", theirs.monitor.command(line)), line
