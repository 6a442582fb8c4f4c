// Memory for tensors.
#ifndef EARLYBIRD_MEMORY_H
#define EARLYBIRD_MEMORY_H

#include "earlybird/api.h"

// Returns `bytes` > 0 bytes of zeroed memory that starts on a page, or null if there is not enough.
// From 2 MiB on it is mapped by itself, starts on a multiple of 2 MiB and asks for huge pages. All
// of it is touched, by the calling thread's OpenMP team, so what is returned really is there.
EB_API void* eb_allocate(int64_t bytes);

// Gives memory of eb_allocate back to the system; `bytes` as it was asked for. Null does nothing.
EB_API void eb_free(void* memory, int64_t bytes);

// Takes memory out of all caches of all processors, however large they are; what is in it stays. By the
// calling thread's OpenMP team.
EB_API void eb_evict(const void* memory, int64_t bytes);

#endif
