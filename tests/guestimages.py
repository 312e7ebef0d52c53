"""Guest images for tests and benchmarks: what scripts/build-guests made, in build/guests or the folder that the variable
SYSEMU_GUESTS names.

SPDX-License-Identifier: MIT
"""

import gzip
import os
import pathlib
import shutil

FOLDER = pathlib.Path(os.environ.get("SYSEMU_GUESTS") or pathlib.Path(__file__).resolve().parents[1] / "build" / "guests")


def find(folder, name, temporary):
    """Path of the image `name` ("ppc/vmlinux-mvme5100") below `folder`; where only NAME.gz is there it is unpacked into
    the folder `temporary`. FileNotFoundError says what to do about it."""
    path = pathlib.Path(folder) / name
    packed = path.with_name(path.name + ".gz")
    if path.exists():
        return path
    if not packed.exists():
        script = {"amd64": "fetch-pc-guests", "i386": "fetch-pc-guests", "arm64": "fetch-arm64-guest",
                  "armhf": "fetch-armhf-guest"}.get(name.split("/")[0], "build-guests")
        raise FileNotFoundError(f"{path} is not there: scripts/{script} makes it (docs/user/guests.md)")
    unpacked = pathlib.Path(temporary) / path.name
    if not unpacked.exists():
        with gzip.open(packed, "rb") as source, open(unpacked, "wb") as out:
            shutil.copyfileobj(source, out)
    return unpacked
