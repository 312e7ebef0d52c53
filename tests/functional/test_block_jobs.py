"""Block jobs through QMP and the monitor: with images alone, and with a guest that writes meanwhile.

SPDX-License-Identifier: MIT
"""

import json
import subprocess

import pytest

import sysemu as library
from qmp import Qmp, QmpError
from test_vmc_network import Guest

MIB = 1 << 20


def content(seed):
    return bytes((i * 7 + seed) & 0xff for i in range(4096)) * 256


@pytest.fixture
def img(sysemu):
    return sysemu.parent / "sysemu-img"


@pytest.fixture
def machine(sysemu, tmp_path):
    """machine(*args): an emulator without a board, and its QMP connection."""
    started = []

    def begin(*args):
        path = str(tmp_path / "qmp")
        emulator = library.Emulator(sysemu, "-M", "none", "-qmp", f"unix:{path},server=on,wait=off", *args, serials=0)
        started.append(emulator)
        return emulator, Qmp(path)

    yield begin
    for emulator in started:
        emulator.kill()


def until(qmp, name):
    """The data of the next event of that name."""
    while True:
        for event in qmp.events:
            if event["event"] == name:
                qmp.events.remove(event)
                return event["data"]
        message = qmp.read()
        assert message is not None, "the connection has ended"
        if "event" in message:
            qmp.events.append(message)


def test_jobs_of_all_kinds(machine, img, tmp_path):
    base, top = tmp_path / "base", tmp_path / "top"
    base.write_bytes(content(1) * 4)
    subprocess.run([img, "create", "-q", "-f", "qcow2", "-b", base, "-F", "raw", top], check=True)
    emulator, qmp = machine("-drive", f"if=none,id=d,file={top},format=qcow2")
    assert qmp("query-block-jobs") == []

    qmp("drive-backup", device="d", target=str(tmp_path / "copy"), format="raw", sync="full", **{"job-id": "b", "auto-dismiss": False})
    done = until(qmp, "BLOCK_JOB_COMPLETED")
    assert done == {"type": "backup", "device": "b", "len": 4 * MIB, "offset": 4 * MIB, "speed": 0}
    job, = qmp("query-block-jobs")
    assert (job["status"], job["auto-dismiss"]) == ("concluded", False)
    qmp("block-job-dismiss", id="b")
    assert (tmp_path / "copy").read_bytes() == base.read_bytes()

    qmp("drive-mirror", device="d", target=str(tmp_path / "mirror"), format="qcow2", sync="full", granularity=65536)
    until(qmp, "BLOCK_JOB_READY")
    assert qmp("query-block-jobs")[0]["status"] == "ready"
    assert "Type mirror, device d: completed 4194304 of 4194304 bytes" in emulator.monitor.command("info block-jobs")
    qmp("block-job-complete", device="d")
    assert "error" not in until(qmp, "BLOCK_JOB_COMPLETED")
    assert str(tmp_path / "mirror") in emulator.monitor.command("info block d")

    qmp("blockdev-add", driver="qcow2", **{"node-name": "n", "file": {"driver": "file", "filename": str(top)}})
    qmp("block-stream", device="n", **{"job-id": "s"})
    until(qmp, "BLOCK_JOB_COMPLETED")
    qmp("blockdev-del", **{"node-name": "n"})
    info = json.loads(subprocess.run([img, "info", "--output=json", top], capture_output=True, check=True).stdout)
    assert "backing-filename" not in info
    subprocess.run([img, "compare", base, top], check=True)


@pytest.mark.parametrize("command, arguments, reason", [
    ("drive-backup", {"device": "x", "target": "/tmp/x", "sync": "full"}, "DeviceNotFound: Cannot find device='x' nor node-name='x'"),
    ("drive-backup", {"device": "d", "target": "/tmp/x", "sync": "incremental"}, "there are no dirty bitmaps"),
    ("blockdev-backup", {"device": "d", "target": "t", "sync": "full"}, "Cannot find device='t' nor node-name='t'"),
    ("drive-mirror", {"device": "d", "target": "/tmp/x", "sync": "full", "granularity": 1000}, "expects a power of two"),
    ("drive-mirror", {"device": "d", "target": "/tmp/x", "sync": "full", "on-source-error": "stop"}, "'on-source-error' expects 'report'"),
    ("block-stream", {"device": "d", "base": "other"}, "Can't find 'other' in the backing chain"),
    ("block-commit", {"device": "d"}, "has no backing file to commit to"),
    ("block-job-cancel", {"device": "d"}, "DeviceNotActive: Block job 'd' not found"),
])
def test_what_cannot_be_is_refused(machine, tmp_path, command, arguments, reason):
    (tmp_path / "a").write_bytes(content(1))
    _, qmp = machine("-drive", f"if=none,id=d,file={tmp_path / 'a'},format=raw")
    with pytest.raises(QmpError) as error:
        qmp(command, **arguments)
    assert reason in str(error.value)
    assert qmp("query-block-jobs") == []


def test_monitor_commands(machine, tmp_path):
    (tmp_path / "a").write_bytes(content(1) * 8)
    emulator, qmp = machine("-drive", f"if=none,id=d,file={tmp_path / 'a'},format=raw")
    command = emulator.monitor.command
    assert command("info block-jobs") == "No active jobs\n"
    assert command(f"drive_mirror -f d {tmp_path / 'b'} raw") == ""
    until(qmp, "BLOCK_JOB_READY")
    assert command("block_job_set_speed d 1M") == ""
    assert "speed limit 1048576 bytes/s, ready" in command("info block-jobs")
    assert command("block_job_cancel d") == ""
    until(qmp, "BLOCK_JOB_COMPLETED")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert command(f"drive_backup -f d {tmp_path / 'c'}") == ""
    until(qmp, "BLOCK_JOB_COMPLETED")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "c").read_bytes()
    assert "already" not in command("block_job_pause d") and "not found" in command("block_job_pause d")


def test_a_full_disk_ends_a_mirror_with_a_message(machine, tmp_path):
    """The monitor's command is over by then."""
    (tmp_path / "a").write_bytes(content(1) * 8)
    (tmp_path / "b").write_bytes(bytes(8 * MIB))
    emulator, qmp = machine("-drive", f"if=none,id=d,file={tmp_path / 'a'},format=raw")
    qmp("blockdev-add", driver="blkdebug", **{"node-name": "full", "image": {"driver": "file", "filename": str(tmp_path / "b")},
                                              "inject-error": [{"event": "none", "iotype": "write", "errno": 28}]})
    qmp("blockdev-mirror", device="d", target="full", sync="full", **{"job-id": "copy"})
    assert until(qmp, "BLOCK_JOB_COMPLETED")["error"] == "No space left on device"
    assert "Block job 'copy' (mirror) has failed: No space left on device" in emulator.error_text()
    assert qmp("query-status")["status"] in ("running", "prelaunch")


def test_a_guest_writes_meanwhile(sysemu, guest_image, img, tmp_path):
    """A backup is the file system of its moment, a mirror that of the end; a kill leaves both images consistent."""
    disk, backup, mirror = (tmp_path / name for name in ("disk", "backup", "mirror"))
    subprocess.run([img, "create", "-q", "-f", "qcow2", disk, "32M"], check=True)
    guest = Guest(sysemu, guest_image, "-drive", f"if=virtio,id=d,file={disk},format=qcow2", "-qmp",
                  f"unix:{tmp_path / 'qmp'},server=on,wait=off")
    try:
        qmp = Qmp(str(tmp_path / "qmp"))
        guest.must("mke2fs /dev/vda > /dev/null; mount -t ext2 /dev/vda /mnt; echo first > /mnt/file; umount /mnt; sync")
        qmp("drive-backup", device="d", target=str(backup), format="qcow2", sync="full", **{"job-id": "b"})
        guest.must("mount -t ext2 /dev/vda /mnt; echo second > /mnt/file; dd if=/dev/urandom of=/mnt/big bs=64k count=100 2> /dev/null; "
                   "umount /mnt; sync")
        assert "error" not in until(qmp, "BLOCK_JOB_COMPLETED")
        qmp("drive-mirror", device="d", target=str(mirror), format="qcow2", sync="full")
        guest.must("mount -t ext2 /dev/vda /mnt; dd if=/dev/urandom of=/mnt/bigger bs=64k count=100 2> /dev/null; sync")
        until(qmp, "BLOCK_JOB_READY")
        qmp("block-job-complete", device="d")
        assert "error" not in until(qmp, "BLOCK_JOB_COMPLETED")
        guest.must("echo third > /mnt/file; umount /mnt; sync")
        guest.console.send("while :; do dd if=/dev/urandom of=/dev/vda bs=64k seek=200 count=100 2> /dev/null; sync; done\n")
        qmp("drive-backup", device="d", target=str(tmp_path / "cut"), format="qcow2", sync="full", speed=MIB)
        guest.emulator.kill()
    finally:
        guest.close()
    for image, word in ((backup, "first"), (mirror, "third")):
        subprocess.run([img, "check", "-r", "leaks", image], check=True, capture_output=True)
        raw = tmp_path / "raw"
        subprocess.run([img, "convert", "-O", "raw", image, raw], check=True)
        said = subprocess.run(["/sbin/debugfs", "-R", "cat /file", raw], capture_output=True, text=True)
        assert said.stdout == word + "\n", (image, said)
