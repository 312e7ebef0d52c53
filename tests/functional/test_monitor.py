"""The monitor on the empty machine.

SPDX-License-Identifier: MIT
"""

import os
import random
import re
import resource
import shutil
import socket
import struct
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
    ("help info status", "info status  -- whether the guest runs, and if not, why\n"),
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
    assert "\nquit|q  -- end the guest and this program\n" in text
    assert text.startswith("balloon target -- ")
    assert "\nblock_resize device size -- " in text
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
                 "i /x 0", "i /hx 0x60", "i /bx 0x60", "o /bx 0x80 5", "o 0x80", "i", "trace-event foo on",
                 "trace-event foo* on", "trace-event memory_region_ops_read maybe",
                 "trace-event memory_region_ops_read on 3", "info trace-events foo", "singlestep", "info status",
                 "singlestep off", "singlestep foo", "chardev-add null,id=a", "chardev-add foo,id=b",
                 "chardev-add null", "chardev-change a null", "chardev-change nope null", "chardev-change a foo",
                 "chardev-remove a", "chardev-remove a", "dump-guest-memory",
                 "xp/2dg 0", "xp/20cb 0", "xp/5ob 0", "xp/3uh 0", "xp/9xw 0", "x 0", "xp/i 0",
                 "help foo", "stop", "info status"):
        assert ours.monitor.command(line) == re.sub("\x1b\\[[A-Z]", "", theirs.monitor.command(line)), line


def test_what_a_script_says_is_done_though_it_has_ended(sysemu):
    """The end of its input comes while the first command is at work."""
    result = subprocess.run([str(sysemu), "-machine", "VMC", "-S", "-display", "none", "-serial", "null", "-monitor", "stdio"],
                            input=b"x/200000xw 0xfff00000\nquit\n", capture_output=True, timeout=120, check=True)
    lines = result.stdout.replace(b"\r", b"").splitlines()
    assert sum(line.startswith(b"fff") for line in lines) > 30000 and lines[-1].startswith(b"(qemu) quit")


def test_what_a_client_says_is_done_though_it_has_gone(start, tmp_path):
    path = str(tmp_path / "monitor")
    vm = start("-machine", "VMC", "-S", "-chardev", f"socket,id=m,path={path},server=on,wait=off", "-mon", "m", serials=0)
    vm.monitor.command("info status")  # it listens now
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.sendall(b"sum 0 0x8000000\nquit\n")
    assert vm.wait() == 0


def test_the_next_client_finds_nothing_of_the_one_before(start, tmp_path):
    path = str(tmp_path / "monitor")
    vm = start("-machine", "VMC", "-S", "-chardev", f"socket,id=m,path={path},server=on,wait=off", "-mon", "m", serials=0)
    vm.monitor.command("info status")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.sendall(b"x/2000000000xw 0\nquit\n")
        client.recv(1000)
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(60)
        client.connect(path)
        client.sendall(b"info status\n")
        seen = b""
        while seen.count(b"(qemu) ") < 2:
            seen += client.recv(1000)
    assert seen.startswith(b"sysemu ") and b"VM status: paused" in seen and b"0x0" not in seen


def test_strings_are_shown(start, tmp_path):
    (tmp_path / "image").write_bytes(b'hello\0a "b"\n\0' + b"x" * 300 + b"\0")
    vm = start("-machine", "VMC", "-S", "-bios", tmp_path / "image", serials=0)
    assert vm.monitor.command("xp/2s 0xfff00000") == (
        '00000000fff00000: "hello"\n00000000fff00006: "a \\"b\\"\\n"\n')
    long = vm.monitor.command("x/2s 0xfff0000d").splitlines()
    assert [line[:9] for line in long] == ["fff0000d:", "fff000d5:"]
    assert long[0].endswith('x"...') and long[1] == "fff000d5: \"" + "x" * 100 + '"'
    empty = vm.monitor.command("x/9999s 0").splitlines()
    assert len(empty) == 9999 and empty[-1] == '0000270e: ""'


def test_trace_points_are_switched_while_the_guest_runs(start, tmp_path):
    # lis 3,0xfef8; lwz 4,8(3); b .-4
    (tmp_path / "loop").write_bytes(bytes.fromhex("3c60fef8 80830008 4bfffffc"))
    vm = start("-machine", "VMC", "-kernel", tmp_path / "loop", "-D", tmp_path / "log", serials=0)
    vm.monitor.command("trace-event io.hawk-smc* on")
    states = vm.monitor.command("info trace-events io.hawk-smc.R*").splitlines()
    assert "io.hawk-smc.ROM_A : state 1" in states
    assert vm.monitor.command("info trace-events io.uart0.I*") == (
        "io.uart0.IER : state 0\nio.uart0.IIR/FCR : state 0\n")
    deadline = time.monotonic() + 20
    while "hawk-smc REVID/GENERAL: read" not in (tmp_path / "log").read_text():
        assert time.monotonic() < deadline
    vm.monitor.command("log none")
    assert vm.monitor.command("info trace-events io.hawk-smc.ROM_A") == "io.hawk-smc.ROM_A : state 0\n"


def test_single_steps_show_every_instruction(start, tmp_path):
    # li 3,1; li 4,2; li 5,3; b .-12
    (tmp_path / "loop").write_bytes(bytes.fromhex("38600001 38800002 38a00003 4bfffff4"))
    vm = start("-machine", "VMC", "-S", "-kernel", tmp_path / "loop", "-D", tmp_path / "log", serials=0)
    vm.monitor.command("singlestep")
    vm.monitor.command("log exec,nochain")
    assert vm.monitor.command("info status") == "VM status: paused (single step mode) (prelaunch)\n"
    vm.monitor.command("c")
    deadline = time.monotonic() + 20
    while (tmp_path / "log").read_text(errors="replace").count("Trace 0") < 9:
        assert time.monotonic() < deadline
    vm.monitor.command("stop")
    places = re.findall(r"^Trace .*/([0-9a-f]{8})\]", (tmp_path / "log").read_text(errors="replace"), re.M)[:8]
    assert places == [f"{4 * (i % 4):08x}" for i in range(8)]


def test_nmi_says_that_there_is_none(vm):
    assert vm.monitor.command("nmi") == "Error: machine 'none' has no non-maskable interrupt\n"


def test_character_devices_are_made_and_replaced(start, tmp_path):
    # lis 3,0xfef8; ori 3,3,0x8000; li 4,0x41; stb 4,0(3); b .
    (tmp_path / "writer").write_bytes(bytes.fromhex("3c60fef8 60638000 38800041 98830000 48000000"))
    vm = start("-machine", "VMC", "-S", "-kernel", tmp_path / "writer")
    assert vm.monitor.command(f"chardev-add file,id=a,path={tmp_path}/one") == ""
    assert vm.monitor.command("chardev-add file,id=a,path=/x").startswith("Error: ")
    assert vm.monitor.command(f"chardev-change a file,path={tmp_path}/nowhere/x").startswith("Error: ")
    assert "a: filename=file" in vm.monitor.command("info chardev")
    assert vm.monitor.command("chardev-change a ringbuf") == ""
    assert vm.monitor.command("ringbuf_read a 1") == "\n"
    assert "can't change" in vm.monitor.command("chardev-change test-monitor null")
    for _ in range(2):  # the id is free again
        assert vm.monitor.command("chardev-remove a") == ""
        assert vm.monitor.command("chardev-add null,id=a") == ""
    assert vm.monitor.command("chardev-remove a") == ""
    assert vm.monitor.command("chardev-change test-serial0 ringbuf") == ""
    assert vm.serial[0].read_all() == ""  # let go of
    vm.monitor.command("c")
    while vm.monitor.command("p $pc") != "0x10\n":
        pass
    assert vm.monitor.command("ringbuf_read test-serial0 9") == "A\n"
    assert vm.monitor.command("chardev-remove test-serial0") == "Error: Chardev 'test-serial0' is busy\n"


def test_output_goes_to_no_fifo_without_reader_and_removes_no_device(start, tmp_path):
    """/dev/full must be there afterwards, and the monitor must not wait for somebody to read a FIFO."""
    full, fifo = tmp_path / "full", tmp_path / "fifo"
    os.mkfifo(fifo)
    full.symlink_to("/dev/full")  # unlinking it would take the link
    vm = start("-machine", "VMC", "-m", "16", "-S", serials=0)
    assert vm.monitor.command(f"dump-guest-memory {full}") == f"Error: Could not write '{full}': No space left on device\n"
    assert full.is_symlink()
    for command, what in (("dump-guest-memory", "write"), ("memsave 0 4", "open"), ("pmemsave 0 4", "open")):
        assert vm.monitor.command(f"{command} {fifo}") == f"Error: Could not {what} '{fifo}': No such device or address\n"
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    assert vm.monitor.command(f"pmemsave 0 4 {fifo}") == ""
    assert os.read(reader, 9) == bytes(4)
    os.close(reader)
    resource.prlimit(vm.process.pid, resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    assert vm.monitor.command(f"dump-guest-memory {tmp_path}/core") == (
        f"Error: Could not write '{tmp_path}/core': File too large\n")
    assert not (tmp_path / "core").exists()  # no half one


def test_a_mux_is_not_replaced_under_its_users(start):
    vm = start("-machine", "VMC", "-S", "-chardev", "null,id=m,mux=on", "-serial", "chardev:m", "-serial", "chardev:m",
               serials=0)
    before = vm.monitor.command("info chardev")
    assert vm.monitor.command("chardev-change m ringbuf") == (
        "Error: Chardev 'm' is shared by several users and can't be changed\n")
    assert vm.monitor.command("info chardev") == before


def test_an_id_from_the_command_line_is_free_after_chardev_remove(start):
    vm = start("-machine", "none", "-chardev", "null,id=a", serials=0)
    assert vm.monitor.command("chardev-remove a") == ""
    assert vm.monitor.command("chardev-add ringbuf,id=a") == ""
    assert "a: filename=ringbuf" in vm.monitor.command("info chardev")


def core_segments(path):
    data = path.read_bytes()
    assert data[:6] == b"\x7fELF\x01\x02" and struct.unpack(">2H", data[16:20]) == (4, 20)  # a core, PowerPC
    offset, number = struct.unpack(">I", data[28:32])[0], struct.unpack(">H", data[44:46])[0]
    headers = [struct.unpack(">8I", data[offset + 32 * i:offset + 32 * i + 32]) for i in range(number)]
    return {virt: (phys, data[at:at + size]) for kind, at, virt, phys, size, _, _, _ in headers if kind == 1}


def test_memory_is_dumped_as_a_core_file(start, tmp_path):
    program = bytes.fromhex("3ca01234 48000000")  # lis 5,0x1234; b .
    (tmp_path / "loop").write_bytes(program)
    vm = start("-machine", "VMC", "-m", "32", "-kernel", tmp_path / "loop", serials=0)
    while vm.monitor.command("p $pc") != "0x4\n":
        pass
    assert vm.monitor.command(f"dump-guest-memory {tmp_path}/core") == ""
    assert vm.monitor.command(f"dump-guest-memory {tmp_path}/part 4 4") == ""
    assert vm.monitor.command(f"dump-guest-memory -p {tmp_path}/mapped") == ""
    assert "running" in vm.monitor.command("info status")
    assert {virt: (phys, len(data)) for virt, (phys, data) in core_segments(tmp_path / "core").items()} == {
        0: (0, 32 << 20)}
    assert core_segments(tmp_path / "core")[0][1].startswith(program)
    assert core_segments(tmp_path / "part") == {4: (4, program[4:])}
    assert core_segments(tmp_path / "mapped")[0][1].startswith(program)
    os.mkfifo(tmp_path / "pipe")
    for arguments, message in (("-z x", "-z .*not supported yet"), ("-d x", "-d .*not supported yet"),
                               ("x 1", "given together"), ("x 0 0", "nothing to dump"),
                               ("x 0xf0000000 16", "no guest memory"), ("/nowhere/x", "Could not write '/nowhere/x'"),
                               (tmp_path / "pipe", "Could not write '.*/pipe'"), ("/dev/full", "Could not write '/dev/full'")):
        assert re.match(f"Error: .*{message}", vm.monitor.command(f"dump-guest-memory {arguments}"))
    gdb = shutil.which("gdb-multiarch")
    if gdb:
        text = subprocess.run([gdb, "-nx", "-batch", "-ex", f"core-file {tmp_path}/core", "-ex", "p/x $pc", "-ex", "p/x $r5",
                               "-ex", "x/2xw 0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=60, check=False).stdout
        assert "= 0x4\n" in text and "= 0x12340000\n" in text and "0x3ca01234\t0x48000000" in text
