"""-perfmap and -jitdump: what they write is read by the rules of its documentation.

SPDX-License-Identifier: MIT
"""

import pathlib
import re
import struct
import subprocess

VMC = ("-machine", "VMC", "-cpu", "755", "-m", "32")
LOAD = 0


def read_dump(path):
    """The header's fields, and (address, name, code) of each record, which are all whole."""
    data = path.read_bytes()
    magic, version, size, machine, _, pid, _, flags = struct.unpack_from("=6I2Q", data)
    assert (magic, version, size, machine, flags) == (0x4A695444, 1, 40, 62, 0)
    records, times, at = [], [], size
    while at < len(data):
        kind, size, time = struct.unpack_from("=IIQ", data, at)
        assert kind == LOAD and at + size <= len(data)
        owner, _, vma, address, code_size, index = struct.unpack_from("=2I4Q", data, at + 16)
        name, _, code = data[at + 56:at + size].partition(b"\0")
        assert owner == pid and vma == address and index == len(records) and len(code) == code_size
        records.append((address, name.decode(), code))
        times.append(time)
        at += size
    assert times == sorted(times)
    return pid, records


def test_both_name_what_is_translated(start, tmp_path):
    vm = start(*VMC, "-perfmap", "-jitdump", cwd=tmp_path)
    vm.serial[0].expect("> ")
    perf_map = pathlib.Path(f"/tmp/perf-{vm.process.pid}.map")
    try:
        vm.monitor.send("quit\r")
        assert vm.wait() == 0
        lines = [re.fullmatch(r"([0-9a-f]+) ([0-9a-f]+) (\S.*)", line) for line in perf_map.read_text().splitlines()]
    finally:
        perf_map.unlink()
    assert len(lines) > 100 and all(lines)
    pid, records = read_dump(tmp_path / f"jit-{vm.process.pid}.dump")
    assert pid == vm.process.pid
    assert [(address, name, len(code)) for address, name, code in records] == \
           [(int(line[1], 16), line[3], int(line[2], 16)) for line in lines]
    assert records[0][1] == "sysemu-thunks"
    assert all(re.fullmatch(r"(guest-0x[0-9a-f]+|\S+\+0x[0-9a-f]+)( \[region\])?", name) for _, name, _ in records[1:])
    assert any(re.match(r"guest-0xfff0", name) for _, name, _ in records)


def test_a_folder_that_can_not_be_written_to(sysemu):
    result = subprocess.run([sysemu, *VMC, "-display", "none", "-jitdump"], cwd="/proc", capture_output=True, text=True,
                            timeout=60, check=False)
    assert result.returncode == 1
    assert re.fullmatch(r"[^:]*: -jitdump: cannot create 'jit-\d+\.dump': .*\n", result.stderr)
