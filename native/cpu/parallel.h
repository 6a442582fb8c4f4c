// How kernels share work among threads, and how they read and write what is larger than the cache.
#ifndef EARLYBIRD_CPU_PARALLEL_H
#define EARLYBIRD_CPU_PARALLEL_H

#include <immintrin.h>
#include <omp.h>
#include <stdint.h>

#include "cpu/element.h"

namespace eb::EB_ISA {

// With fewer elements the calling thread works alone: waking a team costs about 2 us.
constexpr int64_t kSerial = 16384;

// Results of this many bytes and more bypass the cache. A plain store first reads the line that it
// overwrites, which is a third of the traffic of a copy; below this size the next kernel finds the
// result in the cache instead.
constexpr int64_t kStreamBytes = int64_t{8} << 20;

// A cache line of floats.
constexpr int64_t kLine = 16;

// A cache line of elements.
template <class T>
constexpr int64_t kLineOf = 64 / static_cast<int64_t>(sizeof(T));

// What streaming kernels compute between two bursts of stores. Longer tiles were slower.
constexpr int64_t kTile = 128;

// The calling thread's part [begin, end) of n pieces.
struct Part {
  int64_t begin;
  int64_t end;
};

inline Part my_part(int64_t n) {
  const int64_t t = omp_get_thread_num();
  const int64_t team = omp_get_num_threads();
  return {n * t / team, n * (t + 1) / team};
}

// Runs body(begin, end) on every thread's part of [0, n), cut at multiples of `grain`.
template <class Body>
inline void parallel_ranges(int64_t n, int64_t grain, Body body) {
  const int64_t pieces = (n + grain - 1) / grain;
#pragma omp parallel if (n >= kSerial)
  {
    const Part part = my_part(pieces);
    const int64_t end = part.end * grain < n ? part.end * grain : n;
    if (part.begin * grain < end) body(part.begin * grain, end);
  }
}

// Whether a result of n elements that is not written over an operand should bypass the cache.
template <class T>
inline bool should_stream(const T* y, int64_t n) {
  return n * static_cast<int64_t>(sizeof(T)) >= kStreamBytes &&
         reinterpret_cast<uintptr_t>(y) % sizeof(T) == 0;
}

// The same for a result whose rows begin on lines if it does itself.
template <class T>
inline bool should_stream_lines(const T* y, int64_t n) {
  return should_stream(y, n) && reinterpret_cast<uintptr_t>(y) % 64 == 0;
}

// Writes n elements, a multiple of kLineOf<T>, from a tile to y past the cache; both start on a line.
template <class T>
inline void stream_lines(T* y, const T* tile, int64_t n) {
  for (int64_t i = 0; i < n; i += kLineOf<T>) {
    auto* to = reinterpret_cast<float*>(y + i);
    const auto* from = reinterpret_cast<const float*>(tile + i);
#if defined(__AVX512F__)
    _mm512_stream_ps(to, _mm512_load_ps(from));
#elif defined(__AVX__)
    _mm256_stream_ps(to, _mm256_load_ps(from));
    _mm256_stream_ps(to + 8, _mm256_load_ps(from + 8));
#else
    for (int64_t j = 0; j < kLine; j += 4) _mm_stream_ps(to + j, _mm_load_ps(from + j));
#endif
  }
}

// Asks for the lines at x of the next kRows rows. Four interleaved streams are more than the
// processor prefetches well by itself (17 against 22 GB/s on one core).
template <int kRows, class T, _mm_hint kHint = _MM_HINT_T0>
inline void prefetch_rows(const T* x, int64_t stride) {
  for (int r = 0; r < kRows; r++) {
    _mm_prefetch(reinterpret_cast<const char*>(x + r * stride), kHint);
  }
}

// Orders the calling thread's streamed stores before what it does next.
inline void stream_end() { _mm_sfence(); }

// Writes y[0..n) past the cache, where f(out, i, count) puts the elements i.. of the result to
// out[0..count). What lies outside of full lines is stored plainly.
template <class T, class F>
inline void stream_range(T* y, int64_t n, F f) {
  alignas(64) T tile[kTile];
  const int64_t misplaced =
      static_cast<int64_t>(reinterpret_cast<uintptr_t>(y) / sizeof(T)) % kLineOf<T>;
  int64_t i = misplaced == 0 ? 0 : kLineOf<T> - misplaced;
  if (i > n) i = n;
  if (i > 0) f(y, 0, i);
  for (; i + kTile <= n; i += kTile) {
    f(tile, i, kTile);
    stream_lines(y + i, tile, kTile);
  }
  const int64_t lines = (n - i) / kLineOf<T> * kLineOf<T>;
  if (lines > 0) {
    f(tile, i, lines);
    stream_lines(y + i, tile, lines);
  }
  if (i + lines < n) f(y + i + lines, i + lines, n - i - lines);
}

// Writes y[0..n) in parallel, past the cache if `stream`; f as for stream_range.
template <class T, class F>
inline void parallel_write(T* y, int64_t n, bool stream, F f) {
  parallel_ranges(n, kTile, [=](int64_t begin, int64_t end) {
    if (stream) {
      stream_range(y + begin, end - begin,
                   [=](T* out, int64_t i, int64_t count) { f(out, begin + i, count); });
      stream_end();
    } else {
      f(y + begin, begin, end - begin);
    }
  });
}

}  // namespace eb::EB_ISA

#endif
