#pragma once
#include <vips/vips.h>

// libvips' calls are variadic, which Swift cannot call: here each has the fixed form that Images uses.
// 0 is success; on failure the reason lies in libvips' error buffer.

typedef enum { EASEL_VIPS_PNG, EASEL_VIPS_JPEG, EASEL_VIPS_WEBP, EASEL_VIPS_GIF, EASEL_VIPS_HEIF } easel_vips_loader;

// libvips warns on stderr with the file's name in the text; what matters arrives as an error as well.
static inline void easel_vips_drop_log(
    const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer data) {}

static inline int easel_vips_start(void) {
    g_log_set_handler(
        "VIPS", (GLogLevelFlags) (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG),
        easel_vips_drop_log, NULL);
    if (VIPS_INIT("easel")) return -1;
    vips_block_untrusted_set(TRUE);
    vips_cache_set_max(0);
    vips_concurrency_set(1);
    return 0;
}

static inline int easel_vips_has(const char *operation) { return vips_type_find("VipsOperation", operation) != 0; }

// One page, read from top to bottom as the pixels are asked for.
static inline int easel_vips_load(
    VipsSource *source, easel_vips_loader loader, VipsFailOn fail_on, VipsImage **out) {
    switch (loader) {
    case EASEL_VIPS_PNG:
        return vips_pngload_source(source, out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL);
    case EASEL_VIPS_JPEG:
        return vips_jpegload_source(source, out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL);
    case EASEL_VIPS_WEBP:
        return vips_webpload_source(source, out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL);
    case EASEL_VIPS_GIF:
        return vips_gifload_source(source, out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL);
    case EASEL_VIPS_HEIF:
        return vips_heifload_source(source, out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on", fail_on, NULL);
    }
    return -1;
}

// The colours stay as they are: the option that would convert them is called differently from one release to the next.
static inline int easel_vips_thumbnail(VipsSource *source, VipsFailOn fail_on, int side, VipsImage **out) {
    return vips_thumbnail_source(
        source, out, side, "height", side, "size", VIPS_SIZE_DOWN, "fail_on", fail_on, NULL);
}

static inline int easel_vips_autorotate(VipsImage *in, VipsImage **out) { return vips_autorot(in, out, NULL); }

static inline int easel_vips_colourspace(VipsImage *in, VipsInterpretation space, VipsImage **out) {
    return vips_colourspace(in, out, space, NULL);
}

// To sRGB by the picture's own profile, or by libvips' CMYK profile for a CMYK picture that has none.
static inline int easel_vips_to_srgb_by_profile(VipsImage *in, VipsImage **out) {
    return vips_icc_transform(in, out, "srgb", "embedded", TRUE, "input_profile", "cmyk", NULL);
}

static inline int easel_vips_cast_uchar(VipsImage *in, VipsImage **out) {
    return vips_cast(in, out, VIPS_FORMAT_UCHAR, NULL);
}

static inline int easel_vips_flatten_on_white(VipsImage *in, VipsImage **out) {
    double white = 255;
    VipsArrayDouble *background = vips_array_double_new(&white, 1);
    int result = vips_flatten(in, out, "background", background, NULL);
    vips_area_unref(VIPS_AREA(background));
    return result;
}

static inline int easel_vips_interpret(VipsImage *in, VipsInterpretation space, VipsImage **out) {
    return vips_copy(in, out, "interpretation", space, NULL);
}

static inline int easel_vips_resize(
    VipsImage *in, double horizontal, double vertical, VipsKernel kernel, VipsImage **out) {
    return vips_resize(in, out, horizontal, "vscale", vertical, "kernel", kernel, NULL);
}

// Reads every pixel and keeps none.
static inline int easel_vips_read_all(VipsImage *in) {
    double average;
    return vips_avg(in, &average, NULL);
}

#if VIPS_MAJOR_VERSION > 8 || VIPS_MINOR_VERSION >= 15
#define EASEL_VIPS_NO_METADATA "keep", VIPS_FOREIGN_KEEP_NONE
#else
#define EASEL_VIPS_NO_METADATA "strip", TRUE
#endif

static inline int easel_vips_save_png(VipsImage *in, int compression, void **bytes, size_t *count) {
    return vips_pngsave_buffer(in, bytes, count, "compression", compression, EASEL_VIPS_NO_METADATA, NULL);
}

static inline int easel_vips_save_jpeg(VipsImage *in, int quality, void **bytes, size_t *count) {
    return vips_jpegsave_buffer(
        in, bytes, count, "Q", quality, "optimize_coding", TRUE, EASEL_VIPS_NO_METADATA, NULL);
}

static inline int easel_vips_save_webp(VipsImage *in, int quality, int lossless, void **bytes, size_t *count) {
    return vips_webpsave_buffer(
        in, bytes, count, "Q", quality, "lossless", lossless, EASEL_VIPS_NO_METADATA, NULL);
}
