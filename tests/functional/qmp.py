"""A small QMP client.

SPDX-License-Identifier: MIT
"""

import json
import socket
import time


class QmpError(Exception):
    def __init__(self, error):
        super().__init__(f"{error['class']}: {error['desc']}")
        self.kind = error["class"]
        self.desc = error["desc"]


class Qmp:
    """One connection: to a Unix socket's path, or to (host, port). Messages are lines."""

    def __init__(self, address, timeout=30, hello=True, oob=False):
        self.timeout = timeout
        self.socket = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        self.socket.settimeout(timeout)
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.socket.connect(address)
                break
            except OSError:
                assert time.monotonic() < deadline, f"nobody listens on {address}"
                time.sleep(0.02)
        self.buffer = b""
        self.events = []
        self.answers = []
        self.greeting = self.read()
        if hello:
            self("qmp_capabilities", **({"enable": ["oob"]} if oob else {}))

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def read(self):
        """The next message, of any kind; None at the end."""
        while b"\n" not in self.buffer:
            data = self.socket.recv(65536)
            if not data:
                return None
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        assert line.endswith(b"\r")
        return json.loads(line)

    def answer(self):
        """The next message that is no event; events are kept."""
        while True:
            message = self.read()
            assert message is not None, "the connection has ended"
            if "event" not in message:
                return message
            self.events.append(message)

    def event(self, name):
        """Waits for an event and returns its data; those before it are dropped."""
        while True:
            while self.events:
                message = self.events.pop(0)
                if message["event"] == name:
                    assert message["timestamp"]["seconds"] > 0
                    return message.get("data")
            message = self.read()
            assert message is not None, f"the connection has ended without {name}"
            if "event" in message:
                self.events.append(message)

    def __call__(self, command, **arguments):
        message = {"execute": command.replace("__", "-")}
        if arguments:
            message["arguments"] = {name.replace("_", "-"): value for name, value in arguments.items()}
        return self.run(message)

    def run(self, message):
        self.send(json.dumps(message) + "\n")
        answer = self.answer()
        if "error" in answer:
            raise QmpError(answer["error"])
        return answer["return"]

    def close(self):
        self.socket.close()
