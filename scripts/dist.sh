#!/usr/bin/env bash
# Packs a release that needs neither Swift nor packages where it runs: dist/easel-VERSION-linux-ARCH.tar.gz
# It runs on the Debian that it is built on and on later ones. scripts/check-dist.sh tries it.
set -euo pipefail

ROOT=$(dirname -- "$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")")
PROGRAMS=(BackendAPI GPUService ComfySandbox)
# What the programs say of themselves.
VERSION=${VERSION:-$(sed -nE 's/.*"([0-9][^"]*)".*/\1/p' "$ROOT/Sources/Shared/Operations/Version.swift")}
NAME=easel-$VERSION-linux-$(uname -m)
# A folder of its own: the static runtime is another build, and the two would undo each other.
BUILD=$ROOT/.build-dist
# As DT_RPATH, which holds for the libraries of the libraries and for what is loaded later; DT_RUNPATH would not.
# shellcheck disable=SC2016 # the loader replaces $ORIGIN
LINKING=(-Xlinker -rpath -Xlinker '$ORIGIN/../lib' -Xlinker --disable-new-dtags)

fail() {
    printf 'dist: %s\n' "$*" >&2
    exit 1
}

# glibc and its loader belong to the machine; every other library travels along.
is_of_the_machine() { # LIBRARY
    [[ $1 =~ ^(ld-linux.*|lib(c|m|pthread|dl|rt|resolv|util|nsl|anl|mvec|BrokenLocale))\.so ]]
}

libraries_of() { # PROGRAM: full paths
    local out name path
    out=$(ldd -- "$1")
    if grep 'not found' <<<"$out" >&2; then fail "$1 needs libraries that are not here"; fi
    while read -r name _ path _; do
        [[ $path != /* ]] || is_of_the_machine "$name" || printf '%s\n' "$path"
    done <<<"$out"
}

carry_libraries() { # FOLDER PROGRAM
    local library libraries
    libraries=$(libraries_of "$2")
    while read -r library; do
        [[ -z $library || -e $1/lib/${library##*/} ]] || install -m 644 -- "$library" "$1/lib/"
    done <<<"$libraries"
}

# Thirty megabytes of tables that libxml2 would ask ICU for to read rare encodings of SVG files, which Easel refuses. ICU's
# way to do without them is a library that holds an empty table (its source/stubdata); its form is that of udata.h and
# ucmndata.h.
empty_tables() { # FOLDER
    local library name
    for library in "$1"/lib/libicudata.so.*; do
        [[ -f $library ]] || continue
        name=${library##*/}
        clang -x c -shared -nostdlib -Wl,-soname,"$name" -o "$library" - <<TEXT
__attribute__((aligned(16))) const struct {
    unsigned short header_size; unsigned char magic[2];
    unsigned short info_size, reserved; unsigned char is_big_endian, charset_family, size_of_uchar, reserved_byte;
    unsigned char format[4], format_version[4], data_version[4]; char padding[8];
    unsigned count, more;
} icudt${name##*.}_dat = {32, {0xda, 0x27}, 20, 0, 0, 0, 2, 0, "CmnD", {1, 0, 0, 0}, {0}, {0}, 0, 0};
TEXT
    done
}

# libvips loads what reads HEIC and AVIF as a module, from a folder in VIPSHOME that is called as the one it was built for.
# Its other modules (ImageMagick, PDF, slides, JPEG XL) are for pictures that Easel does not take.
carry_modules() { # FOLDER
    local vips module folder
    vips=$(ldd -- "$BUILD/release/GPUService" | sed -nE 's/^[[:space:]]*libvips\.so[^ ]* => ([^ ]+) .*/\1/p')
    for module in "$(dirname -- "$vips")"/vips-modules-*/vips-heif.so; do
        [[ -f $module ]] || continue
        folder=$1/lib/$(basename -- "$(dirname -- "$vips")")/$(basename -- "$(dirname -- "$module")")
        install -D -m 644 -- "$module" "$folder/vips-heif.so"
        carry_libraries "$1" "$module"
    done
}

# For https from a machine that has no certificates of its own: Mozilla's, as Debian packs them, and not what this
# machine may trust besides.
carry_certificates() { # FOLDER
    local source=/usr/share/ca-certificates/mozilla
    [[ -d $source ]] || fail "the package ca-certificates is missing"
    cat -- "$source"/*.crt >"$1/lib/ca-certificates.crt"
}

# The licences of what travels along go with it.
carry_licences() { # FOLDER
    local libraries package
    command -v dpkg-query >/dev/null || return 0
    mkdir -p "$1/lib/licences"
    libraries=("$1"/lib/*.so*)
    while read -r package; do
        [[ ! -f /usr/share/doc/$package/copyright ]] ||
            cp -L -- "/usr/share/doc/$package/copyright" "$1/lib/licences/$package"
    done < <(dpkg-query -S "${libraries[@]/#"$1/lib/"/*/}" 2>/dev/null | sed -nE 's/^([^:, ]+).*/\1/p' | sort -u)
}

lay_out() { # FOLDER
    local program
    mkdir -p "$1/bin" "$1/lib" "$1/scripts"
    for program in "${PROGRAMS[@]}"; do
        install -m 755 -s -- "$BUILD/release/$program" "$1/bin/$program"
        carry_libraries "$1" "$BUILD/release/$program"
    done
    carry_modules "$1"
    empty_tables "$1"
    carry_certificates "$1"
    carry_licences "$1"
    cp -R -- "$ROOT/startup.sh" "$ROOT/workflows" "$ROOT/env.templates" "$ROOT/docs" "$ROOT/README.md" "$1/"
    cp -R -- "$ROOT/scripts/lib" "$1/scripts/lib"
    [[ ! -f $ROOT/LICENSE ]] || cp -- "$ROOT/LICENSE" "$1/"
    printf '%s\n' "$VERSION" >"$1/VERSION"
}

# The programs must load with what travels along; a library that is missing there must not show on the pod first.
check() { # FOLDER
    local file folders strangers
    for file in "${PROGRAMS[@]/#/$1/bin/}" "$1"/lib/*/vips-modules-*/*.so; do
        [[ -e $file ]] || continue
        strangers=$(LD_LIBRARY_PATH=$([[ $file == */bin/* ]] || printf '%s' "$1/lib") ldd -- "$file" |
            grep -F ' => ' | grep -vF "$1/" | while read -r name rest; do
            is_of_the_machine "$name" || printf '%s %s\n' "$name" "$rest"
        done)
        [[ -z $strangers ]] || fail "${file##*/} does not load from lib/: $strangers"
    done
    for file in "${PROGRAMS[@]/#/$1/bin/}"; do
        folders=$(readelf -d "$file" | sed -nE 's/.*\((RPATH|RUNPATH)\).*\[(.*)\]/\2/p')
        [[ :$folders: != *:/* ]] || fail "${file##*/} looks for libraries in a folder of this machine: $folders"
    done
}

# The newest version of glibc's symbols that anything in the archive asks for.
needed_glibc() { # FOLDER
    find "$1/bin" "$1/lib" -type f \( -path '*/bin/*' -o -name '*.so*' \) -exec objdump -T {} + 2>/dev/null |
        grep -oE 'GLIBC_[0-9.]+' | sort -uV | tail -n 1
}

main() {
    local stage
    swift build -c release --static-swift-stdlib --package-path "$ROOT" --scratch-path "$BUILD" "${LINKING[@]}"
    mkdir -p "$ROOT/dist"
    stage=$(mktemp -d)
    # shellcheck disable=SC2064 # this folder, now
    trap "rm -rf -- '$stage'" EXIT
    lay_out "$stage/$NAME"
    check "$stage/$NAME"
    tar --sort=name --owner=0 --group=0 --numeric-owner -C "$stage" -c "$NAME" | gzip -9 >"$ROOT/dist/$NAME.tar.gz"
    printf 'dist: %s (%s packed, %s unpacked; needs %s)\n' "$ROOT/dist/$NAME.tar.gz" \
        "$(du -h "$ROOT/dist/$NAME.tar.gz" | cut -f1)" "$(du -sh "$stage/$NAME" | cut -f1)" \
        "$(needed_glibc "$stage/$NAME")"
}

main
