"""Folders of the host in the guest (virtio-9p): Debian's kernels mount them, with each security model and both versions of 9P.

SPDX-License-Identifier: MIT
"""

import hashlib
import importlib
import os
import pathlib
import re
import stat
import sys

import pytest

from conftest import more
from sysemu import PATIENT_LINUX, run

SHELL = "/ # "


@pytest.fixture
def share(tmp_path):
    folder = tmp_path / "share"
    folder.mkdir()
    return folder


class Guest:
    """Debian's kernel at its shell, with the folder mounted."""

    def __init__(self, start, guest_image, board, options, mount="version=9p2000.L", args=()):
        if board == "pc":
            files = ["-machine", "pc", "-m", "256M", "-kernel", guest_image("amd64/vmlinuz"), "-initrd",
                     guest_image("amd64/initramfs.cpio")]
            console, up = "ttyS0", "AMD64-GUEST-UP"
        else:
            files = ["-machine", "virt", "-m", "256M", "-kernel", guest_image("arm64/Image"), "-initrd",
                     guest_image("arm64/initramfs-modules.cpio")]
            console, up = "ttyAMA0", "ARM64-GUEST-UP"
        self.emulator = start("-display", "none", "-nic", "none", *files, "-append",
                              f"console={console} quiet nokaslr {PATIENT_LINUX}", "-d", "guest_errors", *options, *args,
                              timeout=300)
        self.serial = self.emulator.serial[0]
        self.serial.expect(up)
        self.serial.expect(SHELL)
        self.must("modprobe -a virtio_pci 9pnet_virtio 9p; mkdir -p /m")
        if mount:
            self.must(f"mount -t 9p -o trans=virtio,{mount} tag /m")

    def run(self, command):
        self.serial.send(f"echo SAYS-$((40 + 1)); {command}; echo DONE-$((40 + 2))-$?\n")
        said = self.serial.expect("DONE-42-").split("SAYS-41\r\n", 1)[1]
        status = int(self.serial.expect("\n").strip())
        return re.sub(r"\x1b\[[0-9;]*m", "", said).replace("\r\n", "\n"), status

    def must(self, command):
        said, status = self.run(command)
        assert status == 0, f"{command}: {said}"
        return said

    def fails(self, command):
        said, status = self.run(f"{{ {command}; }} 2>&1")
        assert status != 0, f"{command}: {said}"
        return said

    def power_off(self):
        self.must("cd /; umount /m")
        self.serial.send("poweroff -f\n")
        assert self.emulator.wait(60) == 0


@pytest.fixture
def guest(start, guest_image, share):
    def boot(board, model, how="pci", mount="version=9p2000.L", more="", args=()):
        device = f"virtio-9p-{how},fsdev=f,mount_tag=tag"
        return Guest(start, guest_image, board, ["-fsdev", f"local,id=f,path={share},security_model={model}{more}",
                                                 "-device", device], mount, args)
    return boot


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def check_names(guest, share):
    """Making, renaming, linking and removing: seen here as there."""
    guest.must("cd /m; mkdir -p a/b/c; echo hello >a/b/file; mv a/b/file a/b/c/other; mv a/b a/moved; sync")
    assert (share / "a/moved/c/other").read_text() == "hello\n"
    guest.must("cat a/moved/c/other; ln a/moved/c/other second; rm -r a")
    assert sorted(os.listdir(share)) in (["second"], [".virtfs_metadata", "second"])
    guest.must("[ $(stat -c %h second) = 1 ]; rm second; [ -z \"$(ls -A)\" ]")
    # an open file that is gone can be read, written and asked about
    guest.must("exec 5<>gone; rm gone; echo text >&5; [ $(stat -L -c %s /proc/self/fd/5) = 5 ]; exec 5>&-")
    # a full name stays where it is when another takes its place
    guest.must("echo 1 >x; echo 2 >y; mv x y; [ $(cat y) = 1 ]; rm y")
    assert "not empty" in guest.fails("mkdir -p d/e; rmdir d")
    assert "exists" in guest.fails("mkdir d")
    guest.must("rm -r d; cd /")


def check_data(guest, share):
    data = os.urandom(3_000_000)
    (share / "in").write_bytes(data)
    assert sha256(data) in guest.must("sha256sum /m/in")
    guest.must("cp /m/in /m/out; echo tail >>/m/out; truncate -s 1000 /m/in; sync")
    assert (share / "out").read_bytes() == data + b"tail\n"
    assert (share / "in").read_bytes() == data[:1000]
    guest.must("dd if=/m/out of=/m/sparse bs=1000 count=1 seek=2000000 2>/dev/null; sync; rm /m/in /m/out")
    assert (share / "sparse").stat().st_size == 2_000_001_000
    guest.must("rm /m/sparse")


def check_attributes(guest):
    guest.must("cd /m; touch f; chown 1234:567 f; chmod 4751 f; touch -d '2001-02-03 04:05:06' f")
    assert guest.must("stat -c '%a %u %g %Y' f").split() == ["4751", "1234", "567", "981173106"]
    guest.must("ln -s /etc/passwd link; [ $(readlink link) = /etc/passwd ]; ln -s .. up; [ $(readlink up) = .. ]")
    guest.must("mkfifo pipe; mknod null c 1 3; mknod disk b 8 17")
    assert guest.must("stat -c '%F %t %T' null disk pipe").splitlines() == [
        "character special file 1 3", "block special file 8 11", "fifo 0 0"]
    guest.must("echo x >null; (echo through >pipe &) ; [ $(cat pipe) = through ]")
    guest.must("mv null nul; mv link lin; [ $(readlink lin) = /etc/passwd ]; [ -c nul ]; rm nul lin up disk pipe f")
    guest.must("[ -z \"$(ls -A)\" ]; cd /")


@pytest.mark.parametrize("board,how,model,mount", [
    ("virt", "pci", "mapped-xattr", "version=9p2000.L,msize=262144"),
    more("virt", "device", "mapped-file", "version=9p2000.L,cache=loose"),
    more("pc", "pci", "mapped-file", "version=9p2000.u"),
    ("pc", "pci", "passthrough", "version=9p2000.L,msize=512000"),
])
def test_linux_uses_it(guest, share, board, how, model, mount):
    if model == "passthrough" and os.geteuid() != 0:
        pytest.skip("needs root: files get owners")
    if model == "mapped-xattr":
        try:
            os.setxattr(share, "user.test", b"1")
            os.removexattr(share, "user.test")
        except OSError:
            pytest.skip(f"no extended attributes at {share}")
    g = guest(board, model, how, mount)
    check_data(g, share)
    check_names(g, share)
    check_attributes(g)
    if model.startswith("mapped"):
        for path in share.rglob("*"):
            assert path.stat().st_uid == os.geteuid()
    g.power_off()


@pytest.mark.takes_long
def test_many_files_and_a_large_one(guest, share):
    """10,000 names, made here, listed there and removed there; one of 1 GB read and written."""
    names, megabytes = 10000, 1000
    g = guest("virt", "none", mount="version=9p2000.L,msize=512000")
    (share / "many").mkdir()
    for i in range(names):
        (share / "many" / f"file-{i:05}").touch()
    listed = g.must("ls /m/many | md5sum").split()[0]
    assert listed == hashlib.md5("".join(f"file-{i:05}\n" for i in range(names)).encode()).hexdigest()
    g.must("cd /m/many; rm *; cd /; rmdir /m/many")
    assert not os.listdir(share)
    digest = hashlib.sha256()
    with (share / "large").open("wb") as file:
        for i in range(megabytes):
            piece = bytes([i % 251]) * 500_000 + os.urandom(500_000)
            digest.update(piece)
            file.write(piece)
    assert digest.hexdigest() in g.must("sha256sum /m/large")
    g.must("dd if=/m/large of=/m/copy bs=256k 2>/dev/null")
    with (share / "copy").open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == digest.hexdigest()
    g.power_off()


def test_the_guest_does_not_get_out(guest, share):
    """Links lead nowhere but in the guest; what the host has put there isn't followed or opened here."""
    secret = share.parent / "secret"
    secret.write_text("TOPSECRET\n")
    (share / "out").symlink_to(secret)
    (share / "up").symlink_to("..")
    os.mkfifo(share / "pipe")
    g = guest("virt", "none")
    assert "TOPSECRET" not in g.run("cat /m/out 2>&1; cat /m/up/secret; cat /m/../secret; ls /m/up/ /m/..")[0]
    g.fails("echo gotcha >/m/out")
    assert g.must("readlink /m/out").strip() == str(secret)
    assert secret.read_text() == "TOPSECRET\n"
    # a folder that becomes a link while the guest works below it
    g.must("mkdir /m/dir; touch /m/dir/file; cd /m/dir; ls")
    (share / "dir/file").unlink()
    (share / "dir").rmdir()
    (share / "dir").symlink_to(share.parent)
    g.fails("cat /m/dir/secret; echo gotcha >/m/dir/secret; touch /m/dir/new")
    g.run("touch new2; rm secret; mkdir new3; mv secret stolen")
    assert sorted(p.name for p in share.parent.iterdir() if p.name in ("new", "new2", "new3", "stolen", "secret")) == ["secret"]
    assert secret.read_text() == "TOPSECRET\n"


def test_read_only(guest, share):
    (share / "file").write_text("there\n")
    g = guest("virt", "none", more=",readonly=on")
    assert g.must("cat /m/file").strip() == "there"
    for command in ("echo >/m/file", "rm /m/file", "mkdir /m/d", "touch /m/new", "mv /m/file /m/other", "chmod 0 /m/file",
                    "ln /m/file /m/l", "ln -s x /m/l", "mkfifo /m/p", "truncate -s 0 /m/file"):
        assert "Read-only" in g.fails(command), command
    assert os.listdir(share) == ["file"] and (share / "file").read_text() == "there\n"
    g.power_off()


def test_it_is_there_again_after_a_reset(guest, share):
    g = guest("virt", "none")
    g.must("echo before >/m/file; exec 7</m/file")
    g.emulator.monitor.command("system_reset")
    g.serial.expect("ARM64-GUEST-UP")
    g.serial.expect(SHELL)
    g.must("modprobe -a virtio_pci 9pnet_virtio 9p; mkdir -p /m; mount -t 9p -o trans=virtio,version=9p2000.L tag /m")
    assert g.must("cat /m/file").strip() == "before"
    g.power_off()


def test_vmc_has_the_device(start, guest_image, share):
    emulator = start("-machine", "VMC", "-display", "none", "-kernel", guest_image("ppc/vmlinux-mvme5100"), "-append",
                     "console=ttyS0,9600", "-initrd", guest_image("ppc/initramfs.cpio.gz"), "-virtfs",
                     f"local,path={share},mount_tag=tag,security_model=none", timeout=240)
    assert "1af4:1009" in emulator.monitor.command("info pci")
    tree = emulator.monitor.command("info qtree")
    assert 'mount_tag = "tag"' in tree and 'fsdev = "tag"' in tree


REFUSED = [
    ("-fsdev local,id=f,path=SHARE", "security_model is missing"),
    ("-fsdev local,id=f,path=SHARE,security_model=all", "security_model=all: expected one of passthrough, none,"),
    ("-fsdev local,path=SHARE,security_model=none", "id is missing"),
    ("-fsdev local,id=f,security_model=none", "path is missing"),
    ("-fsdev local,id=f,path=SHARE/nowhere,security_model=none", "can't be exported: No such file"),
    ("-fsdev synth,id=f", "synth: expected local"),
    ("-fsdev local,id=f,path=SHARE,security_model=none,fmode=0600", "fmode: files have the guest's permissions"),
    ("-fsdev local,id=f,path=SHARE,security_model=mapped-file,dmode=9", "dmode=9: expected permissions in octal"),
    ("-fsdev local,id=f,path=SHARE,security_model=none,what=1", "what"),
    ("-virtfs local,path=SHARE,security_model=none", "mount_tag is missing"),
    ("-device virtio-9p-pci,mount_tag=t", "fsdev is missing"),
    ("-device virtio-9p-pci,fsdev=f,mount_tag=t", "there is no -fsdev with id 'f'"),
    ("-fsdev local,id=f,path=SHARE,security_model=none -device virtio-9p-pci,fsdev=f", "mount_tag is missing"),
    ("-fsdev local,id=f,path=SHARE,security_model=none -fsdev local,id=f,path=SHARE,security_model=none",
     "there is a -fsdev of that name"),
]


@pytest.mark.parametrize("options,message", REFUSED)
def test_mistakes_are_named(sysemu, share, options, message):
    result = run(sysemu, "-machine", "virt", "-display", "none", *options.replace("SHARE", str(share)).split())
    assert result.returncode == 1
    assert message in result.stdout


# ---- A root ----

EARLY_INIT = """#!/bin/sh
export PATH=/bin:/sbin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
modprobe -a virtio_pci 9pnet_virtio 9p
mkdir -p /root
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 share /root
mkdir -p /root/bin /root/proc /root/dev
cp /bin/busybox /root/bin/
mount --move /dev /root/dev
umount /proc
exec switch_root /root /sbin/init
"""

# All of it, its shell included, comes out of the folder.
INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
for n in 1 2 3 4 5 6 7 8; do
    (dd if=/bin/busybox of=/copy-$n bs=7k 2>/dev/null; mv /copy-$n /moved-$n) &
done
wait
sync
echo ROOT-IS $(grep ' / ' /proc/mounts) $(cmp /bin/busybox /moved-5 && echo same) UP
poweroff -f
"""


@pytest.mark.parametrize("model", ["mapped-xattr", more("none")])
def test_a_root(start, guest_image, share, tmp_path, model):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts" / "guests"))
    archive = tmp_path / "initramfs.cpio"
    with open(archive, "wb") as out:
        first = pathlib.Path(guest_image("arm64/initramfs-modules.cpio")).read_bytes()
        out.write(first + bytes(-len(first) % 4))
        one_more = importlib.import_module("make-cpio").Archive(out)
        one_more.add("early-init", stat.S_IFREG | 0o755, EARLY_INIT.encode())
        one_more.add("TRAILER!!!", 0)
    (share / "sbin").mkdir()
    (share / "sbin" / "init").write_text(INIT)
    (share / "sbin" / "init").chmod(0o755)
    emulator = start("-machine", "virt", "-m", "256M", "-display", "none", "-nic", "none", "-kernel", guest_image("arm64/Image"),
                     "-initrd", archive, "-append", f"console=ttyAMA0 quiet nokaslr rdinit=/early-init {PATIENT_LINUX}",
                     "-virtfs", f"local,path={share},mount_tag=share,security_model={model}", timeout=300)
    emulator.serial[0].expect("ROOT-IS")
    said = emulator.serial[0].expect("UP")
    assert " / 9p rw," in said and "same" in said
    assert emulator.wait(60) == 0
    copies = {sha256((share / f"moved-{n}").read_bytes()) for n in range(1, 9)}
    assert copies == {sha256((share / "bin" / "busybox").read_bytes())}
    assert not list(share.glob("copy-*"))
