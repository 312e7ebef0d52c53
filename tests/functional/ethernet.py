"""A computer on a network of the emulator's, in Python: it hangs on a `stream` or `socket` back end and speaks Ethernet,
ARP, IPv4, UDP, TCP, DHCP and TFTP as far as tests need it.

SPDX-License-Identifier: MIT
"""

import select
import socket
import struct
import time

MAC = bytes.fromhex("525400aabbcc")
BROADCAST = b"\xff" * 6
ARP, IPV4 = 0x0806, 0x0800
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Wire:
    """Frames over a connected stream socket, each behind its length."""

    def __init__(self, connection, timeout=20):
        self.connection = connection
        self.timeout = timeout
        self.buffer = b""

    def send(self, frame):
        self.connection.sendall(struct.pack(">I", len(frame)) + frame)

    def receive(self, timeout=None):
        """The next frame; None if none comes within that time (in seconds)."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            if len(self.buffer) >= 4:
                size, = struct.unpack_from(">I", self.buffer)
                if len(self.buffer) >= 4 + size:
                    frame, self.buffer = self.buffer[4:4 + size], self.buffer[4 + size:]
                    return frame
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.connection], [], [], left)[0]:
                return None
            data = self.connection.recv(65536)
            if not data:
                raise EOFError("the emulator has closed the connection")
            self.buffer += data

    def is_closed(self):
        """Waits until the other side closes."""
        deadline = time.monotonic() + self.timeout
        while time.monotonic() < deadline:
            if select.select([self.connection], [], [], 0.1)[0] and not self.connection.recv(65536):
                return True
        return False


class Host:
    """A computer with an address, which answers ARP requests for it."""

    def __init__(self, wire, address="10.0.2.15", mac=MAC):
        self.wire = wire
        self.mac = mac
        self.address = socket.inet_aton(address)
        self.neighbours = {}
        self.ident = 0

    # Ethernet and ARP

    def send_frame(self, target, ethertype, payload):
        self.wire.send((target + self.mac + struct.pack(">H", ethertype) + payload).ljust(60, b"\0"))

    def send_arp(self, operation, target_mac, target):
        self.send_frame(BROADCAST if operation == 1 else target_mac, ARP,
                        struct.pack(">HHBBH6s4s6s4s", 1, IPV4, 6, 4, operation, self.mac, self.address,
                                    target_mac, target))

    def next_ip(self, timeout=None):
        """(source, protocol, payload) of the next IPv4 packet; None if there is none."""
        deadline = time.monotonic() + (self.wire.timeout if timeout is None else timeout)
        while True:
            frame = self.wire.receive(max(deadline - time.monotonic(), 0))
            if frame is None:
                return None
            assert len(frame) >= 14
            ethertype, = struct.unpack_from(">H", frame, 12)
            if ethertype == ARP:
                operation, mac, sender, _, target = struct.unpack_from(">H6s4s6s4s", frame, 20)
                self.neighbours[sender] = mac
                if operation == 1 and target == self.address:
                    self.send_arp(2, mac, sender)
            elif ethertype == IPV4:
                packet = frame[14:14 + struct.unpack_from(">H", frame, 16)[0]]
                header = 4 * (packet[0] & 15)
                assert checksum(packet[:header]) == 0
                return packet[12:16], packet[9], packet[header:]

    def resolve(self, address):
        """The Ethernet address; None if nobody answers."""
        deadline = time.monotonic() + self.wire.timeout
        while address not in self.neighbours and time.monotonic() < deadline:
            self.send_arp(1, bytes(6), address)
            self.next_ip(0.5)
        return self.neighbours.get(address)

    # IPv4 and UDP

    def send_ip(self, target, protocol, payload, mac=None, source=None):
        source = self.address if source is None else source
        self.ident += 1
        header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), self.ident, 0, 64, protocol, 0,
                             source, target)
        header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
        self.send_frame(mac or self.resolve(target), IPV4, header + payload)

    def send_udp(self, target, port, source_port, data, **how):
        self.send_ip(target, 17, struct.pack(">HHHH", source_port, port, 8 + len(data), 0) + data, **how)

    def receive_udp(self, port, timeout=None):
        """(source address, source port, data) of the next datagram to that port."""
        deadline = time.monotonic() + (self.wire.timeout if timeout is None else timeout)
        while True:
            packet = self.next_ip(max(deadline - time.monotonic(), 0))
            if packet is None:
                return None
            if packet[1] == 17:
                source_port, target_port, size, _ = struct.unpack_from(">HHHH", packet[2])
                if target_port == port:
                    return packet[0], source_port, packet[2][8:size]

    # DHCP (RFC 2131)

    def _dhcp(self, kind, options):
        fixed = struct.pack(">BBBBIHH4s4s4s4s16s64s128s", 1, 1, 6, 0, 0x12345678, 0, 0x8000, bytes(4), bytes(4),
                            bytes(4), bytes(4), self.mac.ljust(16, b"\0"), bytes(64), bytes(128))
        message = fixed + b"\x63\x82\x53\x63" + bytes([53, 1, kind]) + options + b"\xff"
        self.send_udp(b"\xff\xff\xff\xff", 67, 68, message, mac=BROADCAST, source=bytes(4))
        answer = self.receive_udp(68)
        assert answer, "no answer from the DHCP server"
        data, found, at = answer[2], {}, 240
        while data[at] != 255:
            if data[at] == 0:
                at += 1
                continue
            found[data[at]] = data[at + 2:at + 2 + data[at + 1]]
            at += 2 + data[at + 1]
        found["address"] = data[16:20]
        found["file"] = data[108:236].rstrip(b"\0")
        return found

    def dhcp(self):
        """Gets an address; the server's options by number, "address" and "file"."""
        offer = self._dhcp(1, b"")
        assert offer[53] == b"\x02"
        answer = self._dhcp(3, bytes([50, 4]) + offer["address"] + bytes([54, 4]) + offer[54])
        assert answer[53] == b"\x05"
        self.address = answer["address"]
        return answer

    # TFTP (RFC 1350)

    def tftp(self, server, name):
        """A file's contents, or the server's error text as an exception."""
        self.send_udp(server, 69, 2000, b"\0\1" + name.encode() + b"\0octet\0")
        contents = b""
        for number in range(1, 100000):
            _, port, data = self.receive_udp(2000)
            operation, block = struct.unpack_from(">HH", data)
            if operation == 5:
                raise FileNotFoundError(data[4:].rstrip(b"\0").decode())
            assert (operation, block) == (3, number & 0xffff)
            contents += data[4:]
            self.send_udp(server, port, 2000, struct.pack(">HH", 4, block))
            if len(data) < 516:
                return contents


class TCP:
    """One connection, of a network that loses nothing."""

    def __init__(self, host, port, peer, peer_port):
        self.host, self.port, self.peer, self.peer_port = host, port, peer, peer_port
        self.sent, self.expected = 1000, 0
        self.finished = False

    @classmethod
    def connect(cls, host, peer, peer_port, port=3000):
        """None if the other side refuses."""
        tcp = cls(host, port, peer, peer_port)
        tcp._send(SYN)
        tcp.sent += 1
        flags, _ = tcp._receive()
        if flags & RST:
            return None
        assert flags & (SYN | ACK) == SYN | ACK
        tcp._send(ACK)
        return tcp

    @classmethod
    def accept(cls, host, port):
        while True:
            source, protocol, segment = host.next_ip()
            peer_port, target, sequence, _, _, flags = struct.unpack_from(">HHIIBB", segment)
            if protocol == 6 and target == port and flags & SYN:
                break
        tcp = cls(host, port, source, peer_port)
        tcp.expected = sequence + 1
        tcp._send(SYN | ACK)
        tcp.sent += 1
        return tcp

    def _send(self, flags, data=b""):
        header = struct.pack(">HHIIBBHHH", self.port, self.peer_port, self.sent, self.expected & 0xffffffff, 5 << 4,
                             flags, 32768, 0, 0)
        pseudo = self.host.address + self.peer + struct.pack(">BBH", 0, 6, len(header) + len(data))
        header = header[:16] + struct.pack(">H", checksum(pseudo + header + data)) + header[18:]
        self.host.send_ip(self.peer, 6, header + data)

    def _receive(self, timeout=None):
        """(flags, data) of the next segment that is new."""
        while True:
            packet = self.host.next_ip(timeout)
            assert packet, "no segment comes"
            if packet[1] != 6:
                continue
            segment = packet[2]
            source, target, sequence, _, offset, flags = struct.unpack_from(">HHIIBB", segment)
            if (source, target) != (self.peer_port, self.port):
                continue
            data = segment[4 * (offset >> 4):]
            if flags & (SYN | RST):
                self.expected = sequence + 1
                return flags, b""
            if sequence != self.expected & 0xffffffff:
                self._send(ACK)
                continue
            self.expected += len(data) + bool(flags & FIN)
            self.finished |= bool(flags & FIN)
            if data or flags & FIN:
                self._send(ACK)
            return flags, data

    def send(self, data):
        for at in range(0, len(data), 1460):
            piece = data[at:at + 1460]
            self._send(PSH | ACK, piece)
            self.sent += len(piece)

    def receive(self, size):
        """That many bytes, or what came before the other side's end."""
        data = b""
        while len(data) < size and not self.finished:
            flags, more = self._receive()
            assert not flags & RST
            data += more
        return data

    def close(self):
        self._send(FIN | ACK)
        self.sent += 1
