#!/bin/sh
# What stands beside this, with .so at its name, is the program (tests/meson.build).
# SPDX-License-Identifier: MIT
case $0 in
*/*) here=${0%/*} ;;
*) here=. ;;
esac
exec "$here/../with-all-layers" "$0" "$@"
