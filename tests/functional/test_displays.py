"""Screens, keyboards and mice, from the command line and the monitors.

SPDX-License-Identifier: MIT
"""

import struct
import subprocess
import zlib

import pytest

import qmp


def png_pixels(path):
    """(width, height, rows of RGB bytes) of a PNG with 8 bits and three colours, as ours are."""
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    position, packed, header = 8, b"", None
    while position < len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        body = data[position + 8:position + 8 + length]
        header = struct.unpack(">IIBBBBB", body) if kind == b"IHDR" else header
        packed += body if kind == b"IDAT" else b""
        position += 12 + length
    width, height = header[:2]
    assert header[2:5] == (8, 2, 0)
    raw, size, rows, before = zlib.decompress(packed), width * 3, [], bytes(width * 3)
    for y in range(height):
        method, line = raw[y * (size + 1)], bytearray(raw[y * (size + 1) + 1:(y + 1) * (size + 1)])
        for i in range(size):
            left = line[i - 3] if i >= 3 else 0
            corner = before[i - 3] if i >= 3 else 0
            guess = left + before[i] - corner
            nearest = min((left, before[i], corner), key=lambda v: abs(guess - v))
            line[i] = (line[i] + (0, left, before[i], (left + before[i]) // 2, nearest)[method]) & 255
        before = bytes(line)
        rows.append(before)
    return width, height, rows


def ppm_pixels(path):
    kind, size, most, pixels = path.read_bytes().split(b"\n", 3)
    assert (kind, most) == (b"P6", b"255")
    width, height = map(int, size.split())
    assert len(pixels) == width * height * 3
    return width, height, [pixels[y * width * 3:(y + 1) * width * 3] for y in range(height)]


def test_a_picture_is_the_same_in_both_formats(start, tmp_path):
    guest = start("-M", "VMC", "-S", "-device", "bochs-display,id=screen")
    png, ppm = tmp_path / "a.png", tmp_path / "a.ppm"
    assert guest.monitor.command(f"screendump {png} -f png").strip() == ""
    assert guest.monitor.command(f"screendump -f ppm {ppm} screen 0").strip() == ""
    assert png_pixels(png) == ppm_pixels(ppm)
    assert ppm_pixels(ppm)[:2] == (640, 480)


@pytest.mark.parametrize("command,answer", [
    ("screendump /nonexistent/a", "failed to open file '/nonexistent/a'"),
    ("screendump /tmp/a -f gif", "unknown format 'gif': expected ppm or png"),
    ("screendump /tmp/a -f", "-f: format expected"),
    ("screendump /tmp/a nobody", "Device 'nobody' not found"),
    ("screendump /tmp/a screen 1", "Device 'screen' has no screen number 1"),
    ("sendkey ctrl-nonsense", "invalid parameter: nonsense"),
    ("sendkey a 100000", "hold_ms: expected 0 to 60000"),
    ("sendkey " + "-".join("a" * 17), "too many keys: at most 16"),
    ("mouse_move 1 2", "there is no mouse"),
    ("mouse_button 1", "there is no mouse"),
    ("mouse_set 3", "Mouse at index '3' not found"),
    ("info mice", "No mouse devices connected"),
])
def test_mistakes_are_named(start, command, answer):
    guest = start("-M", "VMC", "-S", "-device", "bochs-display,id=screen")
    assert answer in guest.monitor.command(command)


def test_a_machine_without_a_screen_says_so(start):
    guest = start("-M", "VMC", "-S")
    assert "no device of this machine has a screen" in guest.monitor.command("screendump /tmp/a")


def test_qmp_checks_keys_and_events(start, tmp_path):
    path = str(tmp_path / "qmp")
    start("-M", "VMC", "-S", "-device", "bochs-display,id=screen", "-qmp", f"unix:{path},server=on,wait=off")
    client = qmp.Qmp(path)

    def fails(command, arguments):
        with pytest.raises(qmp.QmpError) as failure:
            client.run({"execute": command, "arguments": arguments})
        return failure.value.desc

    key = {"type": "qcode", "data": "nonsense"}
    assert fails("send-key", {"keys": [key]}) == "Parameter 'data' does not accept value 'nonsense'"
    assert "no key with number 255" in fails("send-key", {"keys": [{"type": "number", "data": 255}]})
    assert "'hold-time'" in fails("send-key", {"keys": [], "hold-time": -1})
    event = {"type": "key", "data": {"down": True, "key": {"type": "qcode", "data": "a"}}}
    assert fails("input-send-event", {"events": [event]}) == "Input handler not found for event type key"
    assert fails("input-send-event", {"device": "nobody", "events": []}) == "Device 'nobody' not found"
    assert "'head'" in fails("screendump", {"filename": "/tmp/a", "head": 1})
    keys = [{"type": "qcode", "data": "a"}, {"type": "number", "data": 0x1c}]
    client.run({"execute": "send-key", "arguments": {"keys": keys}})
    assert client("query-mice") == []
    client("screendump", filename=str(tmp_path / "a"), format="png")
    assert png_pixels(tmp_path / "a")[:2] == (640, 480)


@pytest.mark.parametrize("device,message", [
    ("bochs-display,vgamem=3M", "vgamem: expected a power of two from 4M to 512M"),
    ("bochs-display,xres=5000", "xres"),
])
def test_impossible_displays_are_refused(sysemu, device, message):
    result = subprocess.run([sysemu, "-M", "VMC", "-display", "none", "-device", device], capture_output=True,
                            text=True, timeout=60)
    assert result.returncode == 1 and message in result.stderr
