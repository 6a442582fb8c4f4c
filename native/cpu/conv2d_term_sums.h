// Gradients of weights as sums over terms: of neighbouring pixels or tiles, every number of x times
// every number of dy, once per point.
#ifndef EARLYBIRD_CPU_CONV2D_TERM_SUMS_H
#define EARLYBIRD_CPU_CONV2D_TERM_SUMS_H

#include <omp.h>

#include <algorithm>

#include "cpu/conv2d_numbers.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {

template <class N, int kPoints>
class TermSums {
 public:
  using Term = typename N::Term;

  // Sums [points, blocks of `out`, in, kBlock] over `terms` terms.
  TermSums(int64_t terms, int64_t in, int64_t out)
      : terms_(terms),
        in_(in),
        out_(out),
        pitch_(pitch_of(in)),
        blocks_((out + kBlock - 1) / kBlock) {
    const int64_t term = kPoints * (pitch_ + blocks_ * kBlock) * static_cast<int64_t>(sizeof(Term));
    const bool small = size() * static_cast<int64_t>(sizeof(float)) <= kCopyBytes;
    chunk_ = std::clamp<int64_t>((small ? kGroupBytes : kChunkBytes) / term, 1, terms);
    copies_ = small ? std::min(kCopies, (terms + chunk_ - 1) / chunk_) : 1;
    at_once_ = !small && chunk_ == terms;
    const int64_t row = kPoints * kBlock * static_cast<int64_t>(sizeof(float));
    rows_ = at_once_ ? std::min(in, kPartBytes / row / rows_of(2) * rows_of(2)) : in;
  }

  // Terms between x_at() of two terms; it is kBlock for dy_at().
  int64_t pitch() const { return pitch_; }

  // Bytes of scratch for run(), on cache lines.
  int64_t bytes() const {
    return sums_size() * static_cast<int64_t>(sizeof(float)) +
           (copies_ == 1 ? 1 : omp_get_max_threads()) * chunk_size() *
               static_cast<int64_t>(sizeof(Term));
  }

  // Where numbers of x of term t of a chunk go, for one point: whole vectors of them.
  Term* x_at(Term* room, int64_t point, int64_t t) const {
    return room + point * x_step() + t * pitch_;
  }

  // Terms between x_at() of two points, and between dy_at() of two.
  int64_t x_step() const { return chunk_ * pitch_ + kApart; }
  int64_t dy_step() const { return blocks_ * block_step(); }

  // Where numbers of dy from channel o on go, the first of a vector.
  Term* dy_at(Term* room, int64_t point, int64_t t, int64_t o) const {
    const int64_t at = (point * blocks_ + o / kBlock) * block_step() + t * kBlock;
    return room + x_size() + at + o % kBlock;
  }

  // Calls pack(first, part, room) to put terms first + part.begin and following into a room, from
  // its place part.begin on, and finish(block, rows, sums, step) with the sums of some rows, those of
  // numbers of x, which begin `step` apart for each point; reads(first, count, stretches) adds what
  // packing some terms reads.
  template <class Pack, class Reads, class Finish>
  void run(Pack pack, Reads reads, Finish finish, void* scratch) const {
    float* sums = static_cast<float*>(scratch);
    Term* room = reinterpret_cast<Term*>(sums + sums_size());
#pragma omp parallel
    {
      if (at_once_) {
        sum_at_once(pack, finish, room, sums + omp_get_thread_num() * kPoints * part_size());
      } else {
        if (copies_ == 1) {
          sum_together(pack, room, sums);
        } else {
          sum_apart(pack, reads, room + omp_get_thread_num() * chunk_size(), sums);
        }
        const Part mine = my_part(blocks_);
        for (int64_t b = mine.begin; b < mine.end; b++) {
          finish(b, Part{0, in_}, sums + b * block_size(), blocks_ * block_size());
        }
      }
    }
  }

 private:
  // Bytes of packed terms: of all threads, or of one.
  static constexpr int64_t kChunkBytes = 12 << 20;
  static constexpr int64_t kGroupBytes = (kPoints == 1 ? 96 : kPoints == 36 ? 384 : 192) << 10;
  // Sums up to this size are made in copies, each by one thread, which keeps them in its second cache.
  static constexpr int64_t kCopyBytes = 600 << 10;
  static constexpr int64_t kCopies = 16;
  // Where all terms are packed at once, this many bytes of sums are finished before others begin: they
  // neither leave the second cache of a thread nor take memory.
  static constexpr int64_t kPartBytes = 192 << 10;
  // Terms between two points, without which their lines would displace each other in the first cache.
  static constexpr int64_t kApart = kPoints == 1 ? 0 : 32;

  // Terms between those of two rows, in whole vectors and not in steps by which lines of the first
  // cache would displace each other.
  static int64_t pitch_of(int64_t in) {
    const int64_t whole = (in + kLanes - 1) / kLanes * kLanes;
    return whole % 128 == 0 ? whole + kLanes : whole;
  }

  int64_t block_step() const { return chunk_ * kBlock + kApart; }

  int64_t x_size() const { return kPoints * x_step(); }

  int64_t chunk_size() const { return x_size() + kPoints * dy_step(); }

  // Sums of one block and point, of all, and those in scratch.
  int64_t block_size() const { return in_ * kBlock; }
  int64_t size() const { return kPoints * blocks_ * block_size(); }
  int64_t sums_size() const {
    return at_once_ ? omp_get_max_threads() * kPoints * part_size() : copies_ * size();
  }
  int64_t part_size() const { return rows_ * kBlock + kApart; }

  // All threads pack all terms, then each of them sums parts of blocks, one after the other.
  template <class Pack, class Finish>
  void sum_at_once(const Pack& pack, const Finish& finish, Term* room, float* sums) const {
    pack(0, my_part(terms_), room);
#pragma omp barrier
    const int64_t parts = (in_ + rows_ - 1) / rows_;
    const Part items = my_part(blocks_ * parts);
    for (int64_t item = items.begin; item < items.end; item++) {
      const int64_t b = item / parts;
      const int64_t begin = item % parts * rows_;
      const Part rows = {begin, std::min(begin + rows_, in_)};
      for (int64_t point = 0; point < kPoints; point++) {
        add_products(point * blocks_ + b, rows, terms_, true, nullptr, room,
                     sums + point * part_size());
      }
      finish(b, rows, sums, part_size());
    }
  }

  // All threads pack a chunk, then each of them adds to its part of the sums.
  template <class Pack>
  void sum_together(const Pack& pack, Term* room, float* sums) const {
    const Part items = my_part(kPoints * blocks_);
    for (int64_t first = 0; first < terms_; first += chunk_) {
      const int64_t count = std::min(chunk_, terms_ - first);
      pack(first, my_part(count), room);
#pragma omp barrier
      for (int64_t item = items.begin; item < items.end; item++) {
        add_products(item, Part{0, in_}, count, first == 0, nullptr, room,
                     sums + item * block_size());
      }
#pragma omp barrier
    }
  }

  // Parts of the terms are summed apart, each by one thread, and added in their order.
  template <class Pack, class Reads>
  void sum_apart(const Pack& pack, const Reads& reads, Term* room, float* sums) const {
    const Part mine = my_part(copies_);
    for (int64_t copy = mine.begin; copy < mine.end; copy++) {
      const int64_t begin = terms_ * copy / copies_;
      const int64_t end = terms_ * (copy + 1) / copies_;
      for (int64_t first = begin; first < end; first += chunk_) {
        const int64_t count = std::min(chunk_, end - first);
        pack(first, Part{0, count}, room);
        Stretches next(steps(count));
        reads(first + count, std::min(chunk_, end - first - count), next);
        for (int64_t item = 0; item < kPoints * blocks_; item++) {
          add_products(item, Part{0, in_}, count, first == begin, &next, room,
                       sums + copy * size() + item * block_size());
        }
      }
    }
#pragma omp barrier
    const Part vectors = my_part(size() / kLanes);
    for (int64_t i = vectors.begin * kLanes; i < vectors.end * kLanes; i += kLanes) {
      Vec sum = load(sums + i);
      for (int64_t copy = 1; copy < copies_; copy++) sum = add(sum, load(sums + copy * size() + i));
      store(sums + i, sum);
    }
#pragma omp barrier
  }

  // In how many parts so many rows of V vectors of sums are added to.
  static int64_t parts_of(int64_t rows, int64_t v) { return (rows + rows_of(v) - 1) / rows_of(v); }

  // Steps of products of `count` terms.
  int64_t steps(int64_t count) const {
    return kPoints * blocks_ * parts_of(in_, vectors_of(out_, 0)) * count;
  }

  // Adds `count` terms to some rows of sums of one point of one block of output channels, and asks for
  // what is packed next.
  void add_products(int64_t item, Part some, int64_t count, bool fresh, const Stretches* next,
                    const Term* room, float* sums) const {
    const Term* from = room + item / blocks_ * x_step();
    const Term* by = room + x_size() + item * block_step();
    const int64_t vectors = vectors_of(out_, item % blocks_);
    const int64_t all = some.end - some.begin;
    const int64_t parts = parts_of(all, vectors);
    for (int64_t part = 0; part < parts; part++) {
      const int64_t begin = all * part / parts;
      const int64_t rows = all * (part + 1) / parts - begin;
      const Term* x = from + some.begin + begin;
      float* sum = sums + begin * kBlock;
      if (next) {
        const Ahead ahead = next->ahead((item * parts + part) * count);
        multiply_of<N, true, Ahead>(rows, vectors)(x, pitch_, by, count, fresh, ahead, sum);
      } else {
        multiply_of<N, true, Nothing>(rows, vectors)(x, pitch_, by, count, fresh, Nothing(), sum);
      }
    }
  }

  int64_t terms_;
  int64_t in_;
  int64_t out_;
  int64_t pitch_;
  int64_t blocks_;
  int64_t chunk_;   // terms that are packed together
  int64_t copies_;  // of the sums
  bool at_once_;    // whether all terms are packed at once
  int64_t rows_;    // of sums that are finished together
};

}  // namespace eb::EB_ISA

#endif
