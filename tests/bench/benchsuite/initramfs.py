"""A cpio archive for the kernel to start from: written here, so that it can have device nodes without root.

SPDX-License-Identifier: MIT
"""

import os
import pathlib
import stat


class Initramfs:
    def __init__(self):
        self.parts = []
        self.folders = set()
        self.number = 0

    def _add(self, name, mode, data=b"", device=(0, 0)):
        self.number += 1
        encoded = name.encode() + b"\0"
        fields = (self.number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0)
        self.parts.append(b"070701" + b"".join(b"%08x" % field for field in fields) + encoded)
        self.parts.append(bytes(-(110 + len(encoded)) % 4))
        self.parts.append(data + bytes(-len(data) % 4))

    def folder(self, name):
        parent = os.path.dirname(name)
        if name and name not in self.folders:
            self.folder(parent)
            self.folders.add(name)
            self._add(name, stat.S_IFDIR | 0o755)

    def device(self, name, major, minor):
        self.folder(os.path.dirname(name))
        self._add(name, stat.S_IFCHR | 0o666, device=(major, minor))

    def data(self, name, data, mode=0o644):
        self.folder(os.path.dirname(name))
        self._add(name, stat.S_IFREG | mode, data)

    def program(self, name, path):
        self.data(name, pathlib.Path(path).read_bytes(), 0o755)

    def write(self, path):
        self._add("TRAILER!!!", 0)
        pathlib.Path(path).write_bytes(b"".join(self.parts))
