"""Linux on disk images: file systems on qcow2 through virtio-blk, killed while it writes, full host disks.

SPDX-License-Identifier: MIT
"""

import ctypes
import shutil
import signal
import subprocess
import time

import pytest

from conftest import more
from sysemu import run

Guest = pytest.importorskip("test_vmc_network").Guest

MIB = 1 << 20


@pytest.fixture(scope="module")
def img(sysemu):
    if "virtio-blk-pci" not in run(sysemu, "-machine", "VMC", "-device", "help").stdout:
        pytest.skip("there is no virtio disk")
    return sysemu.parent / "sysemu-img"


@pytest.fixture
def start(sysemu, guest_image):
    guests = []

    def begin(*args):
        guests.append(Guest(sysemu, guest_image, *args))
        return guests[-1]

    yield begin
    for guest in guests:
        guest.close()


def ok(*args):
    result = run(*args)
    assert result.returncode == 0, result.stdout
    return result.stdout


def check_image(img, path):
    """No corruption; leaks are allowed. For qemu-img as well, if it is there."""
    assert run(img, "check", path).returncode in (0, 3)
    if shutil.which("qemu-img"):
        assert run("qemu-img", "check", path).returncode in (0, 3)


def disk(path, *options):
    return ["-drive", ",".join(["if=none", "id=d", f"file={path}", *options]), "-device", "virtio-blk-pci,drive=d"]


@pytest.mark.parametrize("options", [
    more("format=qcow2"), "format=qcow2,cache=none,discard=unmap,detect-zeroes=unmap", more("format=qcow2,cache=writethrough"),
    "format=raw,aio=io_uring", more("format=qcow2,aio=io_uring,discard=unmap"), more("format=qcow2,aio=native,cache=none"),
    more("format=raw,cache=none"), "format=qcow2,snapshot=on", more("format=qcow2,throttling.iops-total=2000"),
])
def test_a_file_system_holds_what_was_written(start, img, tmp_path, options):
    image = tmp_path / "image"
    ok(img, "create", "-q", "-f", options.split(",")[0].removeprefix("format="), image, "64M")
    before = image.read_bytes() if "snapshot" in options else None
    guest = start(*disk(image, options))
    guest.must("mke2fs /dev/vda > /dev/null && mount -t ext2 /dev/vda /mnt")
    guest.must("dd if=/dev/urandom of=/mnt/file bs=64k count=100 2> /dev/null")
    written = guest.must("sha256sum < /mnt/file").split()[0]
    guest.must("umount /mnt && echo 3 > /proc/sys/vm/drop_caches && mount -t ext2 /dev/vda /mnt")
    assert guest.must("sha256sum < /mnt/file").split()[0] == written
    guest.must("rm /mnt/file; umount /mnt; sync")
    guest.close()
    if before:
        assert image.read_bytes() == before
        return
    if "qcow2" in options:
        assert "No errors were found" in ok(img, "check", image)
    raw = tmp_path / "raw"
    ok(img, "convert", "-O", "raw", image, raw)
    check = subprocess.run(["/sbin/e2fsck", "-fn", raw], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout


@pytest.mark.parametrize("aio", ["threads", "io_uring"])
def test_killed_while_the_guest_writes(start, img, tmp_path, aio, request):
    image = tmp_path / "image"
    ok(img, "create", "-q", "-f", "qcow2", "-o", "cluster_size=4k", image, "64M")
    for kill in range(request.config.getoption("--kills")):
        guest = start(*disk(image, f"format=qcow2,discard=unmap,aio={aio}"))
        if kill == 0:
            guest.must("mke2fs /dev/vda > /dev/null")
        else:
            # what had been flushed before the last kill
            guest.must(f"dd if=/dev/vda bs=1k skip=60000 count=1 2> /dev/null | grep -q flushed-{kill - 1}")
        guest.must(f"(echo flushed-{kill}; cat /dev/zero) | dd of=/dev/vda bs=1k seek=60000 count=1 "
                   "conv=fsync 2> /dev/null")
        guest.console.send("while :; do dd if=/dev/urandom of=/dev/vda bs=16k count=300 conv=fsync "
                           "seek=$((RANDOM % 200)); done &\n")
        time.sleep(0.5 + kill % 7 / 2)
        guest.emulator.process.send_signal(signal.SIGKILL)
        guest.emulator.process.wait()
        check_image(img, image)


def test_a_full_disk_stops_the_machine_until_there_is_space(start, img, tmp_path):
    image = tmp_path / "image"
    image.write_bytes(bytes(16 * MIB))
    node = ("driver=blkdebug,node-name=bad,image.driver=raw,image.file.driver=file,"
            f"image.file.filename={image},inject-error.0.event=write_aio,inject-error.0.errno=28,"
            "inject-error.0.once=on")
    guest = start("-blockdev", node, "-device", "virtio-blk-pci,drive=bad")
    guest.console.send("dd if=/dev/urandom of=/dev/vda bs=4k count=1; sync; echo was''-written\n")
    for _ in range(600):
        if "io-error" in guest.monitor.command("info status"):
            break
        time.sleep(0.05)
    assert "paused (io-error)" in guest.monitor.command("info status")
    guest.monitor.command("cont")
    guest.console.expect("was-written")
    guest.close()
    assert image.read_bytes()[:4096] != bytes(4096)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of the host that is full soon."""
    place = tmp_path / "small"
    place.mkdir()
    if run("mount", "-t", "tmpfs", "-o", "size=8M", "none", place).returncode:
        pytest.skip("no right to mount a file system")
    yield place
    run("umount", "-l", place)


@pytest.mark.parametrize("format_name, aio, werror", [
    ("raw", "threads", "stop"), more("raw", "io_uring", "enospc"), more("raw", "io_uring,cache=writethrough", "enospc"),
    more("qcow2", "threads", "enospc"), ("qcow2", "io_uring", "enospc"), more("qcow2", "io_uring,cache=writethrough", "stop"),
])
def test_the_hosts_file_system_is_full(start, img, small_disk, aio, format_name, werror):
    image = small_disk / "image"
    ok(img, "create", "-q", "-f", format_name, image, "32M")
    guest = start(*disk(image, f"format={format_name},aio={aio},werror={werror}"))
    guest.console.send("dd if=/dev/urandom of=/dev/vda bs=64k count=200 conv=fsync; echo was''-written\n")
    for _ in range(600):
        if "io-error" in guest.monitor.command("info status"):
            break
        time.sleep(0.05)
    assert "paused (io-error)" in guest.monitor.command("info status")
    ok("mount", "-o", "remount,size=64M", small_disk)
    guest.monitor.command("cont")
    guest.console.expect("was-written")
    guest.close()
    if format_name == "qcow2":
        check_image(img, image)


@pytest.mark.parametrize("werror, succeeds", [("report", False), ("ignore", True)])
def test_the_hosts_file_system_is_full_and_the_machine_goes_on(start, img, small_disk, werror, succeeds):
    """The guest gets the error, or is told that all is well; either way the image stays one, and later writes are kept."""
    image = small_disk / "image"
    ok(img, "create", "-q", "-f", "qcow2", image, "32M")
    guest = start(*disk(image, f"format=qcow2,werror={werror}"))
    said, status = guest.run("dd if=/dev/urandom of=/dev/vda bs=64k count=200 conv=fsync")
    assert (status == 0) == succeeds, said
    assert guest.monitor.command("info status").strip() == "VM status: running"
    ok("mount", "-o", "remount,size=64M", small_disk)
    guest.must("echo kept | dd of=/dev/vda bs=1k seek=20000 conv=sync,fsync 2> /dev/null")
    guest.must("echo 3 > /proc/sys/vm/drop_caches; dd if=/dev/vda bs=1k skip=20000 count=1 2> /dev/null | grep -q kept")
    guest.close()
    check_image(img, image)


def refuse_io_uring():
    """A filter of system calls, as containers have it."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(0x7fff0000))  # allow
    number = library.seccomp_syscall_resolve_name(b"io_uring_setup")
    assert library.seccomp_rule_add(context, 0x00050000 | 1, number, 0) == 0 and library.seccomp_load(context) == 0  # EPERM


@pytest.mark.parametrize("options", ["aio=io_uring", "aio=native,cache=none"])
def test_where_the_kernel_refuses_workers_do_it(sysemu, img, tmp_path, options):
    image = tmp_path / "image"
    ok(img, "create", "-q", "-f", "raw", image, "1M")
    result = subprocess.run([sysemu, "-machine", "VMC", "-S", "-display", "none", "-serial", "none", "-monitor", "stdio",
                             *disk(image, "format=raw", options)], input="info block\nquit\n", preexec_fn=refuse_io_uring,
                            capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0
    assert "the kernel refuses io_uring (Operation not permitted), so worker threads do the requests" in result.stderr
