"""Disk images: sysemu-img next to qemu-img, formats behind -drive and -blockdev, the monitor's commands for drives.

SPDX-License-Identifier: MIT
"""

import json
import random
import re
import shutil
import signal
import subprocess
import time

import pytest

from sysemu import run

VMC = ["-machine", "VMC", "-cpu", "755", "-S"]
FLASH_A_SIZE = 16 << 20
MIB = 1 << 20


@pytest.fixture(scope="module")
def img(sysemu):
    return sysemu.parent / "sysemu-img"


@pytest.fixture(scope="module")
def qemu_img():
    found = shutil.which("qemu-img")
    if not found:
        pytest.skip("qemu-img is not installed")
    return found


def ok(*args):
    result = run(*args)
    assert result.returncode == 0, result.stdout
    return result.stdout


@pytest.fixture
def source(tmp_path):
    """A raw image: data, a hole, data that compresses well."""
    path = tmp_path / "source"
    with open(path, "wb") as f:
        f.write(random.Random(1).randbytes(3 * MIB + 777))
        f.seek(20 * MIB)
        f.write(b"same again " * 200000)
        f.truncate(30 * MIB)
    return path


CREATION = ["", "compat=0.10", "cluster_size=512", "cluster_size=2M", "refcount_bits=1", "refcount_bits=64",
            "lazy_refcounts=on", "compression_type=zstd"]


@pytest.mark.parametrize("options", CREATION)
def test_images_of_either_tool_are_those_of_the_other(img, qemu_img, source, tmp_path, options):
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    more = ["-o", options] if options else []
    ok(img, "convert", "-O", "qcow2", *more, source, ours)
    assert "Images are identical." in ok(qemu_img, "compare", "-f", "raw", "-F", "qcow2", source, ours)
    assert "No errors were found" in ok(qemu_img, "check", ours)
    ok(qemu_img, "convert", "-f", "raw", "-O", "qcow2", *more, source, theirs)
    assert "Images are identical." in ok(img, "compare", "-f", "raw", source, theirs)
    assert "No errors were found" in ok(img, "check", theirs)


@pytest.mark.parametrize("kind", ["zlib", "zstd"])
def test_compressed_clusters_are_read(img, qemu_img, source, tmp_path, kind):
    packed = tmp_path / "packed"
    ok(qemu_img, "convert", "-c", "-f", "raw", "-O", "qcow2", "-o", f"compression_type={kind}", source, packed)
    assert "Images are identical." in ok(img, "compare", "-f", "raw", source, packed)
    report = json.loads(ok(img, "check", "--output=json", packed))
    assert report["compressed-clusters"] > 10


@pytest.mark.parametrize("options", ["", "cluster_size=4k,lazy_refcounts=on"])
def test_info_and_check_say_what_qemu_img_says(img, qemu_img, tmp_path, options):
    base, image = tmp_path / "base", tmp_path / "image"
    ok(qemu_img, "create", "-f", "qcow2", base, "10M")
    ok(qemu_img, "create", "-f", "qcow2", "-b", base, "-F", "qcow2", *(["-o", options] if options else []), image)
    ok(qemu_img, "snapshot", "-c", "first", image)
    for name in (base, image):
        ours, theirs = (json.loads(ok(tool, "info", "--output=json", name)) for tool in (img, qemu_img))
        assert ours == theirs
        ours, theirs = (json.loads(ok(tool, "check", "--output=json", name)) for tool in (img, qemu_img))
        assert ours == theirs
        assert ok(img, "info", name) == ok(qemu_img, "info", name)
        assert ok(img, "snapshot", "-l", name) == ok(qemu_img, "snapshot", "-l", name)


def test_map_says_what_qemu_img_says(img, qemu_img, source, tmp_path):
    base, image = tmp_path / "base", tmp_path / "image"
    ok(qemu_img, "convert", "-f", "raw", "-O", "qcow2", source, base)
    ok(img, "create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", image)
    assert ok(img, "map", image) == ok(qemu_img, "map", image)
    ours, theirs = (json.loads(ok(tool, "map", "--output=json", image)) for tool in (img, qemu_img))
    assert sum(part["length"] for part in ours) == sum(part["length"] for part in theirs) == 30 * MIB
    assert [p for p in ours if p["data"]] == [p for p in theirs if p["data"]]


def test_changes_to_an_image_with_a_backing_file(img, qemu_img, source, tmp_path):
    base, image = tmp_path / "base", tmp_path / "image"
    shutil.copy(source, base)
    ok(img, "create", "-q", "-f", "qcow2", "-b", base, "-F", "raw", image)
    assert "Images are identical." in ok(img, "compare", image, source)
    assert "Image resized." in ok(img, "resize", image, "+2M")
    assert json.loads(ok(qemu_img, "info", "--output=json", image))["virtual-size"] == 32 * MIB
    result = run(img, "resize", image, "1M")
    assert result.returncode == 1
    assert "--shrink" in result.stdout
    ok(img, "rebase", "-b", "", image)
    base.unlink()
    assert ok(img, "compare", image, source).endswith("Images are identical.\n")
    assert "No errors were found" in ok(qemu_img, "check", image)


def test_snapshots_inside_of_an_image(img, qemu_img, source, tmp_path):
    image = tmp_path / "image"
    ok(img, "convert", "-O", "qcow2", source, image)
    ok(img, "snapshot", "-c", "before", image)
    assert "before" in ok(qemu_img, "snapshot", "-l", image)
    assert run(qemu_img, "check", image).returncode == 0
    ok(img, "snapshot", "-a", "before", image)
    ok(img, "snapshot", "-d", "before", image)
    assert "Images are identical." in ok(qemu_img, "compare", "-f", "raw", "-F", "qcow2", source, image)
    assert run(qemu_img, "check", image).returncode == 0
    result = run(img, "snapshot", "-d", "before", image)
    assert result.returncode == 1
    assert "has no snapshot 'before'" in result.stdout


@pytest.mark.parametrize("args, message", [
    ([], "Not enough arguments"),
    (["frob"], "Command not found: frob"),
    (["info"], "Expecting more file names"),
    (["info", "/no/such/image"], "Could not open '/no/such/image': .*No such file or directory"),
    (["create", "-f", "qcow2", "/tmp/x"], "Image creation needs a size parameter"),
    (["create", "-f", "frob", "/tmp/x", "1M"], "Unknown driver 'frob'"),
    (["create", "-f", "qcow2", "-o", "cluster_size=1000", "/tmp/x", "1M"],
     "'cluster_size' expects a power of two between 512 and 2097152"),
    (["create", "-f", "qcow2", "-o", "frob=1", "/tmp/x", "1M"], "Invalid parameter 'frob'"),
    (["create", "-f", "qcow2", "/tmp/x", "1z"], "Invalid image size '1z' specified"),
    (["create", "-f", "qcow2", "-b", "base", "/tmp/x"], "backing file specified without backing format"),
])
def test_mistakes_are_named(img, args, message):
    result = run(img, *args)
    assert result.returncode == 1
    assert re.search(message, result.stdout), result.stdout


def test_damage_is_found_and_repaired(img, qemu_img, source, tmp_path):
    image = tmp_path / "image"
    ok(img, "convert", "-O", "qcow2", source, image)
    with open(image, "r+b") as f:
        f.seek(2 * 65536 + 2 * 20)  # the count of cluster 20
        f.write(b"\0\0")
        f.seek(2 * 65536 + 2 * 5000)  # a cluster far behind the end is not counted by anybody
        f.write(b"\0\0")
    assert run(img, "check", image).returncode == 2
    repaired = ok(img, "check", "-r", "all", image)
    assert "1 corruptions" in repaired
    assert "No errors were found" in ok(qemu_img, "check", image)
    assert "Images are identical." in ok(img, "compare", "-f", "raw", source, image)


@pytest.mark.parametrize("kind, options", [
    ("vdi", ""), ("vdi", "static=on"), ("vpc", "force_size=on"), ("vpc", "subformat=fixed,force_size=on"), ("vmdk", ""),
])
def test_foreign_formats_are_read(img, qemu_img, source, tmp_path, kind, options):
    image = tmp_path / "image"
    size = source.stat().st_size
    ok(qemu_img, "convert", "-f", "raw", "-O", kind, *(["-o", options] if options else []), source, image)
    assert "Images are identical." in ok(img, "compare", "-s", "-f", "raw", "-F", kind, source, image)
    assert json.loads(ok(img, "info", "-f", kind, "--output=json", image))["virtual-size"] == size
    result = run(img, "resize", "-f", kind, image, "+1M")
    assert result.returncode == 1
    assert f"Images of format '{kind}' can only be read" in result.stdout


@pytest.mark.parametrize("kind, options, message", [
    ("vmdk", "subformat=streamOptimized", "its grains are compressed"),
    ("vmdk", "subformat=monolithicFlat", "it is a descriptor of other files"),
    ("qcow2", "extended_l2=on", "unsupported features: extended L2 entries"),
])
def test_what_is_not_read_is_named(img, qemu_img, tmp_path, kind, options, message):
    ok(qemu_img, "create", "-f", kind, "-o", options, tmp_path / "image", "1M")
    result = run(img, "info", tmp_path / "image")
    assert result.returncode == 1
    assert message in result.stdout


def test_exports_of_a_server(img, source, tmp_path):
    server = shutil.which("qemu-nbd")
    if not server or "nbd" not in ok(img, "--help").split():
        pytest.skip("needs qemu-nbd, and libnbd in the build")
    export, socket = tmp_path / "export", tmp_path / "socket"
    export.write_bytes(bytes(source.stat().st_size))
    name = f"nbd:unix:{socket}:exportname=disk"
    process = subprocess.Popen([server, "-f", "raw", "-x", "disk", "-k", socket, "--persistent", "--pid-file",
                                tmp_path / "pid", export])
    try:
        for _ in range(600):
            if (tmp_path / "pid").exists():
                break
            time.sleep(0.05)
        ok(img, "convert", "-n", "-f", "raw", "-O", "raw", source, name)
        assert "Images are identical." in ok(img, "compare", "-f", "raw", "-F", "raw", source, name)
        result = run(img, "info", f"nbd:unix:{socket}:exportname=frob")
        assert result.returncode == 1
        assert "frob" in result.stdout
    finally:
        process.terminate()
        process.wait()
    assert export.read_bytes() == source.read_bytes()


# --- the emulator ---


@pytest.fixture
def flash(img, tmp_path):
    """An image of flash bank A in qcow2."""
    path = tmp_path / "flash.qcow2"
    raw = tmp_path / "erased"
    raw.write_bytes(b"\xff" * FLASH_A_SIZE)
    ok(img, "convert", "-O", "qcow2", raw, path)
    return path


def test_either_emulator_refuses_an_image_that_the_other_has(start, sysemu, reference, flash):
    other = ["-machine", "g3beige", "-display", "none", "-S", "-drive", f"if=none,id=d,format=qcow2,file={flash}",
             "-device", "virtio-blk-pci,drive=d"]
    ours = [*VMC, "-drive", f"if=pflash,unit=1,format=qcow2,file={flash}"]
    vm = start(*ours)
    result = run(reference, *other)
    assert result.returncode == 1
    assert 'Failed to get "write" lock' in result.stdout
    vm.quit()
    theirs = subprocess.Popen([reference, *other, "-monitor", "stdio"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
    try:
        assert b"monitor" in theirs.stdout.readline()
        result = run(sysemu, *ours)
        assert result.returncode == 1
        assert 'Failed to get "write" lock' in result.stdout
    finally:
        theirs.communicate(b"quit\n")


def test_a_temporary_snapshot_leaves_the_image_alone(start, flash):
    before = flash.read_bytes()
    for options in (["-drive", f"if=pflash,unit=1,format=qcow2,file={flash},snapshot=on"],
                    ["-snapshot", "-drive", f"if=pflash,unit=1,format=qcow2,file={flash}"]):
        vm = start(*VMC, *options)
        assert "Backing file:" in vm.monitor.command("info block")
        vm.quit()
    assert flash.read_bytes() == before


def test_nodes_are_described_by_keys_or_json(start, flash):
    description = json.dumps({"driver": "qcow2", "node-name": "disk", "read-only": True,
                              "file": {"driver": "file", "filename": str(flash)}})
    for option in (description, f"driver=qcow2,node-name=disk,read-only=on,file.driver=file,file.filename={flash}"):
        vm = start(*VMC, "-blockdev", option, serials=0)
        assert f"disk: {flash} (qcow2, read-only)" in vm.monitor.command("info block -n")
        vm.quit()


def test_commands_for_drives(start, img, tmp_path):
    base, image, other = tmp_path / "base", tmp_path / "image", tmp_path / "other"
    ok(img, "create", "-q", "-f", "qcow2", base, "1M")
    ok(img, "create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", image)
    other.write_bytes(bytes(MIB))
    vm = start(*VMC, "-drive", f"if=none,id=d,file={image},format=qcow2,cache=unsafe", "-drive",
               "if=none,id=cd,media=cdrom", serials=0)
    command = vm.monitor.command
    shown = command("info block")
    assert f"): {image} (qcow2)" in shown
    assert "Cache mode:       writeback, ignore flushes" in shown
    assert f"Backing file:     {base} (chain depth: 1)" in shown
    assert "cd: [not inserted]" in shown
    assert "virtual size: 1 MiB (1048576 bytes)" in command("info block -v d")
    assert "d: rd_bytes=0 wr_bytes=0" in command("info blockstats")
    assert command("block_resize d 2M").strip() == ""
    assert "virtual size: 2 MiB" in command("info block -v d")
    assert command("commit d").strip() == ""
    assert command("commit all").strip() == ""
    assert command(f"change cd {other} raw").strip() == ""
    assert f"{other} (raw, read-only)" in command("info block cd")
    assert "/no/such/image" in command("change cd /no/such/image raw")
    assert command("eject cd").strip() == ""
    assert "cd: [not inserted]" in command("info block cd")
    assert "OK" in command(f"drive_add 0 if=none,id=e,file={other},format=raw")
    assert f"{other} (raw)" in command("info block e")
    assert command("drive_del e").strip() == ""
    assert command("info block e").strip() == ""
    for line in ("drive_del e", "eject e", "commit e", "change e x"):
        assert "Device 'e' not found" in command(line)
    vm.quit()
    assert json.loads(ok(img, "info", "--output=json", base))["virtual-size"] == 2 * MIB


def test_a_killed_emulator_leaves_a_consistent_image(start, qemu_img, flash):
    vm = start(*VMC, "-drive", f"if=pflash,unit=1,format=qcow2,file={flash}")
    vm.monitor.command("block_resize pflash1 32M")
    vm.process.send_signal(signal.SIGKILL)
    vm.process.wait()
    assert run(qemu_img, "check", flash).returncode in (0, 3)
