#include "CFaces.h"

#include <algorithm>
#include <new>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

// Debian's dlib leaves the singular value decomposition of its filters to LAPACK, which would bring 10 MB of shared
// libraries along; its own is as good for matrices of 10 by 10. The two headers are those that include its settings.
#include <dlib/assert.h>
#include <dlib/test_for_odr_violations.h>
#undef DLIB_USE_BLAS
#undef DLIB_USE_LAPACK
#include <dlib/image_processing/frontal_face_detector.h>

struct easel_face_detector {
    dlib::frontal_face_detector detector;
};

namespace {

constexpr long longest_side = 4096;

// malloc would keep the tens of megabytes that a search frees, for each thread that has searched.
void give_memory_back() {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

// Makes a result of whatever `work` throws: an exception must not meet a frame of C or Swift.
template <typename Work>
easel_faces_result guarded(Work work) noexcept {
    try {
        work();
        return EASEL_FACES_OK;
    } catch (const std::bad_alloc &) {
        return EASEL_FACES_NO_MEMORY;
    } catch (...) {
        return EASEL_FACES_FAILED;
    }
}

bool is_fine(long side) { return side >= 1 && side <= longest_side; }

dlib::array2d<unsigned char> picture(const unsigned char *grey, long width, long height) {
    dlib::array2d<unsigned char> picture(height, width);
    for (long row = 0; row < height; row++) std::copy_n(grey + row * width, width, &picture[row][0]);
    return picture;
}

easel_face face(const dlib::rect_detection &found) {
    const auto &box = found.rect;
    return {box.left(), box.top(), static_cast<long>(box.width()), static_cast<long>(box.height()),
            found.detection_confidence};
}

}  // namespace

easel_faces_result easel_faces_make(easel_face_detector **out) {
    if (!out) return EASEL_FACES_BAD_ARGUMENT;
    *out = nullptr;
    return guarded([&] { *out = new easel_face_detector{dlib::get_frontal_face_detector()}; });
}

void easel_faces_free(easel_face_detector *detector) { delete detector; }

easel_faces_result easel_faces_find(
    const easel_face_detector *detector, const unsigned char *grey, long width, long height, easel_face *out,
    size_t capacity, size_t *count) {
    if (!detector || !grey || !out || !count || !is_fine(width) || !is_fine(height)) return EASEL_FACES_BAD_ARGUMENT;
    *count = 0;
    const auto result = guarded([&] {
        // A search writes into its detector. A copy takes 0.2 ms and, unlike a detector that is kept for the next
        // search, gives its 10 to 30 MB of working memory back.
        auto searching = detector->detector;
        std::vector<dlib::rect_detection> found;
        searching(picture(grey, width, height), found);
        *count = std::min(found.size(), capacity);
        std::transform(found.begin(), found.begin() + static_cast<long>(*count), out, face);
    });
    give_memory_back();
    return result;
}
