"""blockdev-reopen: other options for nodes that are in use; the same on the installed QEMU.

SPDX-License-Identifier: MIT
"""

import shutil
import subprocess

import pytest

from qmp import Qmp, QmpError
from sysemu import run

MIB = 1 << 20


@pytest.fixture(params=["sysemu", "qemu"])
def qmp(request, sysemu, tmp_path):
    """A connection to an emulator without a board that has the images base (raw), mid and top (qcow2)."""
    program = sysemu if request.param == "sysemu" else shutil.which("qemu-system-ppc")
    if not program:
        pytest.skip("no QEMU to compare with")
    (tmp_path / "base").write_bytes(b"b" * MIB)
    img = sysemu.parent / "sysemu-img"
    for name, below, kind in [("mid", "base", "raw"), ("top", "mid", "qcow2")]:
        subprocess.run([img, "create", "-q", "-f", "qcow2", "-b", tmp_path / below, "-F", kind, tmp_path / name], check=True)
    path = str(tmp_path / "qmp")
    with subprocess.Popen([program, "-M", "none", "-display", "none", "-serial", "none", "-monitor", "none",
                           "-qmp", f"unix:{path},server=on,wait=off"], stdin=subprocess.DEVNULL) as process:
        connection = Qmp(path)
        connection.is_ours = request.param == "sysemu"
        for name, kind, more in nodes(tmp_path):
            connection("blockdev-add", driver=kind, **{"node-name": name}, **more)
        yield connection
        process.kill()


def nodes(folder):
    """Name, driver, options of what is opened."""
    return [("f-base", "file", {"filename": str(folder / "base"), "read-only": True}),
            ("base", "raw", {"file": "f-base", "read-only": True}),
            ("f-mid", "file", {"filename": str(folder / "mid"), "read-only": True}),
            ("mid", "qcow2", {"file": "f-mid", "backing": "base", "read-only": True}),
            ("f-top", "file", {"filename": str(folder / "top")}),
            ("top", "qcow2", {"file": "f-top", "backing": "mid", "discard": "unmap"})]


def change(folder, name, **changes):
    """The options of a node with others instead; None takes one away."""
    _, kind, more = next(node for node in nodes(folder) if node[0] == name)
    options = {"driver": kind, "node-name": name} | more | {key.replace("_", "-"): value for key, value in changes.items()}
    return {key: value for key, value in options.items() if value is not None or key == "backing"}


def node(qmp, name):
    return next(found for found in qmp("query-named-block-nodes") if found["node-name"] == name)


def refused(qmp, message, *options):
    with pytest.raises(QmpError) as error:
        qmp("blockdev-reopen", options=list(options))
    if qmp.is_ours:
        assert message in error.value.desc


def writable_elsewhere(sysemu, path):
    """Whether another process may write to the image: nobody has it open."""
    return run(sysemu.parent / "sysemu-img", "resize", "-f", "raw", path, "+0").returncode == 0


def test_read_only_and_back(qmp, tmp_path):
    both = [change(tmp_path, "f-top", read_only=True), change(tmp_path, "top", read_only=True)]
    qmp("blockdev-reopen", options=both)
    assert node(qmp, "top")["ro"] and node(qmp, "f-top")["ro"]
    back = [change(tmp_path, "f-top"), change(tmp_path, "top")]
    qmp("blockdev-reopen", options=back)
    assert not node(qmp, "top")["ro"] and not node(qmp, "f-top")["ro"]


def test_all_or_nothing(qmp, tmp_path):
    refused(qmp, "Cannot change the option 'filename' of node 'f-base'", change(tmp_path, "top", detect_zeroes="on"),
            change(tmp_path, "f-base", filename="/elsewhere"))
    assert node(qmp, "top")["detect_zeroes"] == "off"
    refused(qmp, "Failed to find node with node-name='frob'", change(tmp_path, "top", detect_zeroes="on"),
            {"driver": "raw", "node-name": "frob"})
    assert node(qmp, "top")["detect_zeroes"] == "off"


def test_mistakes_name_the_option(qmp, tmp_path):
    refused(qmp, "Cannot change the option 'driver' of node 'top'", change(tmp_path, "top", driver="raw", backing=None))
    refused(qmp, "node-name not specified", {"driver": "file", "filename": str(tmp_path / "top")})
    refused(qmp, "'backing' is missing for 'top'", {k: v for k, v in change(tmp_path, "top").items() if k != "backing"})
    refused(qmp, "Parameter 'read-only' can't be 'on' for node 'f-top': node 'top' as 'file' writes to it",
            change(tmp_path, "f-top", read_only=True))
    refused(qmp, "aio=native was specified, but it requires cache.direct=on", change(tmp_path, "f-top", aio="native"))
    refused(qmp, "would create a cycle", change(tmp_path, "mid", backing="top"))
    refused(qmp, "Cannot find device='' nor node-name='frob'", change(tmp_path, "top", backing="frob"))


def test_options_that_change(qmp, tmp_path):
    qmp("blockdev-reopen", options=[change(tmp_path, "top", detect_zeroes="unmap"),
                                    change(tmp_path, "f-top", cache={"direct": True})])
    assert node(qmp, "top")["detect_zeroes"] == "unmap"
    assert node(qmp, "f-top")["cache"]["direct"]
    if qmp.is_ours:  # there aio= can't change
        qmp("blockdev-reopen", options=[change(tmp_path, "f-top", aio="native", cache={"direct": True})])
        refused(qmp, "aio=native was specified", change(tmp_path, "f-top", aio="native"))
        assert node(qmp, "f-top")["cache"]["direct"]
    qmp("blockdev-reopen", options=[change(tmp_path, "f-top")])
    assert not node(qmp, "f-top")["cache"]["direct"]


def test_another_backing_file(qmp, tmp_path):
    qmp("blockdev-reopen", options=[change(tmp_path, "top", backing="base")])
    qmp("blockdev-del", **{"node-name": "mid"})
    qmp("blockdev-reopen", options=[change(tmp_path, "top", backing=None)])
    qmp("blockdev-del", **{"node-name": "base"})


def test_a_writer_elsewhere_is_respected(qmp, sysemu, tmp_path):
    """What another process writes to can't become writable here, and stays as it was."""
    if not qmp.is_ours:
        pytest.skip("one is enough")
    path = str(tmp_path / "other")
    (tmp_path / "shared").write_bytes(bytes(MIB))
    add = {"driver": "file", "node-name": "shared", "filename": str(tmp_path / "shared"), "read-only": True}
    qmp("blockdev-add", **add)
    assert not writable_elsewhere(sysemu, tmp_path / "shared")
    with subprocess.Popen([sysemu, "-M", "none", "-display", "none", "-serial", "none", "-monitor", "none",
                           "-qmp", f"unix:{path},server=on,wait=off"], stdin=subprocess.DEVNULL) as process:
        other = Qmp(path)
        other("blockdev-add", **add)
        refused(qmp, 'Failed to get "write" lock', add | {"read-only": False})
        assert node(qmp, "shared")["ro"]
        other("blockdev-del", **{"node-name": "shared"})
        qmp("blockdev-reopen", options=[add | {"read-only": False}])
        with pytest.raises(QmpError):
            other("blockdev-add", **add)
        qmp("blockdev-reopen", options=[add])
        other("blockdev-add", **add)
        process.kill()
