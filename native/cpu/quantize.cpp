// Rounding to a number format.
// Version 1: exponents of all blocks, then all values: two passes over memory. Version 2: a block
// that fits into the cache is rounded right after its exponent was found, so that memory is read
// once; Philox in 64-bit lanes, two vectors at a time. Version 3: groups of blocks of Philox in loops of
// known length, half of its first two rounds once per tensor, clipping by two comparisons, the exponent
// of the next block while this one is rounded: 1.7 times as fast in the cache.
#include "common/small_formats.h"
#include "cpu/kernel_table.h"
#include "cpu/parallel.h"
#include "cpu/round_ahead.h"

namespace eb::EB_ISA {
namespace {

// Blocks that are smaller than this are done in two passes, many at a time.
constexpr int64_t kShortRun = 64;

// Runs of one block that are shorter than this are rounded together with their neighbours.
constexpr int64_t kVectorRun = 16;

// Elements that are looked at together.
constexpr int64_t kPiece = 1024;

// Larger blocks do not stay in the cache between the two passes.
constexpr int64_t kCached = 98304;

template <class Y>
bool may_stream(const float* x, const Y* y, int64_t n) {
  return static_cast<const void*>(x) != y && should_stream(y, n);
}

// [1, blocks, inner] with blocks that one thread does at once: while a block is rounded, the exponent
// of the next one is found, so that its values come from memory meanwhile.
template <class Y>
void whole_blocks(const BlockRounding& rounding, const float* x, int64_t blocks, int64_t inner,
                  Y* y) {
  const bool stream = may_stream(x, y, blocks * inner);
#pragma omp parallel if (blocks * inner >= kSerial)
  {
    const Part part = my_part(blocks);
    int32_t next = part.begin < part.end ? largest_exponent(x + part.begin * inner, inner, 0) : 0;
    for (int64_t b = part.begin; b < part.end; b++) {
      const float* block = x + b * inner;
      const float* ahead = b + 1 < part.end ? block + inner : block;
      next = round_ahead(rounding, block, b * inner, inner, next, y + b * inner, ahead, stream);
    }
    if (stream) stream_end();
  }
}

// Exponents of [1, blocks, inner] where blocks are too few or too large for whole_blocks.
void exponents_of_large(const float* x, int64_t blocks, int64_t inner, int32_t* exponents) {
  constexpr int64_t kPart = 16384;
  const int64_t pieces = (inner + kPart - 1) / kPart;
  for (int64_t b = 0; b < blocks; b++) {
    int32_t most = 0;
#pragma omp parallel for schedule(static) reduction(max : most) if (inner >= kSerial)
    for (int64_t p = 0; p < pieces; p++) {
      const int64_t end = (p + 1) * kPart < inner ? (p + 1) * kPart : inner;
      most = largest_exponent(x + b * inner + p * kPart, end - p * kPart, most);
    }
    exponents[b] = most;
  }
}

// Exponents of [outer, blocks, inner]: every thread takes some of the blocks.
void exponents_of_strided(const float* x, int64_t outer, int64_t blocks, int64_t inner,
                          int32_t* exponents) {
  constexpr int64_t kGrain = 16;
  const int64_t pieces = (blocks + kGrain - 1) / kGrain;
#pragma omp parallel for schedule(static) if (outer * blocks * inner >= kSerial)
  for (int64_t p = 0; p < pieces; p++) {
    const int64_t first = p * kGrain;
    const int64_t end = first + kGrain < blocks ? first + kGrain : blocks;
    for (int64_t b = first; b < end; b++) exponents[b] = 0;
    for (int64_t o = 0; o < outer; o++) {
      const float* row = x + o * blocks * inner;
      if (inner == 1) {
#pragma omp simd
        for (int64_t b = first; b < end; b++) {
          const int32_t e = eb_exponent_in_place(row[b]);
          exponents[b] = e > exponents[b] ? e : exponents[b];
        }
      } else {
        for (int64_t b = first; b < end; b++) {
          exponents[b] = largest_exponent(row + b * inner, inner, exponents[b]);
        }
      }
    }
  }
}

// Elements i.. of [outer, blocks, inner], x[0..count) to y[0..count).
template <class Y>
void round_strided(const BlockRounding& rounding, const eb_quantization& q, const float* x,
                   int64_t i, int64_t count, const int32_t* exponents, Y* y) {
  if (q.inner >= kVectorRun) {
    rounding.run_rows(x, i, count, q.inner, exponents, q.blocks, y);
    return;
  }
  int32_t own[kPiece];
  int64_t block = i / q.inner % q.blocks;
  int64_t within = i % q.inner;
  for (int64_t at = 0; at < count; at += kPiece) {
    const int64_t n = count - at < kPiece ? count - at : kPiece;
    for (int64_t j = 0; j < n; j++) {
      own[j] = exponents[block];
      if (++within == q.inner) {
        within = 0;
        if (++block == q.blocks) block = 0;
      }
    }
    const int32_t* exponent = own;
    rounding.run_each(x + at, i + at, n, y + at, [=](int64_t j) { return exponent[j]; });
  }
}

template <class Y>
void quantize_blocks(const eb_quantization& q, const Stream& stream, const float* x,
                     int32_t* exponents, Y* y) {
  const BlockRounding rounding(q.word_length, q.stochastic != 0, stream);
  const int64_t n = q.outer * q.blocks * q.inner;
  if (q.outer == 1 && q.inner == 1) {
    parallel_write(y, n, may_stream(x, y, n), [&](Y* out, int64_t i, int64_t count) {
      rounding.run_alone(x + i, i, count, out);
    });
    return;
  }
  const bool enough = q.blocks >= 4 * omp_get_max_threads() || n < kSerial;
  if (q.outer == 1 && enough && q.inner <= kCached && q.inner >= kShortRun) {
    whole_blocks(rounding, x, q.blocks, q.inner, y);
    return;
  }
  if (q.outer == 1 && q.inner >= kShortRun) {
    exponents_of_large(x, q.blocks, q.inner, exponents);
  } else {
    exponents_of_strided(x, q.outer, q.blocks, q.inner, exponents);
  }
  parallel_write(y, n, may_stream(x, y, n), [&](Y* out, int64_t i, int64_t count) {
    round_strided(rounding, q, x + i, i, count, exponents, out);
  });
}

// Formats that look at single values: body(x, addend) for every element.
template <class Y, class Body>
void quantize_values(const Addends& addends, const float* x, Y* y, int64_t n, Body body) {
  parallel_write(y, n, may_stream(x, y, n), [&](Y* out, int64_t i, int64_t count) {
    const float* from = x + i;
    addends.for_all(i, count, [=](int64_t j, uint32_t addend) { out[j] = body(from[j], addend); });
  });
}

template <class Y>
eb_status quantize(const eb_quantization* quantization, const float* x, const int64_t* step,
                   int32_t* exponents, Y* y) {
  const eb_quantization& q = *quantization;
  const int64_t n = q.outer * q.blocks * q.inner;
  const Stream stream = {static_cast<uint64_t>(q.seed),
                         q.stochastic ? static_cast<uint64_t>(step[0]) : 0, q.hash};
  if (q.format == EB_BLOCK_FLOAT) {
    quantize_blocks(q, stream, x, exponents, y);
  } else if (q.format == EB_FIXED_POINT) {
    const eb_fixed f = eb_fixed_of(q.word_length, q.fraction_length, q.clamp, q.symmetric);
    const Addends addends(q.stochastic ? 24 : 0, 1u << 23, stream);
    if (q.ties_away && !q.stochastic) {
      quantize_values(addends, x, y, n,
                      [=](float v, uint32_t) { return eb_fixed_nearest_away(v, f); });
    } else {
      quantize_values(addends, x, y, n, [=](float v, uint32_t addend) {
        return eb_fixed_shifted(v, f, static_cast<float>(addend) * 0x1p-24f);
      });
    }
  } else {
    const eb_small_float f = eb_small_float_of(q.exponent_bits, q.mantissa_bits);
    const uint32_t bits = static_cast<uint32_t>(23 - q.mantissa_bits);
    const Addends addends(q.stochastic ? bits : 0, 1u << (bits - 1), stream);
    quantize_values(addends, x, y, n,
                    [=](float v, uint32_t addend) { return eb_small_float_round(v, f, addend); });
  }
  return EB_OK;
}

}  // namespace

eb_status quantize_f32(const eb_quantization* q, const float* x, const int64_t* step,
                       int32_t* exponents, float* y) {
  return quantize(q, x, step, exponents, y);
}

eb_status quantize_f32_bf16(const eb_quantization* q, const float* x, const int64_t* step,
                            int32_t* exponents, uint16_t* y) {
  return quantize(q, x, step, exponents, bf16(y));
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
namespace {
bool within(int64_t value, int64_t low, int64_t high) { return value >= low && value <= high; }

bool valid(const eb_quantization& q) {
  if (q.outer < 0 || q.blocks < 0 || q.inner < 0) return false;
  switch (q.format) {
    case EB_BLOCK_FLOAT:
      return within(q.word_length, 2, 16);
    case EB_FIXED_POINT:
      return within(q.word_length, 1, 24) && within(q.fraction_length, -100, 100);
    case EB_FLOATING_POINT:
      return within(q.exponent_bits, 1, 8) && within(q.mantissa_bits, 1, 22);
    default:
      return false;
  }
}
}  // namespace

namespace {
// Checks what quantize.h asks for; `kernel` is called if there is anything to do.
template <class Y, class Kernel>
eb_status checked(Kernel kernel, const eb_quantization* q, const float* x, const int64_t* step,
                  int32_t* exponents, Y* y) {
  if (!q || !valid(*q)) return EB_BAD_ARGUMENT;
  if (q->outer == 0 || q->blocks == 0 || q->inner == 0) return EB_OK;
  if (!x || !y || (q->stochastic && !step)) return EB_BAD_ARGUMENT;
  if (q->format == EB_BLOCK_FLOAT && !exponents) return EB_BAD_ARGUMENT;
  return kernel(q, x, step, exponents, y);
}
}  // namespace

eb_status eb_quantize_f32(const eb_quantization* q, const float* x, const int64_t* step,
                          int32_t* exponents, float* y) {
  return checked(eb::active().quantize_f32, q, x, step, exponents, y);
}

eb_status eb_quantize_f32_bf16(const eb_quantization* q, const float* x, const int64_t* step,
                               int32_t* exponents, uint16_t* y) {
  return checked(eb::active().quantize_f32_bf16, q, x, step, exponents, y);
}
#endif
