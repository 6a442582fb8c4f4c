// What every header of the flat C ABI shares: linkage, export and status codes.
//
// Every function returns an eb_status unless its comment says otherwise. No function exits, aborts
// or throws. Pointers are host memory of the stated element type, need no alignment beyond that of
// the element, and must not overlap unless a comment allows it. Counts and extents are int64_t.
//
// Functions whose names end in _bf16 take activations as bf16 numbers, the upper halves of floats, as
// uint16_t; they compute in float and round what they store to the nearest, ties to even.
#ifndef EARLYBIRD_API_H
#define EARLYBIRD_API_H

#include <stdint.h>

#ifdef __cplusplus
#define EB_API extern "C" __attribute__((visibility("default")))
#else
#define EB_API __attribute__((visibility("default")))
#endif

typedef int eb_status;

enum {
  EB_OK = 0,
  // A null pointer, a negative extent or a value outside its documented range.
  EB_BAD_ARGUMENT = -1,
  // Scratch memory could not be had.
  EB_NO_MEMORY = -2,
  // The arguments are valid, but this build or processor has no code for them.
  EB_UNSUPPORTED = -3
};

#endif
