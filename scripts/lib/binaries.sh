# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is read in another file of startup.sh
# Where the programs are, and building them in a source checkout.

# Sets BIN. A folder of binaries that was named, or shipped, is used as it is; else it is the checkout's release build.
find_binaries() {
    if [[ -n ${EASEL_BIN-} ]]; then
        BIN=$(realpath -m -- "$EASEL_BIN")
        FROM_SOURCE=false
    elif [[ -x $ROOT/bin/GPUService && -x $ROOT/bin/BackendAPI ]] || [[ ! -f $ROOT/Package.swift ]]; then
        BIN=$ROOT/bin
        FROM_SOURCE=false
    else
        BIN=$ROOT/.build/release
        FROM_SOURCE=true
    fi
}

# One that is missing from a shipped folder cannot be made here.
require_binaries() { # BINARY_NAME…
    local name
    for name in "$@"; do
        [[ -x $BIN/$name ]] || die "$BIN/$name is missing. Unpack the release again, or build from a source checkout."
    done
}

# A binary that a build found unchanged keeps its old time, so the time of the last good build counts as well.
is_fresh() { # BINARY_NAME
    local since=$BIN/$1
    [[ -x $since ]] || return 1
    [[ $BUILT -nt $since ]] && since=$BUILT
    # Folders too: a source that was taken away leaves its mark only there.
    [[ -z $(find "$ROOT/Sources" "$ROOT/Package.swift" -newer "$since" -print -quit 2>/dev/null) ]]
}

build_when_stale() { # BINARY_NAME…
    local name
    BUILT=$ROOT/.build/built-release
    for name in "$@"; do
        is_fresh "$name" || { build "$name"; return; }
    done
}

build() { # BINARY_NAME: the reason
    command -v swift >/dev/null ||
        die "$1 must be built, and there is no Swift here. Install Swift 6.2 or newer (https://swift.org/install)," \
            "or use the release archive."
    "$ROOT/scripts/install-deps.sh" 9>&- || warn "Going on without the packages above; the build may fail for it."
    info "Building ($1 is absent or older than its sources); the first time takes minutes …"
    mkdir -p -- "$ROOT/.build" && : >"$BUILT.new"
    swift build -c release --package-path "$ROOT" 9>&- 2>&1 | tee -a -- "$STARTUP_LOG"
    ((PIPESTATUS[0] == 0)) || die "The build failed: its messages are above and in $STARTUP_LOG."
    mv -f -- "$BUILT.new" "$BUILT"
}
