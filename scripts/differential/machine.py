"""An emulator under the control of its GDB port, with its RAM mapped here.

SPDX-License-Identifier: MIT
"""

import mmap
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "functional"))
from gdbremote import GdbError, Remote  # noqa: E402

PART = 0x780    # bytes of memory in one packet: what QEMU takes
SHM = "/dev/shm"


class Machine:
    """`command`: the program, its machine and CPU. `ram`: its memory from 0 on, as bytes that can be read and written. Code
    that it runs has to be written with write_code(), so that old translations go."""

    def __init__(self, name, machine, command, ram_size):
        self.name = name
        self.dir = tempfile.TemporaryDirectory(prefix="differential-")
        path = self.dir.name + "/gdb"
        with tempfile.NamedTemporaryFile(dir=SHM if pathlib.Path(SHM).is_dir() else None) as file:
            file.truncate(ram_size)
            self.ram = mmap.mmap(file.fileno(), ram_size)
            self.process = subprocess.Popen(
                [*command, "-machine", machine + ",memory-backend=ram", "-m", f"{ram_size >> 20}M", "-object",
                 f"memory-backend-file,id=ram,size={ram_size},mem-path={file.name},share=on",
                 "-S", "-gdb", f"unix:{path},server=on,wait=off", "-display", "none",
                 "-serial", "null", "-monitor", "none"], stdin=subprocess.DEVNULL)
            try:
                self.remote = Remote(path, timeout=120)
            except OSError as error:
                self.process.kill()
                raise SystemExit(f"{command[0]}: no GDB port: {error}") from None
        self.remote.ask("qSupported:swbreak+;hwbreak+")
        if self.remote.ask("QStartNoAckMode") == "OK":  # QEMU 7.2 hasn't got it
            self.remote.acks = False
        self.numbers = self._registers()

    def _registers(self):
        """Register numbers by name, as the target description gives them."""
        names = ["target.xml"] + re.findall(r'href="([^"]+)"', self._annex("target.xml"))
        numbers, n = {}, 0
        for name in names:
            for text in re.findall(r"<reg [^>]*>", self._annex(name)):
                given = re.search(r'regnum="(\d+)"', text)
                n = int(given.group(1)) if given else n
                numbers[re.search(r'name="([^"]+)"', text).group(1)] = n
                n += 1
        return numbers

    def _annex(self, name):
        text, offset = "", 0
        while True:
            answer = self.remote.ask(f"qXfer:features:read:{name}:{offset:x},780")
            text += answer[1:]
            offset += len(answer) - 1
            if answer[0] == "l":
                return text

    def set(self, name, value):
        self.remote.expect_ok(f"P{self.numbers[name]:x}={value:08x}")

    def get(self, name):
        return int(self.remote.ask(f"p{self.numbers[name]:x}"), 16)

    def write_code(self, addr, data):
        packets = [f"M{addr + at:x},{len(data[at:at + PART]):x}:{data[at:at + PART].hex()}"
                   for at in range(0, len(data), PART)]
        for packet in packets:
            self.remote.send(packet)
        if {self.remote.receive() for _ in packets} != {b"OK"}:
            raise GdbError(f"{self.name}: memory can't be written")

    def start(self, pc):
        self.set("pc", pc)
        self.set("msr", 0x2000)
        self.remote.send("c")

    def wait(self, end):
        """For the breakpoint at `end`; False if it doesn't get there in time."""
        try:
            self.remote.receive()
        except TimeoutError:
            self.remote.raw(b"\x03")
            self.remote.receive()
        return self.get("pc") == end

    def close(self):
        try:
            self.remote.close()
        finally:
            self.process.terminate()
            self.process.wait()
            self.dir.cleanup()
