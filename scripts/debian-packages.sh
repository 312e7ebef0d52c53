# SPDX-License-Identifier: MIT
# For scripts that fetch guests from Debian, to be sourced: packages of another architecture, by apt-get on state of its own.
#
# The caller sets debian_arch (arm64, armhf ...) and calls packages_begin. Packages stay in the folder
# $XDG_CACHE_HOME/sysemu/ARCH (~/.cache/sysemu/ARCH), with apt-get's state; sources and keys are the host's. The host's own
# packages and architectures stay as they are, and no root is needed.

package_cache=${XDG_CACHE_HOME:-$HOME/.cache}/sysemu/$debian_arch

# in_cache COMMAND …: an apt command on the private state
in_cache() {
    local command=$1
    shift
    (cd "$package_cache/archives" &&
     "$command" -qq -o "APT::Architecture=$debian_arch" -o "APT::Architectures=$debian_arch" -o "Dir::State=$package_cache/state" \
                -o "Dir::State::status=$package_cache/state/status" -o "Dir::Cache=$package_cache" -o "Debug::NoLocking=1" \
                -o "APT::Sandbox::User=$(id -un)" -o "Acquire::Languages=none" "$@")
}

packages_begin() {
    mkdir -p "$package_cache/state/lists/partial" "$package_cache/archives/partial"
    : >>"$package_cache/state/status"
    echo "fetching Debian's $debian_arch package lists"
    # a mirror in the middle of an update has files that don't fit together: older lists do, too
    in_cache apt-get update || echo "$0: not all lists could be fetched; going on with those that are there" >&2
}

# kernel_package META: what the meta package depends on, the kernel of the day: linux-image-6.1.0-…
kernel_package() {
    local kernel
    kernel=$(in_cache apt-cache depends "$1" | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
    [ -n "$kernel" ] || { echo "$0: $1 depends on no kernel" >&2; return 1; }
    echo "$kernel"
}

# newest_deb PACKAGE: downloads it, unless it is there, and prints the file
newest_deb() {
    local version file
    version=$(in_cache apt-cache show "$1" | sed -n 's/^Version: //p' | head -1)
    file=$1_${version//:/%3a}_$debian_arch.deb
    [ -f "$package_cache/archives/$file" ] || in_cache apt-get download "$1=$version" >&2
    echo "$package_cache/archives/$file"
}
