"""The parts of tests/bench/suite.py.

SPDX-License-Identifier: MIT
"""
