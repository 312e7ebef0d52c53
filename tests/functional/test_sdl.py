"""-display sdl under a virtual X server: the window, what is typed there, other consoles, and closing it.

SPDX-License-Identifier: MIT
"""

import ctypes
import os
import shutil
import struct
import subprocess
import time

import pytest

from sysemu import run

for tool in ("Xvfb", "xdotool", "xwd"):
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not there (scripts/install-deps installs it)", allow_module_level=True)


@pytest.fixture
def screen(sysemu):
    """The environment of a program that has an X server."""
    if "sdl" not in run(sysemu, "-display", "help").stdout.split():
        pytest.skip("this build has no SDL")
    read_end, write_end = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1024x768x24"], pass_fds=[write_end],
                              stderr=subprocess.DEVNULL)
    os.close(write_end)
    with os.fdopen(read_end) as said:
        number = said.readline().strip()
    yield {**os.environ, "DISPLAY": f":{number}", "SDL_VIDEODRIVER": "x11"}
    server.terminate()
    server.wait()


def xdotool(screen, *args):
    return subprocess.run(["xdotool", *args], env=screen, capture_output=True, text=True, check=False).stdout.strip()


def wait_for(what, condition, emulator=None):
    deadline = time.monotonic() + 60
    while not (result := condition()):
        assert not emulator or emulator.process.poll() is None, emulator.error_text()
        assert time.monotonic() < deadline, what
        time.sleep(0.2)
    return result


def bright_pixels(screen):
    """How many pixels of the X server's screen aren't black."""
    dump = subprocess.run(["xwd", "-root", "-silent"], env=screen, capture_output=True, check=True).stdout
    header = struct.unpack(">25I", dump[:100])
    data = dump[header[0] + 12 * header[19]:]
    size = header[11] // 8  # of a pixel
    return sum(1 for i in range(0, len(data), size) if data[i:i + 3] != b"\0\0\0")


class ClientMessage(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int), ("display", ctypes.c_void_p),
                ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong), ("format", ctypes.c_int), ("data", ctypes.c_long * 5),
                ("rest", ctypes.c_long * 16)]


def close_window(screen, window):
    """As a window manager asks a program to (ICCCM, 4.2.8)."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    display = ctypes.c_void_p(x11.XOpenDisplay(screen["DISPLAY"].encode()))
    message = ClientMessage(type=33, window=int(window), message_type=x11.XInternAtom(display, b"WM_PROTOCOLS", 0), format=32)
    message.data[0] = x11.XInternAtom(display, b"WM_DELETE_WINDOW", 0)
    x11.XSendEvent(display, ctypes.c_ulong(int(window)), 0, ctypes.c_long(0), ctypes.byref(message))
    x11.XCloseDisplay(display)


def hotkey(screen, key):
    xdotool(screen, "keydown", "ctrl", "keydown", "alt", "key", key, "keyup", "alt", "keyup", "ctrl")


def test_a_window(start, screen):
    emulator = start("-M", "VMC", "-S", "-display", "sdl", "-name", "that one", "-device", "bochs-display", "-monitor", "vc",
                     "-device", "virtio-tablet-pci", env=screen)
    window = wait_for("a window", lambda: xdotool(screen, "search", "--name", "^sysemu .that one. - 0: "), emulator)
    assert "Geometry: 640x480" in xdotool(screen, "getwindowgeometry", window)
    assert bright_pixels(screen) == 0
    xdotool(screen, "windowfocus", "--sync", window)
    assert "paused" in emulator.monitor.command("info status")
    hotkey(screen, "2")
    wait_for("another console", lambda: " - 1: " in xdotool(screen, "getwindowname", window))
    wait_for("its picture", lambda: bright_pixels(screen) > 50)
    xdotool(screen, "type", "--delay", "50", "name")
    xdotool(screen, "key", "Return")
    before = bright_pixels(screen)
    xdotool(screen, "type", "--delay", "50", "cont")
    xdotool(screen, "key", "Return")
    wait_for("what was typed", lambda: "running" in emulator.monitor.command("info status"))
    assert bright_pixels(screen) != before
    hotkey(screen, "1")
    wait_for("the first console", lambda: " - 0: " in xdotool(screen, "getwindowname", window))
    hotkey(screen, "g")
    wait_for("the mouse is taken", lambda: "Ctrl-Alt-G" in xdotool(screen, "getwindowname", window))
    hotkey(screen, "g")
    wait_for("and let go of", lambda: "Ctrl-Alt-G" not in xdotool(screen, "getwindowname", window))
    close_window(screen, window)
    assert emulator.wait(30) == 0


def test_a_window_that_stays(start, screen):
    emulator = start("-M", "VMC", "-S", "-display", "sdl,window-close=off", env=screen)
    window = wait_for("a window", lambda: xdotool(screen, "search", "--name", "^sysemu"), emulator)
    close_window(screen, window)
    time.sleep(1)
    assert "paused" in emulator.monitor.command("info status")
    emulator.quit()


@pytest.mark.parametrize("options,message", [("sdl,gl=on", "gl=on"), ("sdl,nonsense=1", "Invalid parameter 'nonsense'")])
def test_mistakes_are_named(sysemu, screen, options, message):
    result = run(sysemu, "-M", "VMC", "-display", options, env=screen)
    assert result.returncode == 1 and message in result.stdout


def test_no_screen(sysemu, screen):
    result = run(sysemu, "-M", "VMC", "-display", "sdl", env={**screen, "DISPLAY": ":9999"})
    assert result.returncode == 1 and "-display sdl: no window" in result.stdout
