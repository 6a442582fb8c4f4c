// Memory for tensors. Compiled once, for x86-64-v2.
#include "earlybird/memory.h"

#include <immintrin.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

namespace {

constexpr size_t kPage = size_t{4} << 10;
constexpr size_t kHuge = size_t{2} << 20;

size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

// Maps one huge page too many and gives back what lies outside the aligned part.
void* map_huge(size_t size) {
  const size_t mapped = size + kHuge;
  void* raw = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  char* begin = static_cast<char*>(raw);
  char* aligned = begin + (round_up(reinterpret_cast<uintptr_t>(raw), kHuge) -
                           reinterpret_cast<uintptr_t>(raw));
  if (aligned > begin) munmap(begin, static_cast<size_t>(aligned - begin));
  char* end = aligned + size;
  if (begin + mapped > end) munmap(end, static_cast<size_t>(begin + mapped - end));
  madvise(aligned, size, MADV_HUGEPAGE);  // a wish: without huge pages it works, a little slower
  return aligned;
}

}  // namespace

void* eb_allocate(int64_t bytes) {
  if (bytes <= 0 || bytes > INT64_MAX / 2) return nullptr;
  const size_t wanted = static_cast<size_t>(bytes);
  if (wanted < kHuge) {
    const size_t size = round_up(wanted, kPage);
    void* memory = aligned_alloc(kPage, size);
    if (memory) memset(memory, 0, size);
    return memory;
  }
  const size_t size = round_up(wanted, kHuge);
  char* memory = static_cast<char*>(map_huge(size));
  if (!memory) return nullptr;
  const int64_t pages = static_cast<int64_t>(size / kHuge);
#pragma omp parallel for schedule(static)
  for (int64_t i = 0; i < pages; i++) {
    memset(memory + static_cast<size_t>(i) * kHuge, 0, kHuge);
  }
  return memory;
}

void eb_free(void* memory, int64_t bytes) {
  if (!memory || bytes <= 0) return;
  const size_t size = static_cast<size_t>(bytes);
  if (size < kHuge) {
    free(memory);
  } else {
    munmap(memory, round_up(size, kHuge));
  }
}

void eb_evict(const void* memory, int64_t bytes) {
  constexpr int64_t kLine = 64;
  const char* begin = static_cast<const char*>(memory);
#pragma omp parallel
  {
#pragma omp for schedule(static)
    for (int64_t i = 0; i < bytes; i += kLine) _mm_clflush(begin + i);
    _mm_mfence();
  }
}
