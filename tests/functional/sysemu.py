"""Starting the emulator and talking to it.

An Emulator runs with its monitor and its serial lines on Unix sockets; the test listens, the emulator connects, so
nothing has to be polled for. Everything that waits has a deadline, and a failure shows what was said until then.

SPDX-License-Identifier: MIT
"""

import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import termios
import time

PROMPT = b"(qemu) "
# For Linux' command line: a guest's clock is the host's, so one on a busy host would find itself stuck, and say so amidst what a
# test reads.
PATIENT_LINUX = "nowatchdog rcupdate.rcu_cpu_stall_suppress=1 workqueue.watchdog_thresh=0"


class Timeout(AssertionError):
    pass


class Stream:
    """One end of a conversation: bytes that came so far, and where expect() stopped reading them."""

    def __init__(self, name, fd, timeout=30):
        self.name = name
        self.fd = fd
        self.timeout = timeout
        self.log = b""
        self.position = 0
        self.closed = False
        self.last_words = lambda: ""  # of whoever is at the other end, once that is closed

    def _read_more(self, deadline):
        left = deadline - time.monotonic()
        if self.closed or left <= 0:
            return False
        ready, _, _ = select.select([self.fd], [], [], left)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        self.closed = not data
        self.log += data
        return bool(data)

    def expect(self, wanted, timeout=None):
        """Waits for a text (str) or pattern (re.Pattern on bytes) and returns what came before it, as text."""
        pattern = wanted if isinstance(wanted, re.Pattern) else re.compile(re.escape(wanted.encode()))
        deadline = time.monotonic() + (timeout or self.timeout)
        while True:
            match = pattern.search(self.log, self.position)
            if match:
                before = self.log[self.position:match.start()]
                self.position = match.end()
                return before.decode("utf-8", "replace")
            if not self._read_more(deadline):
                raise Timeout(f"{self.name}: no {wanted!r} in:\n" + self.tail() + (self.last_words() if self.closed else ""))

    def take(self):
        """What is there already, for expect(): who doesn't listen meanwhile lets the other side wait."""
        return self._read_more(time.monotonic() + 0.01)

    def tail(self, size=4000):
        return self.log[-size:].decode("utf-8", "replace")

    def read_for(self, seconds):
        """Whatever comes within that time."""
        deadline = time.monotonic() + seconds
        start = self.position
        while self._read_more(deadline):
            pass
        self.position = len(self.log)
        return self.log[start:].decode("utf-8", "replace")

    def read_all(self, timeout=None):
        """Until the other side closes."""
        deadline = time.monotonic() + (timeout or self.timeout)
        start = self.position
        while self._read_more(deadline):
            pass
        if not self.closed:
            raise Timeout(f"{self.name}: not closed after:\n" + self.tail())
        self.position = len(self.log)
        return self.log[start:].decode("utf-8", "replace")

    def send(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        while data:
            data = data[os.write(self.fd, data):]

    def close(self):
        os.close(self.fd)


class Monitor(Stream):
    def command(self, line, timeout=None):
        """Runs a command and returns its answer with plain line ends."""
        self.send(line + "\r")
        self.expect(re.compile(rb"\r\n"), timeout)
        return self.expect(PROMPT.decode(), timeout).replace("\r\n", "\n")


class Emulator:
    """A running emulator. `serials` lines are put on sockets, as is the monitor unless monitor=False."""

    def __init__(self, program, *args, serials=1, monitor=True, timeout=30, env=None, cwd=None):
        self.dir = tempfile.mkdtemp(prefix="sysemu-")
        self.timeout = timeout
        self.listeners = []
        self.streams = []
        self.monitor = None
        self.serial = []
        command = [str(program), "-display", "none", *map(str, args)]
        listeners = []
        for i in range(serials):
            listener, path = self._listen(f"serial{i}")
            listeners.append((f"serial{i}", listener))
            command += ["-chardev", f"socket,id=test-serial{i},path={path}",
                        "-serial", f"chardev:test-serial{i}"]
        if monitor:
            listener, path = self._listen("monitor")
            listeners.append(("monitor", listener))
            command += ["-chardev", f"socket,id=test-monitor,path={path}",
                        "-monitor", "chardev:test-monitor"]
        self.errors = open(os.path.join(self.dir, "errors"), "w+b")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.errors,
                                        stderr=self.errors, env=env, cwd=cwd)
        try:
            self._accept_all(listeners)
        except BaseException:
            self.kill()
            raise

    def _listen(self, name):
        path = os.path.join(self.dir, name)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(1)
        self.listeners.append(listener)
        return listener, path

    def _accept_all(self, listeners):
        deadline = time.monotonic() + self.timeout
        for name, listener in listeners:
            while not select.select([listener], [], [], 0.05)[0]:
                if self.process.poll() is not None:
                    raise AssertionError(f"exit {self.process.returncode}: {self.error_text()}")
                if time.monotonic() > deadline:
                    raise Timeout(f"{name}: the emulator did not connect: {self.error_text()}")
            connection, _ = listener.accept()
            kind = Monitor if name == "monitor" else Stream
            stream = kind(name, connection.detach(), self.timeout)
            self.streams.append(stream)
            stream.last_words = self._last_words
            if name == "monitor":
                self.monitor = stream
                stream.expect(PROMPT.decode())
            else:
                self.serial.append(stream)

    def _last_words(self):
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            status = "none yet"
        return f"\n--- the emulator closed this; exit status {status}:\n{self.error_text()}"

    def error_text(self):
        """What it wrote to stdout and stderr."""
        with open(self.errors.name, "rb") as f:
            return f.read().decode("utf-8", "replace")

    def wait(self, timeout=None):
        """The exit status; the emulator must end by itself."""
        try:
            return self.process.wait(timeout or self.timeout)
        except subprocess.TimeoutExpired:
            raise Timeout("still running: " + self.error_text()) from None

    def quit(self):
        self.monitor.send("quit\r")
        return self.wait()

    def kill(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for stream in self.streams:
            stream.close()
        for listener in self.listeners:
            listener.close()
        self.streams = []
        self.listeners = []
        self.errors.close()
        shutil.rmtree(self.dir, ignore_errors=True)


def _as_a_shell_starts_it(nohup):
    """What runs the tests may ignore these, as a script's job in the background or nohup does."""
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN if nohup else signal.SIG_DFL)


class Terminal(Stream):
    """A program on a pseudo terminal, as a person starts it."""

    def __init__(self, program, *args, timeout=30, nohup=False):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen([str(program), *map(str, args)], stdin=self.slave,
                                        stdout=self.slave, stderr=self.slave,
                                        start_new_session=True,
                                        preexec_fn=lambda: _as_a_shell_starts_it(nohup))
        super().__init__("terminal", self.master, timeout)

    def settings(self):
        return termios.tcgetattr(self.slave)

    def wait(self, timeout=None):
        try:
            return self.process.wait(timeout or self.timeout)
        except subprocess.TimeoutExpired:
            raise Timeout("still running:\n" + self.tail()) from None

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


def run(program, *args, timeout=30, stdin=subprocess.DEVNULL, **kwargs):
    """Runs a command that ends by itself; CompletedProcess with stdout and stderr in one text."""
    return subprocess.run([str(program), *map(str, args)], stdin=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=timeout, text=True,
                          errors="replace", check=False, **kwargs)
