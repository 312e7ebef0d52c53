#!/usr/bin/env python3
"""Runs a command, copies its output, and ends it once a text has appeared in it.

Exit code 0 if the text appeared in time, 1 if not.

SPDX-License-Identifier: MIT
"""

import argparse
import os
import select
import subprocess
import sys
import time


def wait_for(process, wanted, deadline):
    """Copies the process's output until `wanted` (bytes) has been seen; False at the deadline or at its end."""
    seen = b""
    while time.monotonic() < deadline:
        ready, _, _ = select.select([process.stdout], [], [], 0.2)
        if not ready:
            continue
        chunk = os.read(process.stdout.fileno(), 4096)
        if not chunk:
            return False
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        seen = (seen + chunk)[-65536:]
        if wanted in seen:
            return True
    return False


def end(process, keys):
    """Types `keys`, and ends the process itself if that has no effect."""
    try:
        process.stdin.write(keys)
        process.stdin.flush()
        process.wait(5 if keys else 0)
    except (BrokenPipeError, subprocess.TimeoutExpired):
        process.terminate()
        process.wait()
    sys.stdout.buffer.write(process.stdout.read())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--timeout", type=float, default=60, help="seconds")
    parser.add_argument("--keys", default="", help="what to type to end the command")
    parser.add_argument("text", help="what to wait for")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()

    process = subprocess.Popen(args.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    found = wait_for(process, args.text.encode(), time.monotonic() + args.timeout)
    end(process, args.keys.encode())
    print()
    if not found:
        print(f"'{args.text}' did not appear", file=sys.stderr)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
