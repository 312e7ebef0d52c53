"""Screens, keyboards and mice, from the command line and the monitors.

SPDX-License-Identifier: MIT
"""

import os
import re
import struct
import subprocess
import time
import zlib

import pytest

import qmp
import rfb


def png_pixels(path):
    """(width, height, rows of RGB bytes) of a PNG with 8 bits and three colours, as ours are, or an opacity besides."""
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
    assert header[2:5] in ((8, 2, 0), (8, 6, 0))
    step = 4 if header[3] == 6 else 3
    raw, size, rows, before = zlib.decompress(packed), width * step, [], bytes(width * step)
    for y in range(height):
        method, line = raw[y * (size + 1)], bytearray(raw[y * (size + 1) + 1:(y + 1) * (size + 1)])
        for i in range(size):
            left = line[i - step] if i >= step else 0
            corner = before[i - step] if i >= step else 0
            guess = left + before[i] - corner
            nearest = min((left, before[i], corner), key=lambda v: abs(guess - v))
            line[i] = (line[i] + (0, left, before[i], (left + before[i]) // 2, nearest)[method]) & 255
        before = bytes(line)
        rows.append(bytes(before[i] for i in range(size) if i % step < 3))
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


def test_a_pipe_that_nobody_reads_holds_up_nothing(start, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    guest = start("-M", "VMC", "-S", "-device", "bochs-display")
    assert "failed to open file" in guest.monitor.command(f"screendump {tmp_path}/pipe")


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
    ("VGA,vgamem_mb=3", "vgamem_mb: expected a power of two from 1 to 512"),
    ("ramfb", "'-device ramfb' cannot be handled by this machine"),
])
def test_impossible_displays_are_refused(sysemu, device, message):
    result = subprocess.run([sysemu, "-M", "VMC", "-display", "none", "-device", device], capture_output=True,
                            text=True, timeout=240)
    assert result.returncode == 1 and message in result.stderr


# ---- With Linux ----

def evdev(emulator, device, what, last):
    """What the guest reads at an event device while what() happens, until the event `last`: (type, code, value), without
    the ends of reports and the repetitions of keys."""
    serial = emulator.serial[0]
    serial.send(f"dd if=/dev/input/{device} of=/events bs=24 2> /dev/null & until ls -l /proc/$!/fd | grep -q input/; do :; done; "
                "echo OPEN-$((40 + 1))\n")
    serial.expect("OPEN-41\r\n")
    what()
    marker = struct.pack("<HHi", *last).hex()
    serial.send("until hexdump -v -e '/1 \"%02x\"' /events | grep -q " + marker + "; do :; done; kill $!; "
                "echo EVENTS-$((40 + 2)); hexdump -v -e '24/1 \"%02x\" \"!\\n\"' /events; echo DONE-$((40 + 3))\n")
    serial.expect("EVENTS-42\r\n")
    events = [struct.unpack("<16xHHi", bytes.fromhex(line)) for line in re.findall(r"([0-9a-f]{48})!", serial.expect("DONE-43"))]
    return [event for event in events if event[0] and event[2] != 2]


def test_linux_shows_and_listens(start, guest_image, tmp_path):
    path = str(tmp_path / "vnc")
    emulator = start("-M", "virt", "-m", "512", "-kernel", guest_image("arm64/Image"), "-initrd",
                     guest_image("arm64/initramfs-modules.cpio"), "-append", "console=ttyAMA0 quiet vt.global_cursor_default=0",
                     "-nic", "none", "-device", "bochs-display,xres=800,yres=600", "-device",
                     "virtio-gpu-pci,id=gpu,xres=640,yres=400", "-device", "virtio-keyboard-pci",
                     "-device", "virtio-mouse-pci", "-device", "virtio-tablet-pci", "-vnc", f"unix:{path}", timeout=60)
    serial = emulator.serial[0]
    serial.expect("ARM64-GUEST-UP")
    serial.expect("/ # ")
    # eight white dots at 100, 50 of the frame buffer, 800 pixels wide
    serial.send("printf '\\377\\377\\377\\0%.0s' 1 2 3 4 5 6 7 8 | dd of=/dev/fb0 bs=4 seek=40100 2> /dev/null; echo WROTE-$((40 + 1))\n")
    serial.expect("WROTE-41")
    viewer = rfb.Viewer(path, encodings=(rfb.RAW, rfb.DESKTOP_SIZE, rfb.EXTENDED_KEY))
    viewer.wait_until(lambda v: (v.width, v.height) == (800, 600) and v.pixel(100, 50) == 0xffffff)
    assert viewer.pixel(107, 50) == 0xffffff and viewer.pixel(108, 50) == viewer.pixel(99, 50) == 0
    emulator.monitor.command(f"screendump {tmp_path}/picture.png -f png")
    width, _, rows = png_pixels(tmp_path / "picture.png")
    assert width == 800 and rows[50][300:324] == b"\xff" * 24 and rows[50][324:327] == b"\0\0\0"

    # and on the other device, whose driver says when to look
    serial.send("cat /sys/class/graphics/fb1/modes > /sys/class/graphics/fb1/mode\n")
    serial.send("printf '\\0\\377\\0\\0%.0s' 1 2 3 4 | dd of=/dev/fb1 bs=4 seek=640 2> /dev/null; echo WROTE-$((40 + 2))\n")
    serial.expect("WROTE-42")
    deadline = time.monotonic() + 60
    while True:
        emulator.monitor.command(f"screendump {tmp_path}/gpu.ppm gpu")
        width, height, rows = ppm_pixels(tmp_path / "gpu.ppm")
        if (width, height) == (640, 400) and rows[1][:15] == b"\0\xff\0" * 4 + b"\0\0\0":
            break
        assert time.monotonic() < deadline, (width, height, rows[1][:15])
        time.sleep(0.1)

    serial.send("grep -H . /sys/class/input/event*/device/name; echo NAMES-$((40 + 1))\n")
    names = re.findall(r"event(\d+)/device/name:(\S[^\r]*)", serial.expect("NAMES-41\r\n"))
    devices = {name: f"event{number}" for number, name in names}
    assert {"Virtio Keyboard", "Virtio Mouse", "Virtio Tablet"} <= set(devices)

    def press(*codes):
        return [(1, code, 1) for code in codes] + [(1, code, 0) for code in reversed(codes)]

    def type_something():
        viewer.type("z")
        viewer.extended_key(0, 0xc8, True)
        viewer.extended_key(0, 0xc8, False)

    keyboard = devices["Virtio Keyboard"]
    assert evdev(emulator, keyboard, type_something, (1, 103, 0)) == press(44) + press(103)
    assert evdev(emulator, keyboard, lambda: emulator.monitor.command("sendkey ctrl-a 10"), (1, 29, 0)) == press(29, 30)

    def point():
        viewer.pointer(799, 300, 0b00001)
        viewer.pointer(799, 300, 0b01000)

    assert evdev(emulator, devices["Virtio Tablet"], point, (2, 8, 1)) == [
        (3, 0, 32767), (3, 1, 300 * 32767 // 599), (1, 272, 1), (1, 272, 0), (2, 8, 1)]

    mice = emulator.monitor.command("info mice")
    mouse = re.search(r"#(\d+): Virtio Mouse", mice).group(1)

    def move():
        emulator.monitor.command(f"mouse_set {mouse}")
        emulator.monitor.command("mouse_move 5 -7 1")
        emulator.monitor.command("mouse_button 4")
        emulator.monitor.command("mouse_button 0")

    assert evdev(emulator, devices["Virtio Mouse"], move, (1, 273, 0)) == [
        (2, 0, 5), (2, 1, -7), (2, 8, 1), (1, 273, 1), (1, 273, 0)]
