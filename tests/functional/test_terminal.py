"""The emulator on a terminal: raw mode and back, the keys of the muxed line.

SPDX-License-Identifier: MIT
"""

import os
import shutil
import signal
import subprocess
import termios
import time

import pytest

from sysemu import run

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
                               "pty"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
    line = result.stderr.readline()
    assert line.startswith("char device redirected to /dev/pts/")
    assert line.endswith("(label compat_monitor0)\n")
    fd = os.open(line.split()[4], os.O_RDWR | os.O_NOCTTY)
    seen = b""
    while b"(qemu) " not in seen:
        seen += os.read(fd, 1024)
    os.write(fd, b"quit\r")
    assert result.wait(10) == 0
    os.close(fd)
    result.stderr.close()


def test_pidfile_is_written_and_removed(start, tmp_path):
    path = tmp_path / "pid"
    vm = start("-machine", "none", "-pidfile", path, serials=0)
    vm.monitor.command("info status")
    assert path.read_text() == f"{vm.process.pid}\n"
    vm.quit()
    assert not path.exists()


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
