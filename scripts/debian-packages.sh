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

# unpack_package DEB FOLDER PATTERN …: these files of it
unpack_package() {
    local deb=$1 folder=$2
    shift 2
    mkdir -p "$folder"
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$folder" --wildcards "$@"
}

# guest_root FOLDER NAME BUSYBOX: what an initramfs has in it; its init says "NAME-GUEST-UP". Drivers in FOLDER/modules are loaded.
guest_root() {
    local scripts
    scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    mkdir -p "$1"/{bin,dev,proc,sys,tmp,modules}
    cp "$3" "$1/bin/busybox"
    ln -s busybox "$1/bin/sh"
    sed "s/@NAME@/$2/" "$scripts/guests-debian/init" >"$1/init"
    cp "$scripts/guests-debian/load-module" "$1/bin/load-module"
    chmod 755 "$1/init" "$1/bin/load-module" "$1/bin/busybox"
}

# module_tree FOLDER TO MODULE …: the kernel modules of the one version below FOLDER/lib/modules that have these names, with what
# they depend on, for modprobe below TO. Those that the kernel has built in may be named, too.
module_tree() {
    local from=$1 to=$2 version module
    shift 2
    version=$(basename "$from"/lib/modules/*)
    depmod -b "$from" "$version" 2>/dev/null
    mkdir -p "$to/lib/modules/$version/kernel"
    for module; do
        # "builtin NAME" or "insmod FILE" for each that it depends on and itself
        modprobe -d "$from" -S "$version" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
    done | sort -u | xargs cp -t "$to/lib/modules/$version/kernel"
    cp "$from/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} "$to/lib/modules/$version"
    depmod -b "$to" "$version"
    rm -f "$to/lib/modules/$version"/{*.bin,modules.builtin.modinfo}
}
