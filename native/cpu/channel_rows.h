// Where batch norm's loops get the rows of a piece from: memory itself, or a tile that stays in the
// first-level cache, into which selected channels of x are packed.
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
  using Element = T;
  const T* x;
  int64_t channels;

  // n wide rows of a piece from its wide row `first` on.
  const T* rows(const Piece& piece, int64_t first, int64_t n, float* tile) const {
    (void)n;
    (void)tile;
    return x + (piece.row + first * piece.fold) * channels;
  }
};

// The selected channels of x; the grid is that of [rows, kept].
template <class T>
struct PackedRows {
  static constexpr bool kTiles = true;
  using Element = T;
  const T* x;
  int64_t channels;
  const Selection* selection;

  const float* rows(const Piece& piece, int64_t first, int64_t n, float* tile) const {
    selection->pack(x + (piece.row + first * piece.fold) * channels, n * piece.fold, tile);
    return tile;
  }
};

}  // namespace eb::EB_ISA

#endif
