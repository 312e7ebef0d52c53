"""The emulator on a terminal: raw mode and back, the keys of the muxed line.

SPDX-License-Identifier: MIT
"""

import contextlib
import os
import re
import shutil
import signal
import stat
import subprocess
import termios
import time

import pytest

from sysemu import Stream, run

MUX = ["-machine", "none", "-display", "none", "-serial", "mon:stdio"]
PLAIN = ["-machine", "none", "-display", "none", "-monitor", "stdio"]
ECHO = 3  # index of c_lflag


def test_ctrl_a_x_ends_it_and_gives_the_terminal_back(terminal):
    t = terminal(*MUX)
    t.expect("(qemu) ")
    assert not t.settings()[ECHO] & termios.ECHO
    assert not t.settings()[ECHO] & termios.ISIG
    t.send("\x01x")
    assert t.wait() == 0
    assert t.settings() == t.before


def test_ctrl_a_h_lists_the_keys(terminal):
    t = terminal(*MUX)
    t.expect("(qemu) ")
    t.send("\x01h")
    for line in ("C-a h    print this help", "C-a x    exit emulator",
                 "C-a s    save disk data",
                 "C-a t    toggle console timestamps", "C-a b    send break (magic sysrq)",
                 "C-a c    switch between console and monitor", "C-a C-a  sends C-a"):
        t.expect(line)


@pytest.mark.parametrize("times", [0, 3])
def test_ctrl_a_s_syncs_the_drives(sysemu, tmp_path, times):
    if not shutil.which("strace") or run("strace", "-o", "/dev/null", "true").returncode:
        pytest.skip("strace is not installed, or may not trace here")
    (tmp_path / "bank-a").write_bytes(bytes(16 << 20))
    options = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"  # which can't be done under strace
    result = run("strace", "-f", "-e", "trace=fsync,fdatasync", "-o", tmp_path / "calls", sysemu,
                 "-machine", "VMC", "-S", "-nographic", "-drive",
                 f"if=pflash,unit=1,format=raw,file={tmp_path}/bank-a",
                 input="\x01s" * times + "\x01x", stdin=None,
                 env=dict(os.environ, ASAN_OPTIONS=options.lstrip(":")))
    assert result.returncode == 0, result.stdout
    at_the_end = 1
    assert (tmp_path / "calls").read_text().count("sync(") == times + at_the_end


def test_another_escape_character(terminal):
    t = terminal(*MUX, "-echr", "0x14")
    t.expect("(qemu) ")
    t.send("\x14h")
    t.expect("C-t x    exit emulator")
    t.send("\x14x")
    assert t.wait() == 0


def test_the_empty_machine_has_its_monitor_on_the_terminal(terminal):
    t = terminal("-machine", "none", "-nographic")
    t.expect("monitor - type 'help' for more information")
    t.expect("(qemu) ")
    t.send("quit\r")
    assert t.wait() == 0
    assert t.settings() == t.before


@pytest.mark.parametrize("number,name", [(signal.SIGTERM, "15"), (signal.SIGINT, "2"),
                                         (signal.SIGHUP, "1")])
def test_signals_end_it_cleanly(terminal, number, name):
    t = terminal(*PLAIN)
    t.expect("(qemu) ")
    t.process.send_signal(number)
    assert t.wait() == 0
    t.expect(f"sysemu: terminating on signal {name} from pid {os.getpid()}")
    assert t.settings() == t.before


def test_nohup_is_respected(terminal):
    t = terminal(*PLAIN, nohup=True)
    t.expect("(qemu) ")
    t.process.send_signal(signal.SIGHUP)
    t.send("info status\r")
    t.expect("VM status")
    t.send("quit\r")
    assert t.wait() == 0


def test_ctrl_c_ends_a_plain_terminal(sysemu):
    """Ctrl-C is a signal where the terminal carries no guest; needs the pty as controlling terminal."""
    pid, fd = os.forkpty()
    if pid == 0:
        os.execv(sysemu, [str(sysemu), *PLAIN])
    seen = b""
    while b"(qemu) " not in seen:
        seen += os.read(fd, 1024)
    os.write(fd, b"\x03")
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    assert os.waitstatus_to_exitcode(status) == 0


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM,
                                    signal.SIGTRAP, signal.SIGSYS, signal.SIGXCPU, signal.SIGRTMIN + 3])
def test_every_signal_that_ends_it_gives_the_terminal_back(terminal, number):
    t = terminal(*PLAIN)
    t.expect("(qemu) ")
    assert t.settings() != t.before
    t.process.send_signal(number)
    assert t.wait() == -number
    assert t.settings() == t.before


def be_a_shell_with_a_job(sysemu):
    """The terminal's owner; writes what it has seen."""
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.execv(sysemu, [str(sysemu), *PLAIN])
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    before = termios.tcgetattr(0)
    with contextlib.suppress(PermissionError):  # it has done so itself, and is running its program
        os.setpgid(job, job)
    os.tcsetpgrp(0, job)
    os.kill(job, signal.SIGCONT)
    for _ in range(200):  # until it has the terminal
        time.sleep(0.05)
        if termios.tcgetattr(0) != before:
            break
    raw = termios.tcgetattr(0)
    os.kill(job, signal.SIGTSTP)
    stopped = os.WIFSTOPPED(os.waitpid(job, os.WUNTRACED)[1])
    back = termios.tcgetattr(0) == before
    os.tcsetpgrp(0, os.getpgrp())
    os.kill(job, signal.SIGCONT)
    time.sleep(0.3)
    alone = termios.tcgetattr(0) == before and os.waitpid(job, os.WUNTRACED | os.WNOHANG)[0] == 0
    os.tcsetpgrp(0, job)
    os.kill(job, signal.SIGCONT)
    for _ in range(200):
        time.sleep(0.05)
        if termios.tcgetattr(0) == raw:
            break
    again = termios.tcgetattr(0) == raw
    os.kill(job, signal.SIGTERM)
    ended = os.waitpid(job, 0)[1] == 0
    results = (raw != before, stopped, back, alone, again, ended, termios.tcgetattr(0) == before)
    os.write(1, f"RESULTS {results}\n".encode())


def test_a_job_in_the_background_leaves_the_terminal_alone(sysemu):
    """Stopped with SIGTSTP and continued behind the shell's back, it neither changes the settings nor stops."""
    pid, fd = os.forkpty()
    if pid == 0:
        try:
            be_a_shell_with_a_job(sysemu)
        except BaseException as error:  # this is the tests' own program a second time: it mustn't go on
            os.write(1, f"RESULTS {error!r}\n".encode())
        finally:
            os._exit(0)
    seen = b""
    while not re.search(rb"RESULTS .*\n", seen):
        try:
            seen += os.read(fd, 1024)
        except OSError:
            break
    os.waitpid(pid, 0)
    os.close(fd)
    assert re.search(rb"RESULTS \((True(, )?)+\)", seen), seen


@pytest.mark.parametrize("number", [signal.SIGABRT, signal.SIGBUS])
def test_a_crash_gives_the_terminal_back(terminal, number):
    t = terminal(*PLAIN)
    t.expect("(qemu) ")
    t.process.send_signal(number)
    assert t.wait() in (-number, 1, 99)  # a sanitizer's own handler exits with 1, or as scripts/check says
    assert t.settings() == t.before


def test_stopping_gives_the_terminal_back_and_continuing_takes_it(terminal):
    t = terminal(*PLAIN)
    t.expect("(qemu) ")
    raw = t.settings()
    t.process.send_signal(signal.SIGSTOP)  # a session leader's orphaned group ignores SIGTSTP's default
    termios.tcsetattr(t.slave, termios.TCSANOW, t.before)
    t.process.send_signal(signal.SIGCONT)
    for _ in range(100):
        if t.settings() == raw:
            break
        time.sleep(0.05)
    assert t.settings() == raw
    t.send("info status\r")
    t.expect("VM status: running")


def test_end_of_input_neither_ends_nor_spins(sysemu):
    process = subprocess.Popen([str(sysemu), *PLAIN], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE)
    time.sleep(1.0)
    assert process.poll() is None
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    ticks = int(fields[11]) + int(fields[12])
    process.terminate()
    assert process.wait(10) == 0
    process.stdout.close()
    assert ticks < 60, "the main loop spins"


def test_commands_from_a_pipe_are_run(sysemu):
    result = run(sysemu, *PLAIN, input="p/d 6*7\ninfo status\nquit\n", stdin=None)
    assert result.returncode == 0
    assert "(qemu) p/d 6*7\n42\n(qemu) info status\nVM status: running\n" in \
        result.stdout.replace("\r", "")


def test_pty_and_pipe_carry_the_monitor(sysemu, tmp_path):
    result = subprocess.Popen([str(sysemu), "-machine", "none", "-display", "none", "-monitor",
                               "pty"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    line = result.stdout.readline()  # where scripts read it
    assert line.startswith("char device redirected to /dev/pts/")
    assert line.endswith("(label compat_monitor0)\n")
    fd = os.open(line.split()[4], os.O_RDWR | os.O_NOCTTY)
    seen = b""
    while b"(qemu) " not in seen:
        seen += os.read(fd, 1024)
    os.write(fd, b"quit\r")
    assert result.wait(10) == 0
    os.close(fd)
    result.stdout.close()


def test_pidfile_is_written_and_removed(start, tmp_path):
    path = tmp_path / "pid"
    vm = start("-machine", "none", "-pidfile", path, serials=0)
    vm.monitor.command("info status")
    assert path.read_text() == f"{vm.process.pid}\n"
    vm.quit()
    assert not path.exists()


def test_pidfile_does_not_follow_links(sysemu, tmp_path):
    target, link = tmp_path / "precious", tmp_path / "pid"
    target.write_text("mine")
    link.symlink_to(target)
    result = run(sysemu, "-machine", "none", "-display", "none", "-pidfile", link)
    assert result.returncode == 1
    assert result.stdout == f"sysemu: -pidfile {link}: cannot create PID file '{link}': it is a symbolic link\n"
    assert target.read_text() == "mine"
    assert link.is_symlink()


def test_a_unix_socket_is_for_its_owner(sysemu, tmp_path):
    path = tmp_path / "sock"
    process = subprocess.Popen([str(sysemu), "-machine", "none", "-display", "none", "-monitor",
                                f"unix:{path},server=on,wait=off"], stdin=subprocess.DEVNULL,
                               preexec_fn=lambda: os.umask(0))
    try:
        for _ in range(200):
            if path.exists():
                break
            time.sleep(0.05)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize("address,listens_on", [("tcp::0", "127.0.0.1"), ("tcp:0.0.0.0:0", "0.0.0.0"),
                                                ("tcp::0,ipv6=on", "::1")])
def test_a_port_without_an_address_is_this_host_s(start, address, listens_on):
    if listens_on == "::1" and not os.path.exists("/proc/net/if_inet6"):
        pytest.skip("no IPv6 here")
    vm = start("-machine", "none", "-chardev",
               f"socket,id=x,host={address.split(':')[1]},port=0,server=on,wait=off"
               + (",ipv6=on" if "ipv6" in address else ""), serials=0)
    text = vm.monitor.command("info chardev")
    assert re.search(r"tcp:\[?" + re.escape(listens_on) + r"\]?:[0-9]+,server=on", text), text


def test_a_path_is_a_device(sysemu, tmp_path):
    master, slave = os.openpty()
    name = os.ttyname(slave)
    process = subprocess.Popen([str(sysemu), "-machine", "none", "-display", "none", "-monitor",
                                name, "-serial", "/dev/null"], stdin=subprocess.DEVNULL)
    seen = b""
    while b"(qemu) " not in seen:
        seen += os.read(master, 1024)
    os.write(master, b"quit\r")
    assert process.wait(10) == 0
    os.close(slave)
    os.close(master)
    result = run(sysemu, "-machine", "none", "-display", "none", "-serial", str(tmp_path))
    assert result.returncode == 1
    assert result.stdout.startswith(f"sysemu: -serial {tmp_path}: Could not open '{tmp_path}'")


@pytest.mark.parametrize("line,what", [
    ("file,id=m,path=/dev/full,input-path={commands}", "file"),
    ("file,id=m,path={out},input-path={commands},logfile=/dev/full", "log file"),
])
def test_output_that_finds_no_room_is_reported_once(sysemu, tmp_path, line, what):
    commands = tmp_path / "commands"
    commands.write_text("info status\n" * 20 + "quit\n")
    result = run(sysemu, "-machine", "none", "-display", "none", "-mon", "m", "-chardev",
                 line.format(commands=commands, out=tmp_path / "out"))
    assert result.returncode == 0
    assert result.stdout == (f"sysemu: -mon m: warning: character device 'm': {what}: "
                             "No space left on device: output is lost\n")


def test_a_waiting_server_starts_with_its_first_client(sysemu, tmp_path):
    path = tmp_path / "sock"
    process = subprocess.Popen([str(sysemu), "-machine", "none", "-display", "none", "-monitor",
                                f"unix:{path},server=on"], stdin=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    assert "waiting for connection on: disconnected:unix:" in process.stderr.readline()
    import socket
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(path))
    client.sendall(b"quit\r")
    assert process.wait(10) == 0
    client.close()
    process.stderr.close()


# What is on the terminal: "mux" (serial line, monitor behind Ctrl-A c), "monitor", "serial" (no monitor) or
# "nothing"; what the installed QEMU does with the same words where that differs.
CONFLICT = "cannot use stdio by multiple character devices"
COMBINATIONS = [
    ("-nographic", "mux"),
    ("-nographic -serial mon:stdio", "mux"),
    ("-serial mon:stdio -nographic", "mux"),
    ("-nographic -serial mon:stdio -monitor none", "mux"),
    ("-monitor null -nographic -serial mon:stdio", "mux"),
    ("-nographic -serial mon:stdio -parallel none", "mux"),
    ("-nographic -parallel none", "mux"),
    ("-nographic -serial mon:stdio -display none", "mux"),
    ("-nodefaults -nographic -serial mon:stdio", "mux"),
    ("-display none -serial mon:stdio", "mux"),
    ("-nographic -serial null -serial mon:stdio", "mux"),
    ("-nographic -chardev stdio,id=c,mux=on -serial chardev:c -mon chardev=c", "mux"),
    ("-chardev stdio,id=c,mux=on -mon c -serial chardev:c -nographic", "mux"),
    ("-display none -chardev stdio,id=c,mux=on,signal=off -mon chardev=c,mode=readline "
     "-serial chardev:c -parallel none", "mux"),
    ("-nographic -serial stdio", "serial"),  # QEMU: a conflict
    ("-serial stdio -nographic", "serial"),
    ("-nographic -serial null -serial stdio", "serial"),  # QEMU: a conflict
    ("-nographic -chardev stdio,id=c -serial chardev:c", "serial"),  # QEMU: a conflict
    ("-nographic -serial stdio -monitor none", "serial"),
    ("-nographic -serial stdio -monitor null", "serial"),
    ("-nographic -monitor none", "serial"),
    ("-nographic -monitor null", "serial"),
    ("-nographic -chardev null,id=c -mon chardev=c", "serial"),
    ("-nodefaults -serial stdio", "serial"),
    ("-display none -serial stdio", "serial"),
    ("-nographic -monitor stdio", "monitor"),
    ("-monitor stdio -nographic", "monitor"),  # QEMU: a conflict
    ("-nographic -chardev stdio,id=c -mon chardev=c", "monitor"),  # QEMU: a conflict
    ("-nographic -serial null", "monitor"),
    ("-nographic -serial none", "monitor"),
    ("-nographic -chardev null,id=c -serial chardev:c", "monitor"),
    ("-nographic -serial none -monitor stdio", "monitor"),
    ("-nodefaults -monitor stdio", "monitor"),
    ("-display none -monitor stdio", "monitor"),
    ("-nographic -nodefaults", "nothing"),
    ("-display none", "nothing"),
    ("-nographic -serial mon:stdio -monitor stdio", CONFLICT),
    ("-nographic -serial stdio -monitor stdio", CONFLICT),
    ("-nographic -mon chardev=nope", 'chardev "nope" not found'),
    ("-nographic -chardev null,id=c -mon chardev=c,mode=control", "serial"),
    ("-nographic -chardev null,id=c -mon chardev=c,mode=foo", "expected 'readline'"),
]

UART_HELLO = bytes.fromhex(
    "3c60fef9"  # lis 3, 0xfef9
    "38638000"  # addi 3, 3, -0x8000
    "38800055"  # li 4, 'U'
    "98830000"  # stb 4, 0(3)
    "48000000"  # b .
)


@pytest.mark.parametrize("options,expected", COMBINATIONS, ids=lambda v: v)
def test_explicit_devices_replace_default_ones(sysemu, tmp_path, options, expected):
    program = tmp_path / "hello"
    program.write_bytes(UART_HELLO)
    command = [str(sysemu), "-machine", "VMC", "-kernel", str(program), *options.split()]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    t = Stream("stdio", process.stdout.fileno())
    try:
        if expected not in ("mux", "serial", "monitor", "nothing"):
            assert process.wait(30) == 1
            assert expected in t.read_all()
            return
        if expected in ("mux", "serial") and "-serial null" not in options:
            t.expect("U")
        if expected == "mux":
            assert b"(qemu)" not in t.log
            os.write(process.stdin.fileno(), b"\x01c")
        if expected in ("mux", "monitor"):
            t.expect("(qemu) ")
            os.write(process.stdin.fileno(), b"quit\n")
            assert process.wait(30) == 0
        else:
            os.write(process.stdin.fileno(), b"\x01c")
            t.read_for(0.3)
            assert b"(qemu)" not in t.log and process.poll() is None, t.log
            assert expected == "serial" or not t.log
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
