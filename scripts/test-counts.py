#!/usr/bin/env python3
"""Counts the tests of a run: prints "passed failed skipped".

usage: test-counts.py meson testlog.json | test-counts.py junit report.xml

SPDX-License-Identifier: MIT
"""

import json
import sys
import xml.etree.ElementTree as ElementTree


def count_meson(path):
    """Test programs of a `meson test` run (one JSON object on each line)."""
    counts = [0, 0, 0]
    with open(path, encoding="utf-8") as log:
        for line in log:
            result = json.loads(line)["result"]
            if result in ("OK", "EXPECTEDFAIL"):
                counts[0] += 1
            elif result == "SKIP":
                counts[2] += 1
            else:
                counts[1] += 1
    return counts


def count_junit(path):
    """Test cases of a pytest run."""
    counts = [0, 0, 0]
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            counts[1] += 1
        elif case.find("skipped") is not None:
            counts[2] += 1
        else:
            counts[0] += 1
    return counts


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("meson", "junit"):
        print(__doc__, file=sys.stderr)
        return 2
    count = count_meson if sys.argv[1] == "meson" else count_junit
    print(*count(sys.argv[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
