"""Linux on the VMC board with its root on NFS, through the user-mode network.

The server is nfs-ganesha, in network, mount and process namespaces of its own with the rpcbind that it asks for, and the emulator
joins its network: the host's stay as they are. That, and the handles by which it opens files, need root.

SPDX-License-Identifier: MIT
"""

import os
import re
import shutil
import subprocess
import time

import pytest

import sysemu as library
from sysemu import PATIENT_LINUX

NFS_PORT, MOUNT_PORT = 20490, 20491
PROGRAMS = ("ganesha.nfsd", "rpcbind", "unshare", "nsenter", "ip", "cpio")

# Debian's server without what it does beyond files.
CONFIG = """
NFS_CORE_PARAM {{ NFS_Port = {nfs}; MNT_Port = {mount}; Protocols = 3,4; Enable_UDP = false; Enable_NLM = false; Enable_RQUOTA = false; }}
NFSV4 {{ RecoveryBackend = fs; Graceless = true; }}
EXPORT {{ Export_Id = 1; Path = {path}; Pseudo = /root; Protocols = 3,4; Access_Type = RW; Squash = none; SecType = sys;
          FSAL {{ Name = VFS; }} }}
"""

SERVE = """
mount -t tmpfs none /run
mkdir -p /run/rpcbind /run/ganesha
mount -t tmpfs none /var/lib/nfs
mkdir -p /var/lib/nfs/ganesha
ip link set lo up
rpcbind -f &
until ss -ltn | grep -q ':111 '; do sleep 0.1; done
exec ganesha.nfsd -F -f "$1/config" -L "$1/log" -p "$1/pid"
"""

if os.geteuid() or not all(shutil.which(program) for program in PROGRAMS):
    pytest.skip("needs root, nfs-ganesha, nfs-ganesha-vfs, rpcbind and cpio", allow_module_level=True)


def initial_process(outer):
    """The pid of what unshare(1) started: the namespaces' process 1."""
    children = open(f"/proc/{outer}/task/{outer}/children", encoding="ascii").read().split()
    return children[0] if children else None


@pytest.fixture(name="server", scope="module")
def fixture_server(tmp_path_factory, guest_image):
    """The folder that is exported (busybox and the self-test), and the emulator's command before its own."""
    folder = tmp_path_factory.mktemp("nfs")
    root = folder / "root"
    root.mkdir()
    archive = subprocess.run(["gzip", "-dc", guest_image("ppc/initramfs.cpio.gz")], check=True, capture_output=True).stdout
    subprocess.run(["cpio", "-idm", "--quiet"], cwd=root, input=archive, check=True)
    (folder / "config").write_text(CONFIG.format(nfs=NFS_PORT, mount=MOUNT_PORT, path=root))
    process = subprocess.Popen(["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", SERVE, "sh", folder])
    deadline = time.monotonic() + 60
    while True:
        first = initial_process(process.pid)
        if first and f":{NFS_PORT} " in subprocess.run(["nsenter", f"--net=/proc/{first}/ns/net", "ss", "-ltn"], check=False,
                                                       capture_output=True, text=True).stdout:
            break
        if process.poll() is not None or time.monotonic() > deadline:
            log = folder / "log"
            pytest.fail("no NFS server:\n" + (log.read_text() if log.exists() else "no log"))
        time.sleep(0.2)
    yield root, first
    process.kill()  # unshare takes the others with it
    process.wait(30)


@pytest.fixture(name="linux")
def fixture_linux(server, sysemu, guest_image, tmp_path):
    kernel = guest_image("ppc/vmlinux-mvme5100")
    if b"nfsroot=" not in kernel.read_bytes():
        pytest.skip("the kernel has no NFS root: it is older than scripts/guests/mvme5100.frag")
    root, first = server
    program = tmp_path / "sysemu"
    program.write_text(f'#!/bin/sh\nexec nsenter --net=/proc/{first}/ns/net {sysemu} "$@"\n')
    program.chmod(0o755)
    machines = []

    def boot(version, more=""):
        machines.append(library.Emulator(
            program, "-machine", "VMC", "-nic", "user", "-kernel", kernel, "-append",
            f"console=ttyS0,9600 root=/dev/nfs nfsroot=10.0.2.2:{version} rw ip=dhcp init=/init {PATIENT_LINUX} {more}", timeout=240))
        return machines[-1]

    yield root, boot
    for machine in machines:
        machine.kill()


@pytest.mark.parametrize("version", ["3", "4"])
def test_linux_has_its_root_on_the_server(linux, version):
    root, boot = linux
    where = f"{root},v3,tcp,nolock,port={NFS_PORT},mountport={MOUNT_PORT}" if version == "3" else f"/root,v4,port={NFS_PORT}"
    emulator = boot(where)
    serial = emulator.serial[0]
    before = serial.expect("GUEST-BOOT-OK")
    assert re.search(r"VFS: Mounted root \(nfs\d? filesystem\)", before), before
    serial.expect("# ")
    serial.send("cat /proc/mounts; dd if=/dev/zero bs=1024 count=700 | tr '\\0' x > /file; sync; cksum /file\n")
    serial.send("mkdir -p /d; ln -sf /file /d/link; echo ALL-$((40 + 2))\n")
    said = serial.expect("ALL-42")
    assert "addr=10.0.2.2" in said and re.search(rf" / nfs4? rw,.*vers={version}", said), said
    assert (root / "file").read_bytes() == b"x" * 700 * 1024  # whole, and on the host
    expected = subprocess.run(["cksum"], input=b"x" * 700 * 1024, check=True, capture_output=True).stdout.split()
    assert b" ".join(expected).decode() in said
    assert os.readlink(root / "d" / "link") == "/file"
    (root / "hello").write_text("from the host\n")
    serial.send("cat /hello; echo ALL-$((50 + 2))\n")
    assert "from the host" in serial.expect("ALL-52")
