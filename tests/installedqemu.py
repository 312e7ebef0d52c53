"""QEMU as it is installed, to compare with.

SPDX-License-Identifier: MIT
"""

import os
import shutil
import subprocess


def find(name):
    """The first program of that name in PATH that is QEMU's, or None: `meson install` puts our own there, too."""
    for folder in os.get_exec_path():
        path = shutil.which(name, path=folder)
        if path and "QEMU" in subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout:
            return path
    return None
