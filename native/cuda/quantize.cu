// Rounding to a number format.
// Version 1: blocks that lie together in pieces of 4096 elements, each for one block of threads: the
// largest exponent of every piece, then all values; where a block is one piece, in one launch, so
// that its values come from memory once. Eight elements per thread share a block of Philox.
// Version 2: results in bf16.
#include "common/block_float.h"
#include "common/small_formats.h"
#include "cuda/addends.h"
#include "cuda/block_max.h"
#include "earlybird/cuda/quantize.h"

namespace eb::cuda {
namespace {

// Blocks whose elements lie together and are fewer are rounded element by element.
constexpr int64_t kShortBlock = 64;

// The part of a block [b, inner] that is piece `piece`.
struct Piece {
  uint32_t begin;
  uint32_t end;

  __device__ Piece(uint32_t b, uint32_t inner, uint32_t piece) {
    const uint32_t last = (b + 1) * inner;
    begin = b * inner + piece * EB_CUDA_QUANTIZE_PIECE;
    end = last - begin < EB_CUDA_QUANTIZE_PIECE ? last : begin + EB_CUDA_QUANTIZE_PIECE;
  }

  __device__ int32_t largest_exponent(const float* x) const {
    int32_t most = 0;
    for (uint32_t i = begin + threadIdx.x; i < end; i += kThreads) {
      most = larger(most, eb_exponent_in_place(x[i]));
    }
    return block_max(most);
  }
};

struct Format {
  uint32_t word_length;
  uint32_t keep;
};

template <class T>
__device__ void round_piece(const Piece& p, const Addends& a, const Format& format,
                            int32_t exponent, bool whole, const float* x, T* y) {
  const eb_block block = eb_block_of(exponent, format.word_length);
  const uint32_t groups = (p.end + kDraws - 1) / kDraws;
  for (uint32_t g = p.begin / kDraws + threadIdx.x; g < groups; g += kThreads) {
    round_group(a, g, p.begin, p.end, whole, x, y, [&](float v, uint32_t, uint32_t addend) {
      return eb_block_round(v, block, addend, format.keep);
    });
  }
}

// Blocks that are one piece.
template <class T>
__global__ void __launch_bounds__(kThreads)
    small_blocks_kernel(Addends a, Format format, const float* x, uint32_t inner, bool whole,
                        T* y) {
  const Piece p(blockIdx.x, inner, 0);
  const int32_t exponent = p.largest_exponent(x);
  round_piece(p, a, format, exponent, whole, x, y);
}

// exponents [blocks, pieces].
__global__ void __launch_bounds__(kThreads)
    piece_exponents_kernel(const float* x, uint32_t inner, uint32_t pieces, int32_t* exponents) {
  const Piece p(blockIdx.x / pieces, inner, blockIdx.x % pieces);
  const int32_t most = p.largest_exponent(x);
  if (threadIdx.x == 0) exponents[blockIdx.x] = most;
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    round_pieces_kernel(Addends a, Format format, const float* x, uint32_t inner, uint32_t pieces,
                        const int32_t* exponents, bool whole, T* y) {
  const uint32_t b = blockIdx.x / pieces;
  int32_t most = 0;
  for (uint32_t i = threadIdx.x; i < pieces; i += kThreads) {
    most = larger(most, exponents[b * pieces + i]);
  }
  round_piece(Piece(b, inner, blockIdx.x % pieces), a, format, block_max(most), whole, x, y);
}

// Exponents of [outer, blocks, inner] with short or strided blocks: a thread for each block.
__global__ void __launch_bounds__(kThreads)
    strided_exponents_kernel(const float* x, uint32_t outer, uint32_t blocks, uint32_t inner,
                             int32_t* exponents) {
  const uint32_t b = blockIdx.x * kThreads + threadIdx.x;
  if (b >= blocks) return;
  int32_t most = 0;
  for (uint32_t o = 0; o < outer; o++) {
    const float* from = x + (o * blocks + b) * inner;
    for (uint32_t j = 0; j < inner; j++) most = larger(most, eb_exponent_in_place(from[j]));
  }
  exponents[b] = most;
}

// Every element by itself: y[i] = f(x[i], i, addend), eight to a thread.
template <class F, class T>
__global__ void __launch_bounds__(kThreads)
    each_kernel(Addends a, F f, const float* x, uint32_t n, bool whole, T* y) {
  const uint32_t groups = (n + kDraws - 1) / kDraws;
  for (uint32_t g = blockIdx.x * kThreads + threadIdx.x; g < groups; g += gridDim.x * kThreads) {
    round_group(a, g, 0, n, whole, x, y, f);
  }
}

template <class F, class T>
eb_status each(const Addends& a, F f, const float* x, int64_t n, T* y, void* stream) {
  const int64_t blocks = ceil_div(ceil_div(n, kDraws), kThreads);
  return launch(each_kernel<F, T>, grid(blocks < kMapBlocks ? blocks : kMapBlocks), kThreads,
                stream, a, f, x, n, aligned(x, y), y);
}

struct RoundStrided {
  Format format;
  const int32_t* exponents;
  uint32_t blocks;
  uint32_t inner;

  __device__ float operator()(float v, uint32_t i, uint32_t addend) const {
    const eb_block block = eb_block_of(exponents[i / inner % blocks], format.word_length);
    return eb_block_round(v, block, addend, format.keep);
  }
};

struct RoundAlone {
  Format format;

  __device__ float operator()(float v, uint32_t, uint32_t addend) const {
    const eb_block block = eb_block_of(eb_exponent_in_place(v), format.word_length);
    return eb_block_round(v, block, addend, format.keep);
  }
};

struct RoundFixed {
  eb_fixed format;
  bool away;

  __device__ float operator()(float v, uint32_t, uint32_t addend) const {
    return away ? eb_fixed_nearest_away(v, format)
                : eb_fixed_shifted(v, format, static_cast<float>(addend) * 5.9604644775390625e-8f);
  }
};

struct RoundFloat {
  eb_small_float format;

  __device__ float operator()(float v, uint32_t, uint32_t addend) const {
    return eb_small_float_round(v, format, addend);
  }
};

int64_t pieces(const eb_cuda_quantization& q) { return ceil_div(q.inner, EB_CUDA_QUANTIZE_PIECE); }

bool is_alone(const eb_cuda_quantization& q) { return q.outer == 1 && q.inner == 1; }

bool is_together(const eb_cuda_quantization& q) { return q.outer == 1 && q.inner >= kShortBlock; }

template <class T>
eb_status quantize_blocks(const eb_cuda_quantization& q, const float* x, const int64_t* step,
                          int32_t* exponents, T* y, void* stream) {
  const uint32_t word_length = static_cast<uint32_t>(q.word_length);
  const uint32_t bits = eb_block_random_bits(word_length);
  const Format format = {word_length, ~((1u << bits) - 1u)};
  const Addends a = addends(q.stochastic != 0, bits, q.hash, q.seed, step);
  const int64_t n = q.outer * q.blocks * q.inner;
  const bool whole = aligned(x, y);
  if (is_alone(q)) return each(a, RoundAlone{format}, x, n, y, stream);
  if (!is_together(q)) {
    const eb_status status = launch(strided_exponents_kernel, grid(ceil_div(q.blocks, kThreads)),
                                    kThreads, stream, x, q.outer, q.blocks, q.inner, exponents);
    if (status != EB_OK) return status;
    const RoundStrided f = {format, exponents, static_cast<uint32_t>(q.blocks),
                            static_cast<uint32_t>(q.inner)};
    return each(a, f, x, n, y, stream);
  }
  const dim3 blocks = grid(q.blocks * pieces(q));
  if (pieces(q) == 1) {
    return launch(small_blocks_kernel<T>, blocks, kThreads, stream, a, format, x, q.inner, whole,
                  y);
  }
  const eb_status status =
      launch(piece_exponents_kernel, blocks, kThreads, stream, x, q.inner, pieces(q), exponents);
  if (status != EB_OK) return status;
  return launch(round_pieces_kernel<T>, blocks, kThreads, stream, a, format, x, q.inner, pieces(q),
                exponents, whole, y);
}

bool within(int64_t value, int64_t low, int64_t high) { return value >= low && value <= high; }

bool valid(const eb_cuda_quantization& q) {
  if (q.outer < 0 || q.blocks < 0 || q.inner < 0) return false;
  switch (q.format) {
    case EB_CUDA_BLOCK_FLOAT:
      return within(q.word_length, 2, 16);
    case EB_CUDA_FIXED_POINT:
      return within(q.word_length, 1, 24) && within(q.fraction_length, -100, 100);
    case EB_CUDA_FLOATING_POINT:
      return within(q.exponent_bits, 1, 8) && within(q.mantissa_bits, 1, 22);
    default:
      return false;
  }
}

template <class T>
eb_status quantize(const eb_cuda_quantization& q, const float* x, const int64_t* step,
                   int32_t* exponents, T* y, void* stream) {
  const int64_t n = product(product(q.outer, q.blocks), q.inner);
  const eb_status fits = check(n, x, y);
  if (fits != EB_OK || n == 0) return fits;
  if (q.stochastic && !step) return EB_BAD_ARGUMENT;
  if (q.format == EB_CUDA_BLOCK_FLOAT) {
    if (!exponents && eb_cuda_quantize_scratch(&q) > 0) return EB_BAD_ARGUMENT;
    return quantize_blocks(q, x, step, exponents, y, stream);
  }
  if (q.format == EB_CUDA_FIXED_POINT) {
    const RoundFixed f = {eb_fixed_of(q.word_length, q.fraction_length, q.clamp, q.symmetric),
                          q.ties_away && !q.stochastic};
    return each(addends(q.stochastic != 0, 24, q.hash, q.seed, step), f, x, n, y, stream);
  }
  const RoundFloat f = {eb_small_float_of(q.exponent_bits, q.mantissa_bits)};
  const uint32_t bits = static_cast<uint32_t>(23 - q.mantissa_bits);
  return each(addends(q.stochastic != 0, bits, q.hash, q.seed, step), f, x, n, y, stream);
}

}  // namespace
}  // namespace eb::cuda

int64_t eb_cuda_quantize_scratch(const eb_cuda_quantization* q) {
  using namespace eb::cuda;
  if (!q || q->format != EB_CUDA_BLOCK_FLOAT || is_alone(*q)) return 0;
  return is_together(*q) ? (pieces(*q) == 1 ? 0 : q->blocks * pieces(*q)) : q->blocks;
}

eb_status eb_cuda_quantize(const eb_cuda_quantization* quantization, const float* x,
                           const int64_t* step, int32_t* exponents, int32_t element, void* y,
                           void* stream) {
  using namespace eb::cuda;
  if (!quantization || !valid(*quantization)) return EB_BAD_ARGUMENT;
  return typed(element, [=](auto* type) {
    using T = Element<decltype(type)>;
    return quantize(*quantization, x, step, exponents, static_cast<T*>(y), stream);
  });
}
