// The whole backward pass of a 1x1 convolution whose input is read through batch norm and ReLU, for both
// kinds of numbers of conv2d_numbers.h; see conv2d_norm_backward.cpp.
#ifndef EARLYBIRD_CPU_CONV2D_NORM_GRADIENT_H
#define EARLYBIRD_CPU_CONV2D_NORM_GRADIENT_H

#include <omp.h>

#include <algorithm>
#include <utility>

#include "common/batch_norm.h"
#include "cpu/channel_grid.h"
#include "cpu/channel_picks.h"
#include "cpu/conv2d_check.h"
#include "cpu/conv2d_numbers.h"
#include "cpu/conv2d_read.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {

// Of x [pixels, channels], of which a norm keeps `in` channels, and dy [pixels, out].
template <class N>
class NormGradient {
 public:
  using Element = typename N::Element;

  struct Operands {
    const Element* x;
    const float* w;  // stored as for eb_conv2d_f32
    const Element* dy;
    const Element* other;  // is added to dx; may be null
    Element* dx;
    float* dgamma;
    float* dbeta;
    float* dw;  // stored as w
  };

  NormGradient(const eb_conv2d& s, int64_t channels)
      : pixels(s.n * s.height * s.width),
        in(s.in),
        out(s.out),
        channels(channels),
        slots(packs() ? in : channels),
        blocks((slots + kBlock - 1) / kBlock),
        terms(terms_of<N>(out)),
        row_pitch(kAsStored ? out : terms_of<N>(vectors_of(out) * kLanes)),
        column_pitch(kAsStored ? out : vectors_of(out) * kLanes),
        groups((pixels + kGroup - 1) / kGroup),
        pieces(std::min(kPieces, groups)) {}

  // Bytes of scratch for run(), on cache lines.
  int64_t bytes() const {
    const auto begin = uintptr_t{64};
    const Room room(*this, reinterpret_cast<void*>(begin));
    return static_cast<int64_t>(reinterpret_cast<uintptr_t>(room.threads) - begin) +
           omp_get_max_threads() * thread_bytes();
  }

  void run(const eb_norm& norm, const Operands& o, void* scratch) const {
#if defined(__AVX512F__)
    if (packs()) {
      const ChannelPicks picks(norm.selected, in, channels);
      run<true>(norm, o, &picks, scratch);
      return;
    }
#endif
    run<false>(norm, o, nullptr, scratch);
  }

 private:
  using Term = typename N::Term;

  template <bool kPacked>
  void run(const eb_norm& norm, const Operands& o, const ChannelPicks* picks, void* scratch) const {
    const Room room(*this, scratch);
    const bool stream = channels % kLineOf<Element> == 0 && o.dx != o.x && o.dx != o.other &&
                        should_stream_lines(o.dx, pixels * channels);
    const Pass<kPacked> pass{*this, norm, o, room, picks, stream};
#pragma omp parallel
    {
      pass.prepare(my_part(blocks));
      pass.clear(my_part(channels));
#pragma omp barrier
      const Part mine = my_part(pieces);
      char* own = room.threads + omp_get_thread_num() * thread_bytes();
      for (int64_t i = mine.begin; i < mine.end; i++) pass.sum(i, own);
#pragma omp barrier
      pass.finish(my_part(blocks));
#pragma omp barrier
      // The cache may still hold the last piece.
      for (int64_t i = mine.end; i-- > mine.begin;) pass.write(i, own);
      if (stream) stream_end();
    }
  }

  // Single floats are multiplied where they are stored.
  static constexpr bool kAsStored = N::kNumbers == 1;
  // Pixels whose gradients are computed together, in whole tiles.
  static constexpr int64_t kGroup = 48;
  // Pixels of a tile of two vectors of channels.
  static constexpr int kTall = rows_of(2);
  // Pixels of a tile that does not fill the registers.
  static constexpr int kFew = 4;
  // Parts of the pixels that are summed apart, so that sums do not depend on the number of threads.
  static constexpr int64_t kPieces = 16;

  // Whether the channels that the norm keeps are brought together; else all are computed, those that it does
  // not keep with weights of zero.
  bool packs() const {
#if defined(__AVX512F__)
    return in < channels;
#else
    return false;
#endif
  }

  // Slots in whole blocks.
  int64_t padded() const { return blocks * kBlock; }

  // Terms of what a block of channels is multiplied by, and of dy in both orders.
  int64_t thread_terms() const {
    return kGroup * (kBlock + (kAsStored ? 0 : row_pitch + column_pitch));
  }

  // These, and the channels of a group that are brought together.
  int64_t thread_bytes() const {
    const int64_t together = packs() ? kGroup * padded() * static_cast<int64_t>(sizeof(float)) : 0;
    return Scratch::bytes(thread_terms() * static_cast<int64_t>(sizeof(Term)) + together);
  }

  // Where a weight is stored.
  int64_t weight(int64_t output, int64_t input) const {
    return (output / kBlock * in + input) * kBlock + output % kBlock;
  }

  // The scratch memory: tables of all slots, zero for those without a channel, weights and sums.
  struct Room {
    Room(const NormGradient& g, void* memory) {
      Scratch scratch(memory);
      const int64_t n = g.padded();
      place = scratch.take<int32_t>(n);
      kept = scratch.take<float>(n);
      mean = scratch.take<float>(n);
      scale = scratch.take<float>(n);
      beta = scratch.take<float>(n);
      shift = scratch.take<float>(n);
      slope = scratch.take<float>(n);
      w = scratch.take<Term>(g.terms * n);
      sum = scratch.take<double>(g.pieces * n);
      product = scratch.take<double>(g.pieces * n);
      dw = scratch.take<float>(g.pieces * g.out * n);
      threads = scratch.take<char>(0);
    }

    int32_t* place;  // among those that the norm keeps, or -1
    float* kept;     // 1 or 0
    float* mean;
    float* scale;
    float* beta;
    float* shift;
    float* slope;
    Term* w;          // [blocks, terms, kBlock]
    double* sum;      // [pieces, slots]: of the gradient
    double* product;  // of the gradient and x - mean
    float* dw;        // [pieces, blocks, out, kBlock]
    char* threads;
  };

  // One run. Channels have slots: those that the norm keeps one behind the other if kPacked, else all.
  template <bool kPacked>
  struct Pass {
    const NormGradient& g;
    const eb_norm& norm;
    const Operands& o;
    const Room& room;
    const ChannelPicks* picks;
    bool stream;

    // The channel that the norm keeps as its k-th.
    int64_t channel(int64_t k) const { return norm.selected ? norm.selected[k] : k; }

    // Gradients of some channels, as they are of those that the norm does not keep.
    void clear(Part mine) const {
      std::fill(o.dgamma + mine.begin, o.dgamma + mine.end, 0.0f);
      std::fill(o.dbeta + mine.begin, o.dbeta + mine.end, 0.0f);
    }

    // Tables and weights of some blocks of slots.
    void prepare(Part mine) const {
      const int64_t begin = mine.begin * kBlock;
      const int64_t end = mine.end * kBlock;
      for (int64_t c = begin; c < end; c++) {
        room.place[c] = -1;
        room.kept[c] = room.mean[c] = room.scale[c] = room.beta[c] = 0.0f;
        room.shift[c] = room.slope[c] = 0.0f;
      }
      for (int64_t k = 0; k < g.in; k++) {
        const int64_t c = channel(k);
        const int64_t slot = kPacked ? k : c;
        if (slot < begin || slot >= end) continue;
        room.place[slot] = static_cast<int32_t>(k);
        room.kept[slot] = 1.0f;
        room.mean[slot] = norm.mean[c];
        room.scale[slot] = eb_batch_norm_scale(norm.gamma[c], norm.variance[c], norm.epsilon);
        room.beta[slot] = norm.beta[c];
      }
      for (int64_t c = begin; c < end; c += kLanes) {
        for (int64_t t = 0; t < g.terms; t++) {
          Vec numbers[N::kNumbers];
          for (int64_t k = 0; k < N::kNumbers; k++) {
            numbers[k] = weights(t * N::kNumbers + k, c);
          }
          N::pack(room.w + (c / kBlock * g.terms + t) * kBlock + c % kBlock, numbers);
        }
      }
    }

    // Those of one output and of a vector of slots from c on; zeros where there are none.
    Vec weights(int64_t output, int64_t c) const {
      float lanes[kLanes] = {};
      for (int64_t i = 0; i < kLanes && output < g.out; i++) {
        const int32_t k = room.place[c + i];
        if (k >= 0) lanes[i] = o.w[g.weight(output, k)];
      }
      return load(lanes);
    }

    Part pixels(int64_t group) const {
      return {group * kGroup, std::min((group + 1) * kGroup, g.pixels)};
    }

    Part groups(int64_t piece) const {
      return {g.groups * piece / g.pieces, g.groups * (piece + 1) / g.pieces};
    }

    // The sums of a piece.
    void sum(int64_t piece, char* own) const {
      double* sums = room.sum + piece * g.padded();
      double* products = room.product + piece * g.padded();
      std::fill_n(sums, g.padded(), 0.0);
      std::fill_n(products, g.padded(), 0.0);
      float* dw = room.dw + piece * g.out * g.padded();
      const Part all = groups(piece);
      for (int64_t i = all.begin; i < all.end; i++) {
        Tiles<kPacked> tiles(*this, own, pixels(i));
        tiles.take_together();
        tiles.pack_rows();
        tiles.pack_columns();
        for (int64_t b = 0; b < g.blocks; b++) {
          tiles.add(b, sums, products);
          tiles.multiply(b, i == all.begin, dw);
        }
      }
    }

    // dgamma, dbeta, dw and the tables of the second pass for some blocks of slots.
    void finish(Part mine) const {
      const double rows = static_cast<double>(g.pixels);
      for (int64_t s = mine.begin * kBlock; s < std::min(mine.end * kBlock, g.slots); s++) {
        const int64_t k = room.place[s];
        if (k < 0) continue;
        const int64_t c = channel(k);
        const double sum = total(room.sum + s, g.padded());
        const double invstd = eb_batch_norm_invstd(norm.variance[c], norm.epsilon);
        const double dgamma = total(room.product + s, g.padded()) * invstd;
        o.dbeta[c] = static_cast<float>(sum);
        o.dgamma[c] = static_cast<float>(dgamma);
        room.shift[s] = static_cast<float>(sum / rows);
        room.slope[s] = static_cast<float>(dgamma * invstd / rows);
        const float* dw = room.dw + s / kBlock * g.out * kBlock + s % kBlock;
        for (int64_t j = 0; j < g.out; j++, dw += kBlock) {
          o.dw[g.weight(j, k)] = total(dw, g.out * g.padded());
        }
        const int64_t stored = (g.out + kBlock - 1) / kBlock * kBlock;
        for (int64_t j = g.out; j < stored; j++) o.dw[g.weight(j, k)] = 0.0f;
      }
    }

    // The sum over all pieces.
    template <class T>
    T total(const T* first, int64_t step) const {
      T sum = first[0];
      for (int64_t i = 1; i < g.pieces; i++) sum += first[i * step];
      return sum;
    }

    // dx of a piece.
    void write(int64_t piece, char* own) const {
      const Part all = groups(piece);
      for (int64_t i = all.begin; i < all.end; i++) {
        Tiles<kPacked> tiles(*this, own, pixels(i));
        tiles.take_together();
        tiles.pack_rows();
        tiles.write();
      }
    }
  };

  // What the norm takes of V vectors of slots.
  template <int V>
  struct Columns {
    Vec mean[V];
    Vec scale[V];
    Vec beta[V];

    Columns(const Room& room, int64_t c) {
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
  template <bool kPacked>
  class Tiles {
   public:
    Tiles(const Pass<kPacked>& pass, char* own, Part pixels)
        : p(pass),
          g(pass.g),
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
      const Columns<V> table(p.room, c);
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
      const Columns<V> table(p.room, c);
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

    const Pass<kPacked>& p;
    const NormGradient& g;
    Part pixels;
    int64_t count;
    Term* made;       // [terms of pixels, kBlock]: what the ReLU gave
    float* together;  // [pixels, slots] if kPacked: x, then dx
    const Term* rows = nullptr;
    const Term* columns = nullptr;
  };

  int64_t pixels;
  int64_t in;
  int64_t out;
  int64_t channels;
  int64_t slots;         // of channels that are computed
  int64_t blocks;        // of slots
  int64_t terms;         // of dy's channels
  int64_t row_pitch;     // terms between two pixels of dy in terms of channels
  int64_t column_pitch;  // and between two terms of pixels
  int64_t groups;        // of pixels
  int64_t pieces;
};

}  // namespace eb::EB_ISA

#endif
