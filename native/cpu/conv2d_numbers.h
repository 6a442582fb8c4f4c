// What products of packed operands multiply, and blocks of their sums.
#ifndef EARLYBIRD_CPU_CONV2D_NUMBERS_H
#define EARLYBIRD_CPU_CONV2D_NUMBERS_H

#include <utility>

#include "cpu/lanes.h"
#include "cpu/simd.h"

namespace eb::EB_ISA {

// What is multiplied. A row and a column of a product are read as terms, each of kNumbers numbers that
// stand for neighbouring channels or tiles; sums are fp32.
struct Floats {
  using Element = float;  // of images
  using Term = float;
  using Column = Vec;
  static constexpr int64_t kNumbers = 1;

  // Puts a vector of numbers in sequence into terms.
  static void put(Term* to, int64_t at, Vec v) { store(to + at, v); }

  // Puts kLanes terms, each of the numbers of one lane.
  static void pack(Term* to, const Vec* v) { store(to, v[0]); }

  // Puts terms of the first n numbers at a; n is at most kLanes, further terms are zero.
  static void join(Term* to, const Element* a, const Element*, int64_t n) {
    store(to, load_channels(a, n));
  }

  static Column column(const Term* p) { return load(p); }

  static Vec add_product(Vec sum, const Term* row, Column column) {
    return fma(broadcast(row), column, sum);
  }
};

#if defined(__AVX512BF16__)
// Transforms of bf16 numbers, computed in fp32 and rounded to bf16 before they are multiplied.
struct Bf16Pairs {
  using Element = Bf16;
  using Term = uint32_t;
  using Column = __m512i;
  static constexpr int64_t kNumbers = 2;

  static void put(Term* to, int64_t at, Vec v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(reinterpret_cast<uint16_t*>(to) + at),
                        rounded(v));
  }

  static void pack(Term* to, const Vec* v) {
    const __m512i low = _mm512_maskz_cvtepu16_epi32(kAll, rounded(v[0]));
    const __m512i high = _mm512_maskz_cvtepu16_epi32(kAll, rounded(v[1]));
    _mm512_storeu_si512(to, _mm512_or_si512(low, _mm512_maskz_slli_epi32(kAll, high, 16)));
  }

  // Puts terms of the first n numbers at a and at b, or zero if there is no b.
  static void join(Term* to, const Element* a, const Element* b, int64_t n) {
    const __m512i low = numbers(a, n);
    const __m512i high = b ? numbers(b, n) : _mm512_setzero_si512();
    _mm512_storeu_si512(to, _mm512_or_si512(low, _mm512_maskz_slli_epi32(kAll, high, 16)));
  }

  static Column column(const Term* p) { return _mm512_loadu_si512(p); }

  static Vec add_product(Vec sum, const Term* row, Column column) {
    return _mm512_dpbf16_ps(sum, (__m512bh)column,
                            (__m512bh)_mm512_set1_epi32(static_cast<int>(*row)));
  }

 private:
  static constexpr __mmask16 kAll = 0xFFFF;

  static __m512i numbers(const Element* p, int64_t n) {
    return _mm512_maskz_cvtepu16_epi32(kAll, _mm256_maskz_loadu_epi16(first_lanes(n), p));
  }
};
#endif

// Terms that hold n numbers.
template <class N>
constexpr int64_t terms_of(int64_t n) {
  return (n + N::kNumbers - 1) / N::kNumbers;
}

// Vectors of block `block` of `channels` that hold any.
inline int64_t vectors_of(int64_t channels, int64_t block) {
  return channels - block * kBlock > kLanes ? 2 : 1;
}

// Rows of a block of sums of V vectors that stay in registers.
constexpr int rows_of(int64_t v) { return (kLanes == 16 ? 24 : 12) / static_cast<int>(v); }

// Nothing that is asked for while something is computed.
struct Nothing {
  void ask(int64_t) const {}
};

// Memory that is needed next and asked for while something is computed, two or four lines at every
// step. The processor's own prefetching keeps up with these products only half.
struct Ahead {
  const char* from;  // null: nothing
  bool four;

  static constexpr int64_t kTwo = 128;

  int64_t bytes() const { return four ? 2 * kTwo : kTwo; }

  void ask(int64_t step) const {
    if (!from) return;
    const char* at = from + step * bytes();
    ask_two(at);
    if (four) ask_two(at + kTwo);
  }

  static void ask_two(const char* at) {
    _mm_prefetch(at, _MM_HINT_T1);
    _mm_prefetch(at + 64, _MM_HINT_T1);
  }
};

// Stretches of memory that are asked for in a number of steps, one after the other.
class Stretches {
 public:
  // Those of no steps ask for nothing.
  explicit Stretches(int64_t steps) : steps_(steps) {}

  // `pixels` neighbouring pixels of `channels`; nothing if null.
  template <class T>
  void add(const T* from, int64_t channels, int64_t pixels) {
    if (!from || pixels <= 0) return;
    const int64_t bytes = pixels * channels * static_cast<int64_t>(sizeof(T));
    all_[count_++] = {reinterpret_cast<const char*>(from), bytes};
    total_ += bytes;
  }

  // What step `step` and those after it ask for.
  Ahead ahead(int64_t step) const {
    if (total_ == 0 || steps_ == 0) return {};
    const bool four = total_ > steps_ * Ahead::kTwo;
    int64_t at = step * Ahead{nullptr, four}.bytes();
    for (int i = 0; i < count_; i++) {
      if (at < all_[i].bytes) return {all_[i].from + at, four};
      at -= all_[i].bytes;
    }
    return {};
  }

 private:
  struct Stretch {
    const char* from;
    int64_t bytes;
  };

  Stretch all_[3] = {};
  int count_ = 0;
  int64_t total_ = 0;
  int64_t steps_;
};

// Adds R rows x V vectors of products of one term to acc; those of two rows lie `row_step` apart.
template <class N, int V, int R>
inline void add_term(const typename N::Term* rows, int64_t row_step,
                     const typename N::Term* columns, Vec (&acc)[R][V]) {
  typename N::Column column[V];
#pragma GCC unroll 2
  for (int v = 0; v < V; v++) column[v] = N::column(columns + v * kLanes);
#pragma GCC unroll 32
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
    for (int v = 0; v < V; v++) {
      acc[r][v] = N::add_product(acc[r][v], rows + r * row_step, column[v]);
    }
  }
}

// Adds R rows x V vectors of products to acc. Term i of row r is rows[r * pitch + i], or, if the rows lie
// side by side, rows[i * pitch + r]; columns are [terms, kBlock].
template <class N, bool kSideBySide, class Next, int V, int R>
inline void accumulate(const typename N::Term* rows, int64_t pitch, const typename N::Term* columns,
                       int64_t terms, const Next& next, Vec (&acc)[R][V]) {
  const int64_t row_step = kSideBySide ? 1 : pitch;
  const int64_t term_step = kSideBySide ? pitch : 1;
  for (int64_t i = 0; i < terms; i++, rows += term_step, columns += kBlock) {
    next.ask(i);
    add_term<N>(rows, row_step, columns, acc);
  }
}

// The same of rows of which some terms are chosen: term i of row r is rows[r * pitch + chosen[i]].
template <class N, class Next, int V, int R>
inline void accumulate_chosen(const typename N::Term* rows, int64_t pitch, const int32_t* chosen,
                              const typename N::Term* columns, int64_t terms, const Next& next,
                              Vec (&acc)[R][V]) {
  for (int64_t i = 0; i < terms; i++, columns += kBlock) {
    next.ask(i);
    add_term<N>(rows + chosen[i], pitch, columns, acc);
  }
}

// Adds products, see accumulate(), to sums [R, kBlock], or begins them if `fresh`.
template <class N, bool kSideBySide, class Next, int V, int R>
void multiply(const typename N::Term* rows, int64_t pitch, const typename N::Term* columns,
              int64_t terms, bool fresh, const Next& next, float* sums) {
  Vec acc[R][V];
#pragma GCC unroll 32
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
    for (int v = 0; v < V; v++) acc[r][v] = fresh ? zero() : load(sums + r * kBlock + v * kLanes);
  }
  accumulate<N, kSideBySide>(rows, pitch, columns, terms, next, acc);
#pragma GCC unroll 32
  for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
    for (int v = 0; v < V; v++) store(sums + r * kBlock + v * kLanes, acc[r][v]);
  }
}

template <class N, class Next>
using Multiply = void (*)(const typename N::Term*, int64_t, const typename N::Term*, int64_t, bool,
                          const Next&, float*);

template <class N, bool kSideBySide, class Next, int V, int... R>
Multiply<N, Next> multiply_of(int64_t rows, std::integer_sequence<int, R...>) {
  static constexpr Multiply<N, Next> all[] = {multiply<N, kSideBySide, Next, V, R + 1>...};
  return all[rows - 1];
}

template <class N, bool kSideBySide, class Next>
Multiply<N, Next> multiply_of(int64_t rows, int64_t vectors) {
  constexpr auto tall = std::make_integer_sequence<int, rows_of(1)>();
  constexpr auto wide = std::make_integer_sequence<int, rows_of(2)>();
  return vectors == 1 ? multiply_of<N, kSideBySide, Next, 1>(rows, tall)
                      : multiply_of<N, kSideBySide, Next, 2>(rows, wide);
}

}  // namespace eb::EB_ISA

#endif
