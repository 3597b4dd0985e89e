#!/usr/bin/env bash
# Packs a release that needs neither Swift nor packages where it runs: dist/easel-VERSION-linux-ARCH.tar.gz
set -euo pipefail

ROOT=$(dirname -- "$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")")
PROGRAMS=(BackendAPI GPUService ComfySandbox)
VERSION=${VERSION:-$(git -C "$ROOT" describe --tags --always --dirty 2>/dev/null || printf 'dev')}
NAME=easel-${VERSION#v}-linux-$(uname -m)
# A folder of its own: the static runtime is another build, and the two would undo each other.
BUILD=$ROOT/.build-dist

# glibc and its loader belong to the machine; every other library travels along.
is_of_the_machine() { # LIBRARY
    [[ $1 =~ ^(ld-linux.*|lib(c|m|pthread|dl|rt|resolv|util|nsl|anl|mvec|BrokenLocale))\.so ]]
}

libraries_of() { # PROGRAM: full paths
    local out name path
    out=$(ldd -- "$1")
    if grep 'not found' <<<"$out" >&2; then
        printf 'dist: %s needs libraries that are not here\n' "$1" >&2
        return 1
    fi
    while read -r name _ path _; do
        [[ $path != /* ]] || is_of_the_machine "$name" || printf '%s\n' "$path"
    done <<<"$out"
}

lay_out() { # FOLDER
    local program library libraries
    mkdir -p "$1/bin" "$1/lib" "$1/scripts"
    for program in "${PROGRAMS[@]}"; do
        install -m 755 -s -- "$BUILD/release/$program" "$1/bin/$program"
        libraries=$(libraries_of "$1/bin/$program")
        while read -r library; do
            [[ -z $library || -e $1/lib/${library##*/} ]] || install -m 644 -- "$library" "$1/lib/"
        done <<<"$libraries"
    done
    cp -R -- "$ROOT/startup.sh" "$ROOT/workflows" "$ROOT/env.templates" "$1/"
    cp -R -- "$ROOT/scripts/lib" "$1/scripts/lib"
    [[ ! -f $ROOT/README.md ]] || cp -- "$ROOT/README.md" "$1/"
    [[ ! -f $ROOT/LICENSE ]] || cp -- "$ROOT/LICENSE" "$1/"
}

# The programs must load with what travels along; a library that is missing there must not show on the pod first.
check() { # FOLDER
    local program
    for program in "${PROGRAMS[@]}"; do
        if LD_LIBRARY_PATH=$1/lib ldd -- "$1/bin/$program" | grep 'not found' >&2; then return 1; fi
    done
}

main() {
    local stage
    swift build -c release --static-swift-stdlib --package-path "$ROOT" --scratch-path "$BUILD"
    mkdir -p "$ROOT/dist"
    stage=$(mktemp -d)
    # shellcheck disable=SC2064 # this folder, now
    trap "rm -rf -- '$stage'" EXIT
    lay_out "$stage/$NAME"
    check "$stage/$NAME"
    tar --sort=name --owner=0 --group=0 --numeric-owner -C "$stage" -czf "$ROOT/dist/$NAME.tar.gz" "$NAME"
    printf 'dist: %s (%s)\n' "$ROOT/dist/$NAME.tar.gz" "$(du -h "$ROOT/dist/$NAME.tar.gz" | cut -f1)"
}

main
