# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # what is read here, or set here, is of another file of bench.sh
# What is sent.

# A picture as base64 whose last 12 characters are a fresh number: no two requests carry the same bytes. What follows a
# PNG's end is not part of it.
picture_base64() { # PNG_FILE
    local size
    size=$(stat -c %s -- "$1")
    { cat -- "$1" && head -c $(((3 - size % 3) % 3)) /dev/zero; } | base64 -w0
    printf '{{NUMBER12}}'
}

make_bodies() {
    local face i
    printf '{"mode":"free","prompt":"a lighthouse on a cliff at dusk, oil painting {{NUMBER12}}"}' >"$TEMP/accept.json"
    printf '{"mode":"blank"}' >"$TEMP/blank.json"
    "$TEMP/bin/noise" 64 64 >"$TEMP/blank.png"
    # 600 x 580 x 3 bytes: 1.04 MB
    "$TEMP/bin/noise" 600 580 >"$TEMP/picture.png"
    printf '{"mode":"image_transform","target_image":"%s"}' "$(picture_base64 "$TEMP/picture.png")" >"$TEMP/picture.json"
    # 1400 x 1428 x 3 bytes: 6.0 MB, 8 MB as base64
    "$TEMP/bin/noise" 1400 1428 >"$TEMP/face.png"
    face=$(picture_base64 "$TEMP/face.png")
    {
        printf '{"mode":"free","prompt":"faces","face_images":['
        # Another four characters before each number's own would shift it, so the pictures differ behind it.
        for i in 1 2 3 4 5; do printf '%s"%sAAA%s"' "$([[ $i == 1 ]] || printf ,)" "$face" "$i"; done
        printf ']}'
    } >"$TEMP/faces.json"
}

make_workflows() {
    mkdir -p -- "$TEMP/workflows"
    cp -- "$ROOT"/workflows/* "$ROOT"/Benchmarks/workflows/* "$TEMP/workflows/"
}
