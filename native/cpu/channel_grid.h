// How batch norm cuts x [rows, channels] into pieces: by the shape alone, never by the number of
// threads, so that sums have the same bits for any of them.
//
// Narrow rows are folded: several rows that lie side by side are treated as one wide row, whose
// loop is long enough for vectors; its columns meet again when a piece is finished.
#ifndef EARLYBIRD_CPU_CHANNEL_GRID_H
#define EARLYBIRD_CPU_CHANNEL_GRID_H

#include <stdint.h>

#include <algorithm>

#include "cpu/parallel.h"

namespace eb::EB_ISA {

// Wide rows whose sums are kept in float; longer sums are in double.
constexpr int64_t kBlockRows = 64;

// Wide rows that the inner loops take at once.
constexpr int kGroupRows = 4;

// Columns that the inner loops keep sums of.
constexpr int64_t kStrip = 1024;

// Columns that loops take at once at most.
constexpr int64_t kGroupColumns = 32;

inline int64_t whole_groups(int64_t columns) {
  return (columns + kGroupColumns - 1) / kGroupColumns * kGroupColumns;
}

// A piece: `count` wide rows of `fold` rows each, from row `row` on.
struct Piece {
  int64_t row;
  int64_t count;
  int64_t fold;
};

class Grid {
 public:
  Grid(int64_t rows, int64_t channels)
      : rows_(rows), channels_(channels), fold_(fold_of(rows, channels)) {
    const int64_t width = fold_ * channels;
    const int64_t least = kChunk > kBlockRows * width ? kChunk : kBlockRows * width;
    wide_rows_ = rows / fold_;
    chunks_ = wide_rows_ * width / least;
    if (chunks_ > kMaxChunks) chunks_ = kMaxChunks;
    if (chunks_ < 1) chunks_ = wide_rows_ > 0 ? 1 : 0;
    pieces_ = chunks_ + (wide_rows_ * fold_ < rows ? 1 : 0);
  }

  // Upper bound of pieces() for any number of channels up to `channels`.
  static int64_t max_pieces(int64_t rows, int64_t channels) {
    const int64_t full = rows * channels / kChunk + 1;
    return (full < kMaxChunks ? full : kMaxChunks) + 1;
  }

  // Upper bound of table_width().
  static int64_t max_width(int64_t channels) {
    return whole_groups(channels > kStrip ? channels : kStrip);
  }

  int64_t rows() const { return rows_; }
  int64_t channels() const { return channels_; }
  int64_t fold() const { return fold_; }

  // Columns of a wide row.
  int64_t width() const { return fold_ * channels_; }

  int64_t pieces() const { return pieces_; }

  // Piece i; the last one takes the rows that do not fill a wide row, unfolded.
  Piece piece(int64_t i) const {
    if (i == chunks_) return {wide_rows_ * fold_, rows_ - wide_rows_ * fold_, 1};
    const int64_t begin = wide_rows_ * i / chunks_;
    return {begin * fold_, wide_rows_ * (i + 1) / chunks_ - begin, fold_};
  }

 private:
  static constexpr int64_t kChunk = 16384;
  static constexpr int64_t kMaxChunks = 128;
  static constexpr int64_t kWide = 640;

  // Rows of a wide row. The four wide rows that a loop reads at once should lie in pages of their
  // own, where the processor sees four streams to prefetch; and whole vectors should fill them.
  static int64_t fold_of(int64_t rows, int64_t channels) {
    if (channels == 0) return 1;
    const int64_t fits = kStrip / channels;
    const int64_t most = rows / (2 * kBlockRows) < fits ? rows / (2 * kBlockRows) : fits;
    int64_t fold = 1;
    for (int64_t f = 1; f <= most && fold * channels < kWide; f++) {
      if (f * channels < kWide || f * channels % kLine == 0) fold = f;
    }
    return fold;
  }

  int64_t rows_;
  int64_t channels_;
  int64_t fold_;
  int64_t wide_rows_;
  int64_t chunks_;
  int64_t pieces_;
};

// Bump allocation of scratch memory in whole cache lines.
class Scratch {
 public:
  explicit Scratch(void* memory) : next_(static_cast<char*>(memory)) {}

  template <class T>
  T* take(int64_t n) {
    T* result = reinterpret_cast<T*>(next_);
    next_ += bytes(n * static_cast<int64_t>(sizeof(T)));
    return result;
  }

  static int64_t bytes(int64_t wanted) { return (wanted + 63) / 64 * 64; }

 private:
  char* next_;
};

// Floats of a table over the columns of a wide row, or over all channels of x.
inline int64_t table_width(const Grid& grid, int64_t channels) {
  return whole_groups(grid.width() > channels ? grid.width() : channels);
}

// A table of these columns. Those of channels that are not selected are zero: what is computed with them is
// dropped, but subnormal numbers, which memory may hold, would slow it down a hundred times.
inline float* take_table(Scratch& memory, const Grid& grid, int64_t channels) {
  const int64_t width = table_width(grid, channels);
  float* table = memory.take<float>(width);
  if (grid.channels() < channels) std::fill_n(table, width, 0.0f);
  return table;
}

// Writes a per-channel value to all its columns of a table over a wide row.
inline void spread(const Grid& grid, int64_t channel, float value, float* table) {
  for (int64_t k = 0; k < grid.fold(); k++) table[k * grid.channels() + channel] = value;
}

}  // namespace eb::EB_ISA

#endif
