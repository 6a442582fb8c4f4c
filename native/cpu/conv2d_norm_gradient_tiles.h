// What the two passes of conv2d_norm_gradient.h do with a group of pixels, for both kinds of numbers of
// conv2d_numbers.h.
#ifndef EARLYBIRD_CPU_CONV2D_NORM_GRADIENT_TILES_H
#define EARLYBIRD_CPU_CONV2D_NORM_GRADIENT_TILES_H

#include <utility>

#include "cpu/conv2d_norm_gradient_shape.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {

// What the norm takes of V vectors of slots.
template <int V>
struct GradientColumns {
  Vec mean[V];
  Vec scale[V];
  Vec beta[V];

  template <class Room>
  GradientColumns(const Room& room, int64_t c) {
    for (int v = 0; v < V; v++) {
      mean[v] = load(room.mean + c + v * kLanes);
      scale[v] = load(room.scale + c + v * kLanes);
      beta[v] = load(room.beta + c + v * kLanes);
    }
  }

  // What the ReLU reads, where x is `away` from the mean.
  Vec normalized(Vec away, int v) const { return eb::EB_ISA::add(mul(away, scale[v]), beta[v]); }
};

// A group of pixels, in tiles of pixels and blocks of slots.
template <class N, bool kPacked>
class GradientTiles {
 public:
  using Element = typename N::Element;
  using Term = typename N::Term;
  using Shape = GradientShape<N>;

  GradientTiles(const GradientRun<N>& run, char* own, Part pixels)
      : p(run),
        g(run.g),
        pixels(pixels),
        count(pixels.end - pixels.begin),
        made(reinterpret_cast<Term*>(own)),
        together(reinterpret_cast<float*>(made + g.thread_terms())) {
    if constexpr (kAsStored) rows = columns = p.o.dy + pixels.begin * g.out;
  }

  // Brings those channels of x together that the norm keeps.
  void take_together() {
    if constexpr (kPacked) {
      int64_t t = 0;
      for (; t + kTall <= count; t += kTall) take_rows<kTall>(t);
      for (; t < count; t++) take_rows<1>(t);
    }
  }

  // dy in terms of neighbouring channels.
  void pack_rows() {
    if constexpr (!kAsStored) {
      Term* packed = made + kGroup * kBlock;
      rows = packed;
      for (int64_t c = 0; c < g.out; c += kLanes) {
        const Element* from = p.o.dy + pixels.begin * g.out + c;
        for (int64_t n = 0; n < count; n++, from += g.out) {
          N::put(packed + n * g.row_pitch, c, load_channels(from, g.out - c));
        }
      }
    }
  }

  // dy in terms of neighbouring pixels.
  void pack_columns() {
    if constexpr (!kAsStored) {
      Term* packed = made + kGroup * (kBlock + g.row_pitch);
      columns = packed;
      const int64_t whole = count / N::kNumbers;
      for (int64_t i = 0; i < g.out; i += kLanes) {
        const Element* from = p.o.dy + pixels.begin * g.out + i;
        const int64_t left = std::min<int64_t>(kLanes, g.out - i);
        Term* to = packed + i;
        for (int64_t t = 0; t < whole; t++, from += N::kNumbers * g.out, to += g.column_pitch) {
          N::join(to, from, from + g.out, left);
        }
        if (whole * N::kNumbers < count) N::join(to, from, nullptr, left);
      }
    }
  }

  // Adds a block of slots to their sums, and puts what the ReLU gave into terms of neighbouring pixels.
  void add(int64_t block, double* sums, double* products) {
    if (vectors_of(g.slots, block) == 1) {
      add<1>(block * kBlock, sums, products);
    } else {
      add<2>(block * kBlock, sums, products);
    }
  }

  // Adds the products of what add() has put and dy to dw, or begins it if `fresh`.
  void multiply(int64_t block, bool fresh, float* dw) const {
    const int64_t vectors = vectors_of(g.slots, block);
    const int64_t parts = (g.out + rows_of(vectors) - 1) / rows_of(vectors);
    for (int64_t part = 0; part < parts; part++) {
      const int64_t begin = g.out * part / parts;
      const int64_t end = g.out * (part + 1) / parts;
      multiply_of<N, true, Nothing>(end - begin, vectors)(columns + begin, g.column_pitch, made,
                                                          terms_of<N>(count), fresh, Nothing(),
                                                          dw + (block * g.out + begin) * kBlock);
    }
  }

  // dx: all channels of some pixels, then the next ones, because the processor fetches ahead in the
  // order of memory.
  void write() {
    int64_t t = 0;
    for (; t + kTall <= count; t += kTall) write_rows<kTall>(t);
    for (; t < count; t++) write_rows<1>(t);
  }

 private:
  static constexpr bool kAsStored = Shape::kAsStored;
  static constexpr int64_t kGroup = Shape::kGroup;
  static constexpr int kTall = Shape::kTall;
  static constexpr int kFew = Shape::kFew;

  template <int V>
  void add(int64_t c, double* sums, double* products) {
    Vec sum[V];
    Vec product[V];
    for (int v = 0; v < V; v++) sum[v] = product[v] = zero();
    constexpr int kMost = rows_of(V);
    int64_t t = 0;
    for (; t + kMost <= count; t += kMost) add_rows<V, kMost>(c, t, sum, product);
    for (; t + kFew <= count; t += kFew) add_rows<V, kFew>(c, t, sum, product);
    add_last<V>(c, t, std::make_integer_sequence<int, kFew - 1>(), sum, product);
    for (int v = 0; v < V; v++) {
      float lanes[2][kLanes];
      store(lanes[0], sum[v]);
      store(lanes[1], product[v]);
      for (int i = 0; i < kLanes; i++) {
        sums[c + v * kLanes + i] += lanes[0][i];
        products[c + v * kLanes + i] += lanes[1][i];
      }
    }
  }

  // The last pixels, fewer than kFew.
  template <int V, int... R>
  void add_last(int64_t c, int64_t t, std::integer_sequence<int, R...>, Vec (&sum)[V],
                Vec (&product)[V]) {
    ((count - t == R + 1 ? add_rows<V, R + 1>(c, t, sum, product) : void()), ...);
  }

  // R pixels from an even number t on.
  template <int V, int R>
  void add_rows(int64_t c, int64_t t, Vec (&sum)[V], Vec (&product)[V]) {
    Vec d[R][V];
    gradients<V, R>(c, t, d);
    const GradientColumns<V> table(p.room, c);
    if (c == 0) ask(p.o.dy + (pixels.begin + t + kGroup) * g.out, R * g.out);
#pragma GCC unroll 2
    for (int v = 0; v < V; v++) {
      Vec made_before = zero();
#pragma GCC unroll 32
      for (int r = 0; r < R; r++) {
        const Vec away = sub(x(t + r, c + v * kLanes), table.mean[v]);
        const Vec y = table.normalized(away, v);
        const Vec passed = where_positive(y, d[r][v]);
        sum[v] = eb::EB_ISA::add(sum[v], passed);
        product[v] = fma(passed, away, product[v]);
        const Vec made_now = relu(y);
        if (kAsStored || r % 2 == 1 || r + 1 == R) {
          const bool second = !kAsStored && r % 2 == 1;
          const Vec both[] = {second ? made_before : made_now, second ? made_now : zero()};
          N::pack(made + (t + r) / N::kNumbers * kBlock + v * kLanes, both);
        }
        made_before = made_now;
      }
    }
  }

  template <int R>
  void write_rows(int64_t t) {
    ask(p.o.dy + (pixels.begin + t + kGroup) * g.out, R * g.out);
    for (int64_t block = 0; block < g.blocks; block++) {
      if (vectors_of(g.slots, block) == 1) {
        write_tile<1, R>(block * kBlock, t);
      } else {
        write_tile<2, R>(block * kBlock, t);
      }
    }
    for (int64_t r = 0; kPacked && r < R; r++) take_apart(t + r);
  }

  template <int V, int R>
  void write_tile(int64_t c, int64_t t) {
    Vec d[R][V];
    gradients<V, R>(c, t, d);
    const GradientColumns<V> table(p.room, c);
    Vec kept[V];
    Vec shift[V];
    Vec slope[V];
    for (int v = 0; v < V; v++) {
      kept[v] = load(p.room.kept + c + v * kLanes);
      shift[v] = load(p.room.shift + c + v * kLanes);
      slope[v] = load(p.room.slope + c + v * kLanes);
    }
    const int64_t first = (pixels.begin + t) * g.channels;
#pragma GCC unroll 32
    for (int r = 0; r < R; r++) {
      const int64_t at = first + r * g.channels;
      Vec dx[V];
#pragma GCC unroll 2
      for (int v = 0; v < V; v++) {
        const int64_t slot = c + v * kLanes;
        const Vec away = sub(x(t + r, slot), table.mean[v]);
        const Vec passed = where_positive(table.normalized(away, v), d[r][v]);
        dx[v] = mul(table.scale[v], sub(sub(passed, shift[v]), mul(away, slope[v])));
        if constexpr (kPacked) {
          store(together + (t + r) * g.padded() + slot, dx[v]);
        } else {
          dx[v] = plus_other(where_positive(kept[v], dx[v]), at, slot);
        }
      }
      if constexpr (!kPacked) put(dx, at + c, g.channels - c);
    }
  }

  template <int R>
  void take_rows(int64_t t) {
    const Element* from = p.o.x + (pixels.begin + t) * g.channels;
    for (int64_t r = 0; r < R; r++) ask(from + (kGroup + r) * g.channels, g.channels);
    p.picks->template take<R>(from, g.channels, together + t * g.padded(), g.padded());
  }

  // Channels of dx of one pixel, which lie together, come to their places; other ones are zero.
  void take_apart([[maybe_unused]] int64_t t) const {
    if constexpr (kPacked) {
      const float* from = together + t * g.padded();
      const int64_t at = (pixels.begin + t) * g.channels;
      const auto* group = p.picks->selection.begin();
      int64_t c = 0;
      for (; c + kBlock <= g.channels; c += kBlock, group += 2) {
        const Vec dx[] = {plus_other(group[0].apart(from), at, c),
                          plus_other(group[1].apart(from), at, c + kLanes)};
        put(dx, at + c, kBlock);
      }
      for (; c < g.channels; c += kLanes, group++) {
        const Vec dx[] = {plus_other(group->apart(from), at, c)};
        put(dx, at + c, g.channels - c);
      }
    }
  }

  // Adds the other gradient of a vector of channels from c on, if there is one.
  Vec plus_other(Vec dx, int64_t pixel, int64_t c) const {
    if (!p.o.other) return dx;
    const Element* other = p.o.other + pixel + c;
    ask(other + kGroup * g.channels);
    return eb::EB_ISA::add(dx, load_channels(other, g.channels - c));
  }

  // A vector of x of a pixel from a slot on; asks for that of the next group.
  Vec x(int64_t t, int64_t slot) const {
    if constexpr (kPacked) {
      return load(together + t * g.padded() + slot);
    } else {
      const Element* at = p.o.x + (pixels.begin + t) * g.channels + slot;
      ask(at + kGroup * g.channels);
      return load_channels(at, g.channels - slot);
    }
  }

  // Writes `n` channels of dx, all of them if they are fewer.
  template <int V>
  void put(const Vec (&dx)[V], int64_t at, int64_t n) const {
    if (p.stream) {
      stream_vectors(p.o.dx + at, dx);
      return;
    }
    for (int v = 0; v < V; v++) store_channels(p.o.dx + at + v * kLanes, dx[v], n - v * kLanes);
  }

  template <int V>
  static void stream_vectors(float* to, const Vec (&v)[V]) {
    for (int i = 0; i < V; i++) stream(to + i * kLanes, v[i]);
  }

#if defined(__AVX512BF16__)
  static void stream_vectors(Bf16* to, const Vec (&v)[2]) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to), (__m512i)_mm512_cvtne2ps_pbh(v[1], v[0]));
  }

  // Never called: whole lines are blocks of two vectors.
  static void stream_vectors(Bf16*, const Vec (&)[1]) {}
#endif

  // The gradient of what the ReLU gave, in a block from channel c on, of R pixels from t on.
  template <int V, int R>
  void gradients(int64_t c, int64_t t, Vec (&d)[R][V]) const {
#pragma GCC unroll 32
    for (int r = 0; r < R; r++) {
#pragma GCC unroll 2
      for (int v = 0; v < V; v++) d[r][v] = zero();
    }
    accumulate<N, false>(rows + t * g.row_pitch, g.row_pitch, p.room.w + c * g.terms, g.terms,
                         Nothing(), d);
  }

  // Asks for a line that is needed soon.
  static void ask(const Element* at) {
    _mm_prefetch(reinterpret_cast<const char*>(at), _MM_HINT_T1);
  }

  static void ask(const Element* from, int64_t n) {
    for (int64_t i = 0; i < n; i += kLineOf<Element>) ask(from + i);
  }

  const GradientRun<N>& p;
  const Shape& g;
  Part pixels;
  int64_t count;
  Term* made;       // [terms of pixels, kBlock]: what the ReLU gave
  float* together;  // [pixels, slots] if kPacked: x, then dx
  const Term* rows = nullptr;
  const Term* columns = nullptr;
};

}  // namespace eb::EB_ISA

#endif
