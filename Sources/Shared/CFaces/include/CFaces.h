#pragma once
#include <stddef.h>

// dlib's frontal face detector (http://dlib.net/imaging.html#get_frontal_face_detector) with a C face. No C++ type and
// no exception gets out of here.

#ifdef __cplusplus
extern "C" {
#endif

// A face, in pixels of the searched picture. The box may reach over the picture's edges.
typedef struct {
    long left, top, width, height;
    // How far the detector is above its threshold: 0 is just a face, clear ones are above 1.
    double score;
} easel_face;

typedef enum {
    EASEL_FACES_OK = 0,
    EASEL_FACES_BAD_ARGUMENT,
    EASEL_FACES_NO_MEMORY,
    EASEL_FACES_FAILED
} easel_faces_result;

// A detector. It is only read once it is made, so any number of threads may search with it at once.
typedef struct easel_face_detector easel_face_detector;

// Makes a detector out of the model that is compiled in, which takes a noticeable part of a second.
easel_faces_result easel_faces_make(easel_face_detector **out);

void easel_faces_free(easel_face_detector *detector);

// Finds faces in 8-bit grey pixels, row by row without gaps, 1 to 4096 a side. A face is seen from about 80 pixels on.
// Writes at most `capacity` faces, best score first, and their number into `count`.
easel_faces_result easel_faces_find(
    const easel_face_detector *detector, const unsigned char *grey, long width, long height, easel_face *out,
    size_t capacity, size_t *count);

#ifdef __cplusplus
}
#endif
