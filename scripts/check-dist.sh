#!/usr/bin/env bash
# Unpacks the release in a Debian 12 and a Debian 13 that have the base and nothing else, without a network, and makes
# pictures there. Needs root, debootstrap and a Debian mirror; says what it skips when one is missing.
# Usage: check-dist.sh [ARCHIVE]        the newest one in dist/ without it
# SUITES         which Debians ("bookworm trixie")
# DEBIAN_MIRROR  where the packages come from (the first of /etc/apt, else debootstrap's own)
# ROOTS          a folder that keeps the bare roots for the next time
set -euo pipefail

ROOT=$(dirname -- "$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")")
read -ra SUITES <<<"${SUITES:-bookworm trixie}"

skip() {
    printf 'check-dist: skipped: %s\n' "$*" >&2
    exit 0
}

fail() {
    printf 'check-dist: %s\n' "$*" >&2
    exit 1
}

mirror() {
    [[ -z ${DEBIAN_MIRROR-} ]] || { printf '%s' "$DEBIAN_MIRROR"; return; }
    { cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null || true; } |
        sed -nE 's/^(URIs:|deb( +\[[^]]*\])?) +([^ ]+).*/\3/p' | head -n 1
}

bare_root() { # SUITE FOLDER
    local url
    url=$(mirror)
    [[ -d $2/var/lib/dpkg ]] ||
        debootstrap --variant=minbase "$1" "$2" ${url:+"$url"} >"$WORK/$1.log" 2>&1 ||
        fail "debootstrap of $1 failed: $(tail -n 3 "$WORK/$1.log")"
}

# No network but loopback, processes and mounts of its own: nothing outlives it, and nothing of this machine is seen.
inside() { # FOLDER COMMAND…
    # shellcheck disable=SC2016 # expanded by the inner shell, from its arguments
    unshare --net --mount --pid --fork --kill-child bash -c '
        root=$1
        shift
        ip link set lo up && mount -t proc proc "$root/proc" || exit
        exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root chroot "$root" "$@"
    ' bash "$@"
}

try_in() { # SUITE
    local root=$WORK/$1
    bare_root "$1" "$ROOTS/$1"
    cp -a --reflink=auto -- "$ROOTS/$1" "$root"
    mkdir -p "$root/workspace"
    tar -C "$root/workspace" -xzf "$ARCHIVE"
    mv -- "$root/workspace/"* "$root/workspace/easel"
    install -m 755 -- "$ROOT/scripts/try-release.sh" "$root/try-release.sh"
    printf 'Debian %s, %s packages, no network:\n' "$(<"$root/etc/debian_version")" \
        "$(grep -c '^Package:' "$root/var/lib/dpkg/status")"
    inside "$root" /try-release.sh /workspace/easel || fail "it does not work on $1"
    rm -rf -- "$root"
}

main() {
    local suite
    ARCHIVE=${1-}
    if [[ -z $ARCHIVE ]]; then
        ARCHIVE=$(find "$ROOT/dist" -name 'easel-*.tar.gz' -printf '%T@ %p\n' 2>/dev/null | sort -rn | sed -n '1s/^[^ ]* //p')
    fi
    [[ -f $ARCHIVE ]] || fail "there is no archive; make dist makes one"
    ((EUID == 0)) || skip "making a root and entering it needs root"
    command -v debootstrap >/dev/null || skip "debootstrap is not installed (apt-get install debootstrap)"
    command -v ip >/dev/null || skip "ip is not installed (apt-get install iproute2)"
    WORK=$(mktemp -d)
    ROOTS=${ROOTS:-$WORK/roots}
    mkdir -p -- "$ROOTS"
    # shellcheck disable=SC2064 # this folder, now
    trap "rm -rf --one-file-system -- '$WORK'" EXIT
    printf '%s: %s MB packed, %s MB unpacked\n' "${ARCHIVE##*/}" "$(($(stat -c %s -- "$ARCHIVE") / 1000000))" \
        "$(($(gzip -dc "$ARCHIVE" | wc -c) / 1000000))"
    for suite in "${SUITES[@]}"; do try_in "$suite"; done
    printf 'check-dist: the release works on all of them\n'
}

main "$@"
