// Where batch norm's loops get the rows of a piece from: memory itself, or, where channels are selected,
// a tile that stays in the first-level cache, into which they are packed; with AVX-512 they are brought
// together in registers instead.
#ifndef EARLYBIRD_CPU_CHANNEL_ROWS_H
#define EARLYBIRD_CPU_CHANNEL_ROWS_H

#include "cpu/channel_grid.h"
#include "cpu/channel_select.h"

namespace eb::EB_ISA {

// Floats of a tile: a group of wide rows.
constexpr int64_t kTileFloats = kGroupRows * EB_MAX_SELECTABLE;
static_assert(kStrip <= EB_MAX_SELECTABLE, "a folded row fits too");

// All channels as they are.
template <class T>
struct PlainRows {
  static constexpr bool kTiles = false;
  static constexpr bool kChosen = false;
  using Element = T;
  const T* x;
  int64_t channels;

  // Where a table holds channel k of the result, which is `channel` of x.
  static int64_t place(int64_t k, int64_t channel) {
    (void)k;
    return channel;
  }

  // n wide rows of a piece from its wide row `first` on.
  const T* rows(const Piece& piece, int64_t first, int64_t n, float* tile) const {
    (void)n;
    (void)tile;
    return x + (piece.row + first * piece.fold) * channels;
  }
};

#if defined(__AVX512F__)

// The selected channels of x, which are read as they lie, sixteen of all at a time: tables are those
// of all channels, in whole vectors. The grid is that of [rows, kept].
template <class T>
struct SelectedRows {
  static constexpr bool kTiles = false;
  static constexpr bool kChosen = true;
  using Element = T;
  const T* x;
  int64_t channels;
  const Selection* selection;
};

// Results that are made apart, in the first-level cache, before they are streamed: so many, or a row.
constexpr int64_t kApart = 1024;

// Copies n elements; whole lines of y go past the cache.
template <class T>
void stream_copy(const T* from, int64_t n, T* y) {
  const int64_t misplaced =
      static_cast<int64_t>(reinterpret_cast<uintptr_t>(y) / sizeof(T)) % kLineOf<T>;
  int64_t i = 0;
  for (; i < n && i < (kLineOf<T> - misplaced) % kLineOf<T>; i++) y[i] = from[i];
  for (; i + kLineOf<T> <= n; i += kLineOf<T>) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(y + i), _mm512_loadu_si512(from + i));
  }
  for (; i < n; i++) y[i] = from[i];
}

// Writes rows [row, row + rows) of y [][width], where make(row, count, out) puts some of them to out.
template <class T, class Make>
void write_rows(T* y, int64_t row, int64_t rows, int64_t width, bool stream, Make make) {
  if (!stream) {
    make(row, rows, y + row * width);
    return;
  }
  alignas(64) T apart[EB_MAX_SELECTABLE];
  const int64_t together = width == 0 ? rows : width < kApart ? kApart / width : 1;
  for (const int64_t end = row + rows; row < end;) {
    const int64_t count = end - row < together ? end - row : together;
    make(row, count, apart);
    stream_copy(apart, count * width, y + row * width);
    row += count;
  }
}

#else

// The selected channels of x; the grid is that of [rows, kept].
template <class T>
struct SelectedRows {
  static constexpr bool kTiles = true;
  static constexpr bool kChosen = false;
  using Element = T;
  const T* x;
  int64_t channels;
  const Selection* selection;

  const float* rows(const Piece& piece, int64_t first, int64_t n, float* tile) const {
    selection->pack(x + (piece.row + first * piece.fold) * channels, n * piece.fold, tile);
    return tile;
  }
};

#endif

// Writes a value of channel k of the result, which is channel c of x, to its places in a table.
template <class Rows>
void set_column(const Grid& grid, int64_t k, int64_t c, float value, float* table) {
  if (Rows::kChosen) {
    table[c] = value;
  } else {
    spread(grid, k, value, table);
  }
}

}  // namespace eb::EB_ISA

#endif
