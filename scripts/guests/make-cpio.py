#!/usr/bin/env python3
"""Writes a folder as an initramfs archive (cpio "newc") to standard output, owned by root, with /dev/console and /dev/null.

The device nodes are made in the archive only, so that no root rights are needed.

SPDX-License-Identifier: MIT
"""

import os
import stat
import sys

DEVICES = [("dev/console", 5, 1), ("dev/null", 1, 3)]


class Archive:
    def __init__(self, out):
        self.out = out
        self.inode = 0

    def add(self, name, mode, data=b"", major=0, minor=0):
        self.inode += 1
        name_bytes = name.encode() + b"\0"
        fields = [self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name_bytes), 0]
        header = b"070701" + b"".join(b"%08x" % field for field in fields)
        self.pad(header + name_bytes)
        self.pad(data)

    def pad(self, data):
        self.out.write(data + b"\0" * (-len(data) % 4))


def add_tree(archive, root):
    names = []
    for folder, folders, files in os.walk(root):
        names += [os.path.relpath(os.path.join(folder, n), root) for n in folders + files]
    for name in sorted(names):
        path = os.path.join(root, name)
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            archive.add(name, mode, os.readlink(path).encode())
        elif stat.S_ISREG(mode):
            with open(path, "rb") as file:
                archive.add(name, mode, file.read())
        else:
            archive.add(name, mode)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    archive = Archive(sys.stdout.buffer)
    add_tree(archive, sys.argv[1])
    for name, major, minor in DEVICES:
        archive.add(name, stat.S_IFCHR | 0o600, b"", major, minor)
    archive.add("TRAILER!!!", 0)


if __name__ == "__main__":
    main()
