"""A small VNC viewer: RFB 3.8 (RFC 6143) with raw pixels, resizing, and the key and pointer extensions.

SPDX-License-Identifier: MIT
"""

import base64
import ctypes
import hashlib
import os
import socket
import struct
import time

RAW, DESKTOP_SIZE, POINTER_TYPE, EXTENDED_KEY = 0, -223, -257, -258
KEYSYMS = {"Return": 0xff0d, "Shift": 0xffe1, "Control": 0xffe3, "Alt": 0xffe9}


class Refused(Exception):
    pass


def des(key, data):
    """DES, each block by itself, as 7.2.2 wants it: the key's bits in each byte are turned round."""
    gcrypt = ctypes.CDLL("libgcrypt.so.20")
    gcrypt.gcry_check_version(None)
    handle = ctypes.c_void_p()
    assert gcrypt.gcry_cipher_open(ctypes.byref(handle), 302, 1, 0) == 0  # DES, ECB
    turned = bytes(int(f"{byte:08b}"[::-1], 2) for byte in key[:8].ljust(8, b"\0"))
    gcrypt.gcry_cipher_setkey(handle, turned, 8)  # may call the key weak, and takes it
    out = ctypes.create_string_buffer(len(data))
    assert gcrypt.gcry_cipher_encrypt(handle, out, len(data), data, len(data)) & 0xffff == 0
    gcrypt.gcry_cipher_close(handle)
    return out.raw


class WebSocket:
    """The bytes of a binary WebSocket (RFC 6455) as a socket has them."""

    def __init__(self, connection):
        self.connection = connection
        self.buffer = b""
        key = base64.b64encode(os.urandom(16)).decode()
        connection.sendall((f"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Origin: http://localhost\r\nSec-WebSocket-Key: {key}\r\n"
                            f"Sec-WebSocket-Protocol: binary\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._some()
        answer, self.raw = answer.split(b"\r\n\r\n", 1)
        magic = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        assert base64.b64encode(magic) in answer

    def _some(self):
        data = self.connection.recv(65536)
        if not data:
            raise EOFError
        return data

    def _exactly(self, size):
        while len(self.raw) < size:
            self.raw += self._some()
        data, self.raw = self.raw[:size], self.raw[size:]
        return data

    def recv(self, size):
        while not self.buffer:
            first, length = self._exactly(2)
            if length == 126:
                length, = struct.unpack(">H", self._exactly(2))
            elif length == 127:
                length, = struct.unpack(">Q", self._exactly(8))
            data = self._exactly(length)
            if first & 15 in (0, 2):
                self.buffer += data
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def sendall(self, data):
        mask = os.urandom(4)
        size = bytes([0x80 | len(data)]) if len(data) < 126 else struct.pack(">BH", 0x80 | 126, len(data))
        self.connection.sendall(b"\x82" + size + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)))

    def close(self):
        self.connection.close()

    def settimeout(self, seconds):
        self.connection.settimeout(seconds)


def connect(address, timeout=30):
    """Waits until somebody listens there."""
    deadline = time.monotonic() + timeout
    while True:
        connection = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        connection.settimeout(timeout)
        try:
            connection.connect(address)
            return connection
        except OSError:
            connection.close()
            assert time.monotonic() < deadline, f"nobody listens on {address}"
            time.sleep(0.02)


class Viewer:
    """Logged in at a Unix socket's path or (host, port). The picture: rows of bytes, blue, green, red, nothing."""

    def __init__(self, address, password=None, security=None, shared=True, websocket=False, encodings=(RAW, DESKTOP_SIZE),
                 tls=None):
        connection = connect(address)
        if tls and websocket:
            connection = tls.wrap_socket(connection, server_hostname="localhost")
        self.socket = WebSocket(connection) if websocket else connection
        assert self.read(12).startswith(b"RFB 003.")
        self.socket.sendall(b"RFB 003.008\n")
        if tls and not websocket:
            self.begin_tls(tls, password)
            return
        count = self.read(1)[0]
        if not count:
            raise Refused(self.read(struct.unpack(">I", self.read(4))[0]).decode())
        self.types = list(self.read(count))
        chosen = security or self.types[0]
        self.socket.sendall(bytes([chosen]))
        self.log_in(chosen, password)
        self.begin(shared, encodings)

    def begin_tls(self, tls, password):
        """VeNCrypt: its version, a choice of subtypes, then everything through a TLS socket."""
        assert self.read(self.read(1)[0]) == b"\x13"
        self.socket.sendall(b"\x13")
        assert self.read(2) == b"\0\2"
        self.socket.sendall(b"\0\2")
        assert self.read(1) == b"\0"
        self.types = list(struct.unpack(f">{self.read(1)[0]}I", self.read(4)))
        self.socket.sendall(struct.pack(">I", self.types[0]))
        assert self.read(1) == b"\1"
        self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.log_in(2 if self.types[0] in (258, 261) else 1, password)
        self.begin(True, (RAW, DESKTOP_SIZE))

    def log_in(self, chosen, password):
        if chosen == 2:
            self.socket.sendall(des((password or "none").encode(), self.read(16)))
        if struct.unpack(">I", self.read(4))[0]:
            raise Refused(self.read(struct.unpack(">I", self.read(4))[0]).decode())

    def begin(self, shared, encodings):
        self.socket.sendall(bytes([shared]))
        self.width, self.height, _, length = struct.unpack(">HH16sI", self.read(24))
        self.name = self.read(length).decode()
        # 32 bits, little-endian, red 16, green 8, blue 0
        self.socket.sendall(struct.pack(">B3x BBBB HHH BBB 3x", 0, 32, 24, 0, 1, 255, 255, 255, 16, 8, 0))
        self.socket.sendall(struct.pack(f">BxH{len(encodings)}i", 2, len(encodings), *encodings))
        self.rows = [bytearray(4 * self.width) for _ in range(self.height)]
        self.pseudo = {}
        self.updates = 0

    def read(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def request(self, incremental=True):
        self.socket.sendall(struct.pack(">BBHHHH", 3, incremental, 0, 0, self.width, self.height))

    def update(self):
        """Reads one message; true if it was an update with pixels."""
        kind = self.read(1)[0]
        if kind == 2:  # bell
            return False
        if kind == 3:  # somebody's clipboard
            self.read(struct.unpack(">3xI", self.read(7))[0])
            return False
        assert kind == 0, f"message {kind}"
        pixels = False
        for _ in range(struct.unpack(">xH", self.read(3))[0]):
            x, y, width, height, encoding = struct.unpack(">HHHHi", self.read(12))
            if encoding == DESKTOP_SIZE:
                self.width, self.height = width, height
                self.rows = [bytearray(4 * width) for _ in range(height)]
            elif encoding == RAW:
                pixels = True
                for row in range(y, y + height):
                    self.rows[row][4 * x:4 * (x + width)] = self.read(4 * width)
            else:
                self.pseudo[encoding] = (x, y, width, height)
        self.updates += 1
        return pixels

    def wait_until(self, condition):
        """Asks for updates until the picture is as wanted; the socket's timeout is the limit."""
        self.request(incremental=False)
        while not condition(self):
            self.update()
            self.request()

    def pixel(self, x, y):
        blue, green, red, _ = self.rows[y][4 * x:4 * x + 4]
        return red << 16 | green << 8 | blue

    def key(self, symbol, down):
        self.socket.sendall(struct.pack(">BBxxI", 4, down, symbol))

    def type(self, text):
        for character in text:
            for down in (True, False):
                self.key(KEYSYMS["Return"] if character == "\n" else ord(character), down)

    def extended_key(self, symbol, number, down):
        self.socket.sendall(struct.pack(">BBHII", 255, 0, down, symbol, number))

    def pointer(self, x, y, buttons=0):
        self.socket.sendall(struct.pack(">BBHH", 5, buttons, x, y))

    def close(self):
        self.socket.close()
