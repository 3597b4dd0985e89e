#!/usr/bin/env bash
# Installs the Debian packages that building, testing and the demo need; does nothing, quickly, when all are there.
set -u

LIBRARIES=(libuv1-dev libcurl4-openssl-dev libsqlite3-dev libhttp-parser-dev libwslay-dev libvips-dev libssl-dev
    libdlib-dev)
# Programs may have come from elsewhere than a package: what counts is that they can be called. PROGRAM=PACKAGE
TOOLS=(pkg-config=pkg-config make=make curl=curl git=git shellcheck=shellcheck tar=tar gzip=gzip)
APT=(apt-get -o DPkg::Lock::Timeout=300 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30)

fail() {
    printf 'install-deps: %s\n' "$@" >&2
    exit 1
}

missing_libraries() {
    local installed name
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' "${LIBRARIES[@]}" 2>/dev/null)
    for name in "${LIBRARIES[@]}"; do
        grep -q "^$name ii" <<<"$installed" || printf '%s\n' "$name"
    done
}

missing_tools() {
    local tool
    for tool in "${TOOLS[@]}"; do
        command -v "${tool%%=*}" >/dev/null || printf '%s\n' "${tool#*=}"
    done
    [[ -s /etc/ssl/certs/ca-certificates.crt ]] || printf 'ca-certificates\n'
}

# Elsewhere than on Debian the libraries have other package names, so they are looked for by what they are.
check_without_dpkg() {
    local absent=() name
    for name in libuv libcurl sqlite3 vips libcrypto; do
        pkg-config --exists "$name" 2>/dev/null || absent+=("$name")
    done
    # These come without a pkg-config file on some systems.
    for name in http_parser.h wslay/wslay.h dlib/image_processing/frontal_face_detector.h; do
        [[ -f /usr/include/$name || -f /usr/local/include/$name ]] || absent+=("$name")
    done
    ((${#absent[@]} == 0)) && exit 0
    fail "this is not Debian, and these libraries or headers are not found: ${absent[*]}." \
        "Install them with their headers, by whatever name your system gives them, and run this again."
}

as_root() {
    if ((EUID == 0)); then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

# The lists are refreshed only when they do not know a package: a fresh container has none.
known() {
    local package
    for package in "$@"; do
        [[ -n $(apt-cache show "$package" 2>/dev/null | head -n 1) ]] || return 1
    done
}

install() {
    known "$@" || as_root "${APT[@]}" update -q || return
    as_root "${APT[@]}" install -q -y --no-install-recommends "$@"
}

main() {
    local missing
    { command -v dpkg-query && command -v apt-get; } >/dev/null || check_without_dpkg
    mapfile -t missing < <(missing_libraries; missing_tools)
    ((${#missing[@]} == 0)) && exit 0
    ((EUID == 0)) || command -v sudo >/dev/null ||
        fail "${missing[*]} must be installed, which needs root. Run this as root:" \
            "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    printf 'install-deps: installing %s\n' "${missing[*]}"
    install "${missing[@]}" && exit 0
    # Once more with fresh lists: an old list names packages that the mirror no longer has.
    printf 'install-deps: that failed; once more with fresh package lists\n' >&2
    as_root "${APT[@]}" update -q && install "${missing[@]}" && exit 0
    fail "could not install ${missing[*]}: apt-get's messages are above." \
        "Offline? The packages come from the mirrors in /etc/apt; Debian 12 and 13 have all of them."
}

main
