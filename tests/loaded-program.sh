#!/bin/sh
# The program is what stands beside this, with .so for .sh at its name (tests/meson.build).
# SPDX-License-Identifier: MIT
case $0 in
*/*) here=${0%/*} ;;
*) here=. ;;
esac
exec "$here/../with-all-layers" "$0" "$@"
