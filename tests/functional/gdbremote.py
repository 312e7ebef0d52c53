"""GDB's remote serial protocol, the debugger's side: for tests of the stub and of the guest through it.

SPDX-License-Identifier: MIT
"""

import socket
import time


class GdbError(AssertionError):
    pass


def frame(data):
    """A packet around bytes that need no escapes."""
    return b"$" + data + b"#%02x" % (sum(data) & 255)


def escape(data):
    out = bytearray()
    for byte in data:
        if byte in b"$#}*":
            out += bytes([0x7d, byte ^ 0x20])
        else:
            out.append(byte)
    return bytes(out)


def expand(data):
    """Resolves escapes and run lengths of a packet that came."""
    out = bytearray()
    i = 0
    while i < len(data):
        if data[i] == 0x7d:
            out.append(data[i + 1] ^ 0x20)
            i += 2
        elif data[i] == 0x2a and out:
            out += bytes([out[-1]]) * (data[i + 1] - 29)
            i += 2
        else:
            out.append(data[i])
            i += 1
    return bytes(out)


class Remote:
    """A connection to a stub. `address` is a Unix socket's path or (host, port)."""

    def __init__(self, address, timeout=20, patience=10):
        self.timeout = timeout
        self.buffer = b""
        self.acks = True
        deadline = time.monotonic() + patience
        while True:
            family = socket.AF_INET if isinstance(address, tuple) else socket.AF_UNIX
            self.socket = socket.socket(family)
            try:
                self.socket.connect(address)
                break
            except OSError:
                self.socket.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        if family == socket.AF_INET:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(timeout)

    def close(self):
        self.socket.close()

    def raw(self, data):
        self.socket.sendall(data)

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise GdbError("the stub closed the connection")
        self.buffer += data

    def byte(self):
        while not self.buffer:
            self._more()
        first, self.buffer = self.buffer[:1], self.buffer[1:]
        return first

    def receive(self):
        """The data of the next packet; what stands before it is dropped."""
        while (start := self.buffer.find(b"$")) < 0:
            self._more()
        while (end := self.buffer.find(b"#", start)) < 0 or len(self.buffer) < end + 3:
            self._more()
        data = self.buffer[start + 1:end]
        total = int(self.buffer[end + 1:end + 3], 16)
        self.buffer = self.buffer[end + 3:]
        if total != sum(data) & 255:
            raise GdbError(f"wrong sum in {data!r}")
        if self.acks:
            self.raw(b"+")
        return expand(data) if b"}" in data or b"*" in data else data

    def send(self, data):
        self.raw(frame(data if isinstance(data, bytes) else data.encode()))

    def ask(self, data):
        """Sends a packet and returns the answer's data as text."""
        self.send(data)
        return self.receive().decode("latin-1")

    def expect_ok(self, data):
        answer = self.ask(data)
        if answer != "OK":
            raise GdbError(f"{data!r}: {answer}")

    def no_ack(self):
        self.expect_ok("QStartNoAckMode")
        self.acks = False

    def monitor(self, line):
        """Runs a monitor command and returns its output."""
        self.send("qRcmd," + line.encode().hex())
        text = b""
        while True:
            answer = self.receive().decode()
            if answer == "OK":
                return text.decode()
            if not answer.startswith("O"):
                raise GdbError(f"{line}: {answer}")
            text += bytes.fromhex(answer[1:])

    def features(self):
        xml, offset = "", 0
        while True:
            answer = self.ask(f"qXfer:features:read:target.xml:{offset:x},1000")
            xml += answer[1:]
            offset += len(answer) - 1
            if answer[0] == "l":
                return xml

    def read_memory(self, addr, size):
        data = b""
        while len(data) < size:
            part = min(size - len(data), 0x700)
            data += bytes.fromhex(self.ask(f"m{addr + len(data):x},{part:x}"))
        return data

    def write_memory(self, addr, data):
        for at in range(0, len(data), 0x700):
            part = data[at:at + 0x700]
            self.expect_ok(f"M{addr + at:x},{len(part):x}:{part.hex()}")

    def go(self):
        """Lets the machine run until it stops; the stop reply."""
        return self.ask("c")
