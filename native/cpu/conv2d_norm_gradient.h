// The whole backward pass of a 1x1 convolution whose input is read through batch norm and ReLU, for both
// kinds of numbers of conv2d_numbers.h; see conv2d_norm_backward.cpp.
#ifndef EARLYBIRD_CPU_CONV2D_NORM_GRADIENT_H
#define EARLYBIRD_CPU_CONV2D_NORM_GRADIENT_H

#include <omp.h>

#include <algorithm>

#include "common/batch_norm.h"
#include "cpu/conv2d_norm_gradient_tiles.h"

namespace eb::EB_ISA {

// Of the operands of GradientShape.
template <class N>
class NormGradient {
 public:
  using Element = typename N::Element;
  using Operands = GradientOperands<N>;

  NormGradient(const eb_conv2d& s, int64_t channels) : g(s, channels) {}

  // Bytes of scratch for run(), on cache lines.
  int64_t bytes() const {
    const auto begin = uintptr_t{64};
    const Room room(g, reinterpret_cast<void*>(begin));
    return static_cast<int64_t>(reinterpret_cast<uintptr_t>(room.threads) - begin) +
           omp_get_max_threads() * g.thread_bytes();
  }

  void run(const eb_norm& norm, const Operands& o, void* scratch) const {
#if defined(__AVX512F__)
    if (g.packs()) {
      const ChannelPicks picks(norm.selected, g.in, g.channels);
      run<true>(norm, o, &picks, scratch);
      return;
    }
#endif
    run<false>(norm, o, nullptr, scratch);
  }

 private:
  using Shape = GradientShape<N>;
  using Room = GradientRoom<N>;
  using Run = GradientRun<N>;

  template <bool kPacked>
  void run(const eb_norm& norm, const Operands& o, const ChannelPicks* picks, void* scratch) const {
    const Room room(g, scratch);
    const bool stream = g.channels % kLineOf<Element> == 0 && o.dx != o.x && o.dx != o.other &&
                        should_stream_lines(o.dx, g.pixels * g.channels);
    const Run all{g, o, room, picks, stream};
    const Pass<kPacked> pass{all, norm};
#pragma omp parallel
    {
      pass.prepare(my_part(g.blocks));
      pass.clear(my_part(g.channels));
#pragma omp barrier
      const Part mine = my_part(g.pieces);
      char* own = room.threads + omp_get_thread_num() * g.thread_bytes();
      for (int64_t i = mine.begin; i < mine.end; i++) pass.sum(i, own);
#pragma omp barrier
      pass.finish(my_part(g.blocks));
#pragma omp barrier
      // The cache may still hold the last piece.
      for (int64_t i = mine.end; i-- > mine.begin;) pass.write(i, own);
      if (stream) stream_end();
    }
  }

  // One run.
  template <bool kPacked>
  struct Pass {
    const Run& run;
    const eb_norm& norm;
    const Shape& g = run.g;
    const Operands& o = run.o;
    const Room& room = run.room;

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
      return {group * Shape::kGroup, std::min((group + 1) * Shape::kGroup, g.pixels)};
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
        GradientTiles<N, kPacked> tiles(run, own, pixels(i));
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
        GradientTiles<N, kPacked> tiles(run, own, pixels(i));
        tiles.take_together();
        tiles.pack_rows();
        tiles.write();
      }
    }
  };

  Shape g;
};

}  // namespace eb::EB_ISA

#endif
