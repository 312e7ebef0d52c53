"""Sound: what guests play, as Python's own wave module reads it from the file.

SPDX-License-Identifier: MIT
"""

import math
import signal
import struct
import subprocess
import sys
import time
import wave

import pytest

from conftest import ROOT, has_libc, more
from sysemu import PATIENT_LINUX, run

SOURCE = ROOT / "tests" / "guest" / "linux-x86" / "sound.c"
FULL = {"u8": 127, "s16": 32767, "s32": 2147483647}
AC97 = (["-device", "AC97,audiodev=snd"], "snd-intel8x0")
HDA = (["-device", "intel-hda", "-device", "hda-duplex,audiodev=snd"], "snd-hda-codec-generic snd-hda-intel")
ICH9 = (["-device", "ich9-intel-hda", "-device", "hda-micro,audiodev=snd"], HDA[1])

RUN = """#!/bin/sh
export PATH=/bin
busybox=/bin/busybox
$busybox mkdir -p /proc /dev /sys
$busybox mount -t proc proc /proc
$busybox mount -t sysfs sysfs /sys
$busybox mount -t devtmpfs devtmpfs /dev
exec </dev/console >/dev/console 2>&1
$busybox modprobe -a {modules}
/sound/sound {arguments}
echo ALL-DONE
$busybox poweroff -f
"""


@pytest.fixture
def linux_sound(start, guest_image, tmp_path):
    """linux_sound(card, ARGUMENTS, *options): what tests/guest/linux-x86/sound.c says, run with these arguments."""
    def play(card, arguments, *options, machine="pc"):
        devices, modules = card
        kernel, initrd = guest_image("amd64/vmlinuz"), guest_image("amd64/initramfs.cpio")
        if b"snd-intel8x0.ko" not in initrd.read_bytes():
            pytest.skip("the initramfs has no drivers for sound: scripts/fetch-pc-guests makes one that has")
        if not has_libc("gcc"):
            pytest.skip("no gcc with libc")
        folder = tmp_path / "root" / "sound"
        folder.mkdir(parents=True)
        subprocess.run(["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-o", folder / "sound", SOURCE, "-lm"], check=True)
        (folder / "run").write_text(RUN.format(modules=modules, arguments=arguments))
        (folder / "run").chmod(0o755)
        extra = subprocess.run([sys.executable, ROOT / "scripts" / "guests" / "make-cpio.py", folder.parent], check=True,
                               capture_output=True).stdout
        (tmp_path / "initrd").write_bytes(initrd.read_bytes() + extra)
        emulator = start("-machine", machine, "-m", "256", "-net", "none", "-vga", "none", "-no-reboot", "-kernel", kernel, "-initrd",
                         tmp_path / "initrd", "-append", f"console=ttyS0 quiet no_timer_check rdinit=/sound/run {PATIENT_LINUX}",
                         *options, *devices, timeout=300)
        said = emulator.serial[0].expect("ALL-DONE")
        assert "FAILED" not in said, said
        assert emulator.wait(60) == 0
        return said
    return play


def read_wav(path):
    """(rate, [samples of channel 0, of channel 1 ...]), 8-bit samples from -128 on."""
    with wave.open(str(path)) as file:
        width, channels = file.getsampwidth(), file.getnchannels()
        raw = file.readframes(file.getnframes())
        assert len(raw) == file.getnframes() * width * channels
        samples = struct.unpack(f"<{len(raw) // width}{ {1: 'B', 2: 'h', 4: 'i'}[width]}", raw)
        if width == 1:
            samples = [s - 128 for s in samples]
        return file.getframerate(), [samples[c::channels] for c in range(channels)]


def frequency(samples, rate):
    rises = [i for i in range(1, len(samples)) if samples[i - 1] < 0 <= samples[i]]
    return (len(rises) - 1) * rate / (rises[-1] - rises[0])


@pytest.mark.parametrize("card, machine, form, rate, hz", [
    more(AC97, "pc", "s16", 48000, 441, id="ac97-48000"), pytest.param(AC97, "pc", "s16", 22050, 300, id="ac97-22050"),
    more(HDA, "pc", "s16", 44100, 441, id="hda-s16"), more(HDA, "q35", "u8", 8000, 250, id="hda-u8"),
    more(ICH9, "q35", "s32", 96000, 1000, id="ich9-s32"),
])
def test_no_sample_is_lost_or_changed(linux_sound, tmp_path, card, machine, form, rate, hz):
    frames = 40 * 1024
    said = linux_sound(card, f"play /dev/snd/pcmC0D0p {form} 2 {rate} {frames} {hz}", "-audiodev",
                       f"wav,id=snd,path={tmp_path}/out.wav,out.frequency={rate},out.format={form}", machine=machine)
    assert f"PLAYED {frames}" in said
    got_rate, channels = read_wav(tmp_path / "out.wav")
    assert got_rate == rate and len(channels) == 2
    for c, samples in enumerate(channels):
        wanted = [0.5 * math.sin(2 * math.pi * hz * (c + 1) * n / rate) * FULL[form] for n in range(frames)]
        # Until the driver stops the card a little more is played, of what was in the buffer before.
        assert frames <= len(samples) < frames + 4 * 1024
        wrong = [n for n in range(frames) if abs(samples[n] - wanted[n]) > 1]
        assert not wrong, (c, len(wrong), wrong[:8])


@pytest.mark.takes_long
def test_rates_are_converted(linux_sound, tmp_path):
    linux_sound(HDA, "play /dev/snd/pcmC0D0p s16 2 48000 40960 1000", "-audiodev",
                f"wav,id=snd,path={tmp_path}/out.wav,out.frequency=44100,out.channels=1")
    rate, (samples,) = read_wav(tmp_path / "out.wav")
    wanted = 40960 * 44100 // 48000
    assert rate == 44100 and wanted <= len(samples) < wanted + 4096
    both = [0.25 * (math.sin(2 * math.pi * 1000 * n / rate) + math.sin(2 * math.pi * 2000 * n / rate)) * 32767 for n in range(wanted)]
    assert max(abs(a - b) for a, b in zip(samples, both)) < 250  # linear interpolation


@pytest.mark.parametrize("card", [more(AC97, id="ac97"), pytest.param(HDA, id="hda")])
def test_silence_is_recorded(linux_sound, card):
    said = linux_sound(card, "record /dev/snd/pcmC0D0c s16 2 48000 24576 0", "-audiodev", "none,id=snd")
    assert "RECORDED 24576 frames, bytes from 0 to 0" in said


# In real mode: counter 2 gets 1193, port 61 is opened for half a second (int 15h, 86h); then the program ends the machine.
BEEP = bytes.fromhex("fa31c08ed88ed0bc007cfb" "b0b6e643" "b8a904e64288e0e642" "e4610c03e661" "b486b90700ba20a1cd15" "e46124fce661"
                     "b486b90300ba400dcd15" "b000e6f4" "f4ebfd")


def beep(start, tmp_path, *options):
    (tmp_path / "disk").write_bytes(BEEP.ljust(510, b"\0") + b"\x55\xaa" + bytes(512 * 127))
    emulator = start("-net", "none", "-icount", "shift=3,sleep=off", "-drive", f"file={tmp_path}/disk,format=raw,if=ide", "-device",
                     "isa-debug-exit,iobase=0xf4", *options, timeout=120)
    assert emulator.wait(120) == 1


def test_the_speaker_beeps(start, tmp_path):
    beep(start, tmp_path, "-machine", "pc,pcspk-audiodev=snd", "-audiodev", f"wav,id=snd,path={tmp_path}/out.wav,out.frequency=48000")
    rate, (left, right) = read_wav(tmp_path / "out.wav")
    sounding = [n for n, sample in enumerate(left) if sample]
    tone = left[sounding[0]:sounding[-1] + 1]
    assert left == right
    assert len(tone) / rate == pytest.approx(0.5, abs=0.003)
    assert frequency(tone, rate) == pytest.approx(1193182 / 1193, abs=0.5)
    assert min(tone) == -max(tone) and not any(left[sounding[-1] + 1:])


def test_the_default_back_end_is_the_speakers_too(start, tmp_path):
    beep(start, tmp_path, "-machine", "pc", "-audio", f"wav,path={tmp_path}/out.wav,out.fixed-settings=off")
    rate, channels = read_wav(tmp_path / "out.wav")
    assert (rate, len(channels)) == (48000, 1)
    assert frequency([s for s in channels[0] if s], rate) == pytest.approx(1193182 / 1193, abs=0.5)


def test_the_file_is_right_however_the_emulator_ends(start, tmp_path):
    out = tmp_path / "out.wav"
    (tmp_path / "disk").write_bytes(BEEP[:BEEP.index(b"\xb4\x86")].ljust(508, b"\xf4") + b"\xeb\xfd\x55\xaa" + bytes(512 * 127))
    emulator = start("-machine", "pc,pcspk-audiodev=snd", "-net", "none", "-drive", f"file={tmp_path}/disk,format=raw,if=ide", "-audiodev",
                     f"wav,id=snd,path={out}")
    deadline = time.monotonic() + 60
    while not out.exists() or out.stat().st_size < 100_000:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    emulator.process.send_signal(signal.SIGKILL)
    emulator.process.wait()
    rate, (left, right) = read_wav(out)
    assert len(left) >= 10_000 and left == right
    assert frequency(left, rate) == pytest.approx(1193182 / 1193, abs=1)


@pytest.mark.parametrize("args, message", [
    (["-audiodev", "none"], "-audiodev none: Parameter 'id' is missing"),
    (["-audiodev", "foo,id=a"], "-audiodev foo,id=a: Parameter 'driver' does not accept value 'foo'"),
    (["-audiodev", "pa,id=a"], "-audiodev pa,id=a: audio back end 'pa' is not supported yet"),
    (["-audiodev", "none,id=a,path=x"], "-audiodev none,id=a,path=x: Invalid parameter 'path'"),
    (["-audiodev", "none,id=a", "-audiodev", "none,id=a"], "-audiodev none,id=a: Duplicate ID 'a' for audiodev"),
    (["-audiodev", "none,id=a,out.frequency=7"],
     "-audiodev none,id=a,out.frequency=7: Parameter 'out.frequency' expects a number from 8000 to 192000"),
    (["-audiodev", "none,id=a,out.format=s24"],
     "-audiodev none,id=a,out.format=s24: Parameter 'out.format' doesn't take 's24': expected u8, s8, u16, s16, u32, s32 or f32"),
    (["-audiodev", "wav,id=a,path=/nonexistent/x"],
     "-audiodev wav,id=a,path=/nonexistent/x: Could not open '/nonexistent/x': No such file or directory"),
    (["-audiodev", "wav,id=a,out.format=u16"],
     "-audiodev wav,id=a,out.format=u16: Parameter 'out.format' doesn't take 'u16' for wav: expected u8, s16, s32 or f32"),
    (["-audiodev", "none,id=a,out.fixed-settings=off,out.channels=1"],
     "-audiodev none,id=a,out.fixed-settings=off,out.channels=1: Parameter 'out.channels' can't be set with out.fixed-settings=off"),
    (["-audio", "none,model=gus"], "-audio none,model=gus: Unknown audio card 'gus'"),
    (["-device", "AC97,audiodev=a"], "-device AC97,audiodev=a: Property 'AC97.audiodev' can't find value 'a': expected the id of an -audiodev"),
    (["-machine", "pcspk-audiodev=a"], "pcspk-audiodev=a: there is no -audiodev with that id"),
    (["-device", "hda-duplex"], "-device hda-duplex: No 'HDA' bus found for device 'hda-duplex'"),
    (["-device", "intel-hda", "-device", "hda-output,cad=15"],
     "-device hda-output,cad=15: Parameter 'cad' on bus 'hda.0' expects a number below 15"),
], ids=lambda v: " ".join(v) if isinstance(v, list) else "")
def test_mistakes_are_named(sysemu, tmp_path, args, message):
    result = run(sysemu, "-machine", "pc", "-display", "none", "-S", *args, cwd=tmp_path)
    assert (result.returncode, result.stdout.splitlines()[0]) == (1, "sysemu: " + message)


def test_cards_come_with_their_back_ends(start):
    emulator = start("-machine", "pc", "-S", "-audio", "none,model=hda", "-audio", "none,model=ac97,id=second", "-audiodev",
                     '{"driver": "none", "id": "third", "timer-period": 5000, "out": {"frequency": 22050}}', "-device", "ich9-intel-hda",
                     "-device", "hda-micro,audiodev=third")
    tree = emulator.monitor.command("info qtree")
    for text in ("dev: intel-hda", "dev: hda-duplex", 'audiodev = "audiodev0"', "dev: AC97", 'audiodev = "second"', 'audiodev = "third"'):
        assert text in tree, text
