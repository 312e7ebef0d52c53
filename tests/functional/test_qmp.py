"""QMP: the monitor for programs.

SPDX-License-Identifier: MIT
"""

import json
import os
import select
import signal
import socket
import subprocess
import tempfile
import time

import pytest

from qmp import Qmp, QmpError
from sysemu import run

VMC = ["-machine", "VMC", "-display", "none", "-nodefaults"]


class Machine:
    """An emulator with QMP on Unix sockets of its own."""

    def __init__(self, program, *args, sockets=1):
        self.dir = tempfile.mkdtemp(prefix="sysemu-qmp-")
        self.paths = [os.path.join(self.dir, f"qmp{i}") for i in range(sockets)]
        options = [word for path in self.paths for word in ("-qmp", f"unix:{path},server=on,wait=off")]
        self.process = subprocess.Popen([str(program), *args, *options], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def client(self, number=0, **more):
        return Qmp(self.paths[number], **more)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=30)
        for path in self.paths:
            if os.path.exists(path):
                os.unlink(path)
        for name in os.listdir(self.dir):
            os.unlink(os.path.join(self.dir, name))
        os.rmdir(self.dir)


@pytest.fixture
def machine(sysemu):
    made = []

    def make(*args, **more):
        made.append(Machine(sysemu, *args, **more))
        return made[-1]

    yield make
    for one in made:
        one.end()


@pytest.fixture
def qmp(machine):
    """A client of a VMC board that is stopped."""
    client = machine(*VMC, "-S").client()
    yield client
    client.close()


# ---- Messages ----

def test_greeting_and_handshake(machine):
    client = machine(*VMC, "-S").client(hello=False)
    assert client.greeting["QMP"]["capabilities"] == ["oob"]
    version = client.greeting["QMP"]["version"]
    assert version["package"].startswith("sysemu ")
    for command in ("query-status", "nonsense"):
        with pytest.raises(QmpError, match="CommandNotFound: Expecting capabilities negotiation"):
            client(command)
    with pytest.raises(QmpError, match=r"Parameter 'enable\[0\]' does not accept value 'x'"):
        client("qmp_capabilities", enable=["x"])
    assert client("qmp_capabilities") == {}
    with pytest.raises(QmpError, match="CommandNotFound: Capabilities negotiation is already complete"):
        client("qmp_capabilities")
    assert client("query-version") == version


@pytest.mark.parametrize("message,error", [
    ('{"execute":"nope"}', ("CommandNotFound", "The command nope has not been found")),
    ('{"execute":"query-status","arguments":{"x":1}}', ("GenericError", "Parameter 'x' is unexpected")),
    ('{"execute":"qom-list"}', ("GenericError", "Parameter 'path' is missing")),
    ('{"execute":"qom-list","arguments":{"path":5}}',
     ("GenericError", "Invalid parameter type for 'path', expected: string")),
    ('{"execute":"qom-list","arguments":5}', ("GenericError", "QMP input member 'arguments' must be an object")),
    ('{"execute":5}', ("GenericError", "QMP input member 'execute' must be a string")),
    ('{"exec":"x"}', ("GenericError", "QMP input member 'exec' is unexpected")),
    ('{"exec-oob":"query-status"}', ("GenericError", "QMP input member 'exec-oob' is unexpected")),
    ('{"id":1}', ("GenericError", "QMP input must have one of the members 'execute' and 'exec-oob'")),
    ('[1]', ("GenericError", "QMP input must be a JSON object")),
    ('{"execute":"query-name",}', ("GenericError", "JSON parse error: '}' where it can't be")),
    ('{"execute":"qom-list","arguments":{"path":"/nope"}}', ("DeviceNotFound", "Device '/nope' not found")),
    ('{"execute":"device_del","arguments":{"id":"nope"}}', ("DeviceNotFound", "Device 'nope' not found")),
    ('{"execute":"memsave","arguments":{"val":0,"size":-1,"filename":"x"}}',
     ("GenericError", "Parameter 'size' expects size")),
    ('{"execute":"memsave","arguments":{"val":0,"size":1,"filename":"x","cpu-index":7}}',
     ("GenericError", "Parameter 'cpu-index' expects a CPU number: there is no CPU 7")),
    ('{"execute":"query-hotpluggable-cpus"}', ("GenericError", "machine does not support hot-plugging CPUs")),
    ('{"execute":"query-vm-generation-id"}', ("GenericError", "VM Generation ID device not found")),
    ('{"execute":"chardev-add","arguments":{"id":"x","backend":{"type":"socket","data":{"addr":{"type":"unix",'
     '"data":{"path":7}}}}}}',
     ("GenericError", "Invalid parameter type for 'backend.data.addr.data.path', expected: string")),
    ('{"execute":"chardev-add","arguments":{"id":"x","backend":{"type":"file","data":{}}}}',
     ("GenericError", "Parameter 'backend.data.out' is missing")),
    ('{"execute":"object-add","arguments":{"qom-type":"memory-backend-ram","id":"x","size":{}}}',
     ("GenericError", "Parameter 'size' expects a single value or a list of such")),
])
def test_mistakes_name_what_is_wrong(qmp, message, error):
    qmp.send(message + "\n")
    answer = qmp.answer()
    assert (answer["error"]["class"], answer["error"]["desc"]) == error
    assert qmp("query-name") == {}


def test_ids_come_back_whatever_they_are(qmp):
    for value in (0, -5, "x", None, [1, {"a": []}], {"b": 1.5}, True):
        for command in ("query-name", "nope"):
            qmp.send(json.dumps({"execute": command, "id": value}))
            assert qmp.answer()["id"] == value


def test_many_commands_in_one_piece_are_answered_in_order(qmp):
    qmp.send("".join(json.dumps({"execute": "query-name", "id": i}) for i in range(300)))
    assert [qmp.answer()["id"] for _ in range(300)] == list(range(300))


@pytest.mark.parametrize("junk", [b"\xff\xfe\x00", b"[" * 1000000, b'{"a":"' + b"x" * 5000000, b'"\xc3"',
                                  b"[" + b"0," * 100000, b"}" * 1000, b"\x00" * 5000],
                         ids=["binary", "deep", "long", "cut", "many", "closing", "zeros"])
def test_junk_is_an_error_and_the_next_line_counts(qmp, junk):
    qmp.send(junk + b'\n{"execute":"query-name","id":"after"}\n')
    while True:
        answer = qmp.answer()
        if answer.get("id") == "after":
            break
        assert answer["error"]["class"] == "GenericError"
    assert answer["return"] == {}


# ---- The table ----

def check(schema, name, value, where):
    """The value is of that type of the schema."""
    entry = schema[name]
    kind = entry["meta-type"]
    if kind == "builtin":
        fits = {"string": str, "boolean": bool, "int": int, "number": (int, float), "value": object,
                "null": type(None)}[entry["json-type"]]
        assert isinstance(value, fits), (where, name, value)
        assert isinstance(value, bool) <= (entry["json-type"] in ("boolean", "value")), (where, value)
    elif kind == "enum":
        assert value in entry["values"], (where, value)
    elif kind == "array":
        assert isinstance(value, list), where
        for i, item in enumerate(value):
            check(schema, entry["element-type"], item, f"{where}[{i}]")
    else:
        members = {member["name"]: member for member in entry["members"]}
        for member in members.values():
            assert member["name"] in value or "default" in member, (where, member["name"])
        if name != "SchemaInfo":
            assert set(value) <= set(members), (where, set(value) - set(members))
        for key in set(value) & set(members):
            check(schema, members[key]["type"], value[key], f"{where}.{key}")


THERE_IS_NONE = ("query-balloon", "query-hotpluggable-cpus", "query-vm-generation-id")


def test_answers_are_what_the_schema_says(qmp):
    entries = qmp("query-qmp-schema")
    schema = {entry["name"]: entry for entry in entries}
    assert len(schema) == len(entries)
    commands = {entry["name"] for entry in entries if entry["meta-type"] == "command"}
    assert commands == {entry["name"] for entry in qmp("query-commands")}
    assert {entry["name"] for entry in entries if entry["meta-type"] == "event"} == \
        {entry["name"] for entry in qmp("query-events")}
    asked = 0
    for name in sorted(commands):
        needs = [member for member in schema[schema[name]["arg-type"]]["members"] if "default" not in member]
        if "query" in name and not needs and name not in THERE_IS_NONE:
            check(schema, schema[name]["ret-type"], qmp(name), name)
            asked += 1
    assert asked > 30
    check(schema, schema["qom-list"]["ret-type"], qmp("qom-list", path="/machine"), "qom-list")
    check(schema, schema["qom-list-types"]["ret-type"], qmp("qom-list-types", abstract=True), "qom-list-types")
    check(schema, schema["trace-event-get-state"]["ret-type"], qmp("trace-event-get-state", name="*"), "trace")


def test_the_schema_refers_to_nothing_that_it_lacks(qmp):
    schema = {entry["name"]: entry for entry in qmp("query-qmp-schema")}
    for entry in schema.values():
        used = [entry.get(key) for key in ("arg-type", "ret-type", "element-type") if key in entry]
        used += [m["type"] for m in entry.get("members", ()) if "type" in m]
        used += [v["type"] for v in entry.get("variants", ())]
        assert set(used) <= set(schema), entry


def test_info_commands_print_the_data(qmp):
    def human(line):
        return qmp("human-monitor-command", command_line=line)

    assert human("info status") == "VM status: paused (prelaunch)\r\n"
    assert qmp("query-status") == {"status": "prelaunch", "running": False, "singlestep": False}
    assert human("info uuid").strip() == qmp("query-uuid")["UUID"]
    for chardev in qmp("query-chardev"):
        assert f"{chardev['label']}: filename={chardev['filename']}\r\n" in human("info chardev")
    assert human("nonsense") == "unknown command: 'nonsense'\r\n"
    for block in qmp("x-query-ramblocks"):
        assert block["name"] in human("info ramblock")
    bus = qmp("query-pci")[0]
    assert len(bus["devices"]) == human("info pci").count("Bus ")
    assert {d["slot"] for d in bus["devices"]} >= {0}


def test_memory_map_as_data(qmp):
    views = qmp("x-query-memory-map")["views"]
    memory = next(view for view in views if "memory" in view["spaces"])
    assert any(r["start"] == "0x0000000000000000" and r["kind"] == "ram" for r in memory["ranges"])
    found = qmp("x-query-memory-why", address=0)["found"]
    assert found[0]["path"][-1]["kind"] in ("ram", "alias")
    with pytest.raises(QmpError, match="there is no address space 'x'"):
        qmp("x-query-memory-why", address=0, space="x")


# ---- Doing ----

def test_objects_come_and_go(qmp):
    qmp.run({"execute": "object-add", "arguments": {"qom-type": "memory-backend-ram", "id": "m0", "size": 65536,
                                                    "prealloc": False, "policy": "default"}})
    assert qmp("qom-get", path="/objects/m0", property="size") == 65536
    assert {m["id"] for m in qmp("query-memdev")} >= {"m0"}
    with pytest.raises(QmpError, match="Duplicate ID 'm0'"):
        qmp.run({"execute": "object-add", "arguments": {"qom-type": "memory-backend-ram", "id": "m0", "size": 4096}})
    qmp("object-del", id="m0")
    with pytest.raises(QmpError, match="object 'm0' not found"):
        qmp("object-del", id="m0")


def test_secrets_are_kept(qmp):
    def add(**arguments):
        qmp.run({"execute": "object-add", "arguments": {"qom-type": "secret", **arguments}})

    add(id="s0", data="xyz")
    with pytest.raises(QmpError):
        qmp("qom-get", path="/objects/s0", property="data")
    add(id="s1", data="eHl6", format="base64")
    for arguments in ({"data": "%", "format": "base64"}, {}, {"file": "/nonexistent"}, {"file": "/dev/zero"},
                      {"file": "/"}, {"data": "a", "file": "b"},
                      {"data": "a", "keyid": "s0"}, {"data": "a", "format": "c"}):
        with pytest.raises(QmpError, match="ecret|format"):
            add(id="s2", **arguments)


def test_qom_set_takes_typed_values(qmp):
    device = next(c["name"] for c in qmp("qom-list", path="/machine") if c["type"] == "child<hawk-phb>")
    with pytest.raises(QmpError, match="not found"):
        qmp("qom-set", path=f"/machine/{device}", property="nope", value=1)
    qmp.run({"execute": "object-add", "arguments": {"qom-type": "memory-backend-ram", "id": "m0", "size": 4096}})
    qmp("qom-set", path="/objects/m0", property="dump", value=False)
    assert qmp("qom-get", path="/objects/m0", property="dump") is False
    with pytest.raises(QmpError, match="dump"):
        qmp("qom-set", path="/objects/m0", property="dump", value=[1])


def test_chardevs_come_and_go(qmp, tmp_path):
    def add(name, kind, **data):
        return qmp("chardev-add", id=name, backend={"type": kind, "data": data})

    assert add("p", "pty")["pty"].startswith("/dev/")
    add("f", "file", out=str(tmp_path / "out"))
    add("r", "ringbuf", size=64)
    path = str(tmp_path / "socket")
    add("s", "socket", addr={"type": "unix", "data": {"path": path}}, logfile=str(tmp_path / "log"))
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
    assert qmp("ringbuf-read", device="r", size=10) == ""
    assert {c["label"] for c in qmp("query-chardev")} >= {"p", "f", "r", "s"}
    with pytest.raises(QmpError, match="already exists"):
        add("p", "null")
    with pytest.raises(QmpError, match="'backend.data.wait'"):
        qmp("chardev-add", id="w", backend={"type": "socket", "data": {
            "addr": {"type": "inet", "data": {"host": "127.0.0.1", "port": "0"}}, "wait": True}})
    for name in "pfrs":
        qmp("chardev-remove", id=name)
    with pytest.raises(QmpError, match="Chardev 'p' not found"):
        qmp("chardev-remove", id="p")
    with pytest.raises(QmpError, match="busy|use"):
        qmp("chardev-remove", id="compat_monitor0")


def test_images_come_and_go(qmp, tmp_path):
    image = tmp_path / "image"
    image.write_bytes(bytes(65536))
    qmp.run({"execute": "blockdev-add", "arguments": {"driver": "raw", "node-name": "n0", "file": {
        "driver": "file", "filename": str(image)}}})
    assert any(node["node-name"] == "n0" for node in qmp("query-named-block-nodes"))
    stats = {node["node-name"]: node["stats"] for node in qmp("query-blockstats", query_nodes=True)}
    assert stats["n0"]["rd_bytes"] == 0 and not any("n0" == drive.get("node-name") for drive in qmp("query-blockstats"))
    qmp.run({"execute": "block_resize", "arguments": {"node-name": "n0", "size": 131072}})
    assert image.stat().st_size == 131072
    qmp("blockdev-del", node_name="n0")
    with pytest.raises(QmpError, match="n0"):
        qmp("blockdev-del", node_name="n0")
    with pytest.raises(QmpError, match="'device' or 'node-name'"):
        qmp("block_resize", size=1)
    with pytest.raises(QmpError, match="balloon"):
        qmp("query-balloon")


def test_networks_come_and_go(qmp):
    qmp("netdev_add", type="user", id="n0", hostfwd=[{"str": "tcp:127.0.0.1:0-:22"}])
    assert any(c["name"] == "n0" and c["type"] == "user" for c in qmp("x-query-network"))
    with pytest.raises(QmpError, match="n0"):
        qmp("netdev_add", type="user", id="n0")
    with pytest.raises(QmpError, match="foo"):
        qmp("netdev_add", type="user", id="n1", foo=1)
    qmp("set_link", name="n0", up=False)
    assert not next(c for c in qmp("x-query-network") if c["name"] == "n0")["link-up"]
    qmp("netdev_del", id="n0")
    with pytest.raises(QmpError, match="n0"):
        qmp("netdev_del", id="n0")


def test_memory_goes_to_files(qmp, tmp_path):
    qmp("pmemsave", val=0xfff00000, size=4096, filename=str(tmp_path / "p"))
    qmp("memsave", val=0xfff00000, size=4096, filename=str(tmp_path / "v"))
    physical = (tmp_path / "p").read_bytes()
    assert len(physical) == 4096 and physical == (tmp_path / "v").read_bytes()
    qmp("dump-guest-memory", paging=False, protocol=f"file:{tmp_path}/core")
    assert (tmp_path / "core").read_bytes()[:4] == b"\x7fELF"
    assert qmp("query-status")["status"] in ("prelaunch", "paused")
    with pytest.raises(QmpError, match="Could not open '/nonexistent/x'"):
        qmp("pmemsave", val=0, size=1, filename="/nonexistent/x")


# ---- Events ----

def test_events(machine):
    client = machine(*VMC, "-S").client()
    client("cont")
    client.event("RESUME")
    client("stop")
    client.event("STOP")
    client("system_powerdown")
    client.event("POWERDOWN")
    client("system_reset")
    assert client.event("RESET") == {"guest": False, "reason": "host-qmp-system-reset"}
    client("quit")
    assert client.event("SHUTDOWN") == {"guest": False, "reason": "host-qmp-quit"}
    assert client.read() is None


def test_a_signal_is_told(machine):
    m = machine(*VMC, "-S")
    client = m.client()
    m.process.send_signal(signal.SIGTERM)
    assert client.event("SHUTDOWN") == {"guest": False, "reason": "host-signal"}
    assert m.process.wait(30) == 0


# ---- Several clients, and those that go ----

def test_two_clients_at_once(machine):
    m = machine(*VMC, "-S", sockets=2)
    one, two = m.client(0), m.client(1)
    one("cont")
    two.event("RESUME")
    for i in range(50):
        one.send(json.dumps({"execute": "query-status", "id": f"one{i}"}))
        two.send(json.dumps({"execute": "query-cpus-fast", "id": f"two{i}"}))
    assert [one.answer()["id"] for _ in range(50)] == [f"one{i}" for i in range(50)]
    assert [two.answer()["id"] for _ in range(50)] == [f"two{i}" for i in range(50)]


def test_a_client_may_go_in_the_middle(machine):
    m = machine(*VMC, "-S")
    for rest in ('{"execute":"query-', '[[[[', '{"execute":"query-qmp-schema"}' * 50, '"'):
        client = m.client()
        client.send(rest)
        client.close()
    client = m.client()
    assert client("query-status")["status"] == "prelaunch"


def test_one_that_does_not_read_stops_nothing(machine):
    m = machine(*VMC, "-S", sockets=2)
    deaf, other = m.client(0), m.client(1)
    deaf.socket.setblocking(False)
    command = b'{"execute":"query-qmp-schema"}\n' * 2000
    sent = 0
    deadline = time.monotonic() + 20
    while sent < len(command) and time.monotonic() < deadline:
        if not select.select([], [deaf.socket], [], 1)[1]:
            break  # it isn't read any more, either
        sent += deaf.socket.send(command[sent:sent + 4096])
    for _ in range(20):
        other("cont")
        other("stop")
    with open(f"/proc/{m.process.pid}/status") as f:
        resident = int(next(line for line in f if line.startswith("VmRSS")).split()[1])
    assert resident < 600 * 1024


def test_the_socket_of_one_that_was_killed_is_no_obstacle(sysemu, machine):
    m = machine(*VMC, "-S")
    client = m.client()
    m.process.kill()
    assert client.read() is None
    assert m.process.wait(30) == -signal.SIGKILL
    again = subprocess.Popen([str(sysemu), *VMC, "-S", "-qmp", f"unix:{m.paths[0]},server=on,wait=off"])
    try:
        assert Qmp(m.paths[0])("query-name") == {}
    finally:
        again.kill()
        again.wait()


def test_tcp_and_stdio(sysemu, machine):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    machine(*VMC, "-S", "-chardev", f"socket,id=c,host=127.0.0.1,port={port},server=on,wait=off",
            "-mon", "chardev=c,mode=control")
    assert Qmp(("127.0.0.1", port))("query-name") == {}

    result = subprocess.run([str(sysemu), *VMC, "-S", "-name", "a b", "-qmp-pretty", "stdio"], capture_output=True,
                            input='{"execute":"qmp_capabilities"}{"execute":"query-name"}\n{"execute":"quit"}',
                            text=True, timeout=60)
    assert result.returncode == 0
    assert '{\n    "return": {\n        "name": "a b"\n    }\n}\n' in result.stdout
    assert '    "event": "SHUTDOWN",' in result.stdout


def test_out_of_band_overtakes(machine):
    m = machine(*VMC, "-m", "512", "-S")
    client = m.client(oob=True)
    # A summation of a lot of memory takes its time; what is behind it waits.
    client.send(json.dumps({"execute": "human-monitor-command", "id": "long",
                            "arguments": {"command-line": "sum 0 0x1ff00000"}}))
    client.send(json.dumps({"execute": "query-name", "id": "waits"}))
    client.send(json.dumps({"exec-oob": "query-status", "id": "overtakes"}))
    client.send(json.dumps({"exec-oob": "query-name", "id": "may not"}))
    answers = [client.answer() for _ in range(4)]
    order = [answer["id"] for answer in answers]
    assert order.index("overtakes") < order.index("long") < order.index("waits")
    assert "does not support OOB" in answers[order.index("may not")]["error"]["desc"]


def test_the_end_comes_while_a_command_runs(machine):
    m = machine(*VMC, "-m", "512", "-S")
    client = m.client(oob=True)
    client.send(json.dumps({"execute": "human-monitor-command",
                            "arguments": {"command-line": "sum 0 0x1ff00000"}}))
    client.send(json.dumps({"exec-oob": "quit", "id": "q"}))
    assert m.process.wait(60) == 0


# ---- The process ----

def probe(sysemu, tmp_path, *more):
    """What libvirt starts to find out what there is."""
    path, pidfile = tmp_path / "monitor", tmp_path / "pid"
    result = subprocess.run([str(sysemu), "-S", "-no-user-config", "-nodefaults", "-nographic", "-machine",
                             "none,accel=tcg", "-qmp", f"unix:{path},server=on,wait=off", "-pidfile", str(pidfile),
                             "-daemonize", *more], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            timeout=60)
    return result, str(path), pidfile


def is_there(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_daemon_for_probing(sysemu, tmp_path):
    result, path, pidfile = probe(sysemu, tmp_path, "-uuid", "550E8400-e29b-41d4-a716-446655440000")
    assert result.returncode == 0, result.stderr
    pid = int(pidfile.read_text())
    assert is_there(pid)
    assert os.getsid(pid) not in (pid, os.getsid(0))
    assert os.readlink(f"/proc/{pid}/fd/2") == "/dev/null"
    client = Qmp(path)
    assert client("query-uuid")["UUID"] == "550e8400-e29b-41d4-a716-446655440000"
    assert client("query-kvm") == {"enabled": False, "present": False}
    types = {t["name"] for t in client("qom-list-types")}
    assert {"tcg-accel", "memory-backend-ram", "memory-backend-file"} <= types
    assert {m["name"] for m in client("query-machines")} >= {"VMC", "none"}
    assert {"755_v2.8"} <= {c["name"] for c in client("query-cpu-definitions")}
    options = {o["option"]: o["parameters"] for o in client("query-command-line-options")}
    assert {"name": "cpus", "type": "number"} in options["smp"]
    client("migrate-set-capabilities", capabilities=[{"capability": "events", "state": True}])
    assert client("query-migrate-capabilities") == [{"capability": "events", "state": True}]
    client("quit")
    client.event("SHUTDOWN")
    assert client.read() is None
    deadline = time.monotonic() + 30
    while is_there(pid) or pidfile.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert not os.path.exists(path)


@pytest.mark.parametrize("more,message", [
    (["-device", "nonsense"], "nonsense"),
    (["-kernel", "/nonexistent"], "/nonexistent"),
    (["-serial", "stdio"], "there is no terminal"),
])
def test_a_daemon_that_fails_says_so(sysemu, tmp_path, more, message):
    result, _, pidfile = probe(sysemu, tmp_path, *more)
    assert result.returncode == 1
    assert message in result.stderr
    assert not pidfile.exists() or not is_there(int(pidfile.read_text()))


@pytest.mark.parametrize("args,message", [
    (["-uuid", "x"], "-uuid x: expected a UUID"),
    (["-runas", "no-such-user"], "there is no user 'no-such-user'"),
    (["-runas", "1:"], "it is no UID:GID"),
    (["-chroot", "/nonexistent"], "'/nonexistent' is no directory"),
    (["-run-with", "chroot=/nonexistent"], "'/nonexistent' is no directory"),
    (["-run-with", "async-teardown=on"], "'async-teardown' is not supported yet"),
    (["-run-with", "foo=on"], "foo"),
    (["-daemonize", "-nographic", "-serial", "null"], "use -display none"),
    (["-chardev", "null,id=c", "-mon", "c,mode=foo"], "expected 'readline' or 'control'"),
    (["-chardev", "null,id=c", "-mon", "c,pretty=on"], "'pretty' is only for mode 'control'"),
    (["-chardev", "socket,id=c,fd=99"], "fd=99: expected the number of an open socket"),
    (["-chardev", "socket,id=c,fd=0,server=on"], "fd=0: expected the number of an open socket"),
])
def test_mistakes_of_options(sysemu, args, message):
    result = run(sysemu, "-machine", "none", "-display", "none", *args)
    assert result.returncode == 1
    assert message in result.stdout


@pytest.mark.skipif(os.getuid() != 0, reason="only root becomes somebody else")
def test_another_user_and_root(sysemu, tmp_path):
    os.chmod(tmp_path, 0o755)
    process = subprocess.Popen([str(sysemu), *VMC, "-S", "-qmp", f"unix:{tmp_path}/m,server=on,wait=off",
                                "-run-with", f"user=65534:65534,chroot={tmp_path}"],
                               env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))  # which wants to see /proc
    try:
        client = Qmp(f"{tmp_path}/m")
        with open(f"/proc/{process.pid}/status") as f:
            fields = dict(line.split(":\t", 1) for line in f if ":\t" in line)
        assert fields["Uid"].split() == ["65534"] * 4 and fields["Gid"].split() == ["65534"] * 4
        assert fields["Groups"].split() == ["65534"]
        for thread in os.listdir(f"/proc/{process.pid}/task"):
            with open(f"/proc/{process.pid}/task/{thread}/status") as f:
                assert "Uid:\t65534\t65534" in f.read()
        assert os.readlink(f"/proc/{process.pid}/root") == str(tmp_path)
        client("quit")
        assert process.wait(30) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_a_socket_that_was_made_before(sysemu, tmp_path):
    path = str(tmp_path / "m")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(1)
        process = subprocess.Popen([str(sysemu), *VMC, "-S", "-chardev",
                                    f"socket,id=c,fd={listener.fileno()},server=on,wait=off", "-mon",
                                    "chardev=c,mode=control"], pass_fds=[listener.fileno()])
    try:
        assert Qmp(path)("query-name") == {}
    finally:
        process.kill()
        process.wait()
