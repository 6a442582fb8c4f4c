// Products of bf16 numbers by AMX: of tiles of 16 rows of 64 bytes. A tile of a left operand has 16 rows of
// 32 neighbouring terms; one of a right operand has 16 pairs of terms, each a row of 16 columns; sums of
// both are 16 rows x 16 columns of fp32. Tiles are configured while an AmxTiles lives, in the thread that
// made it.
#ifndef EARLYBIRD_CPU_AMX_TILES_H
#define EARLYBIRD_CPU_AMX_TILES_H

#include <immintrin.h>
#include <stdint.h>

namespace eb::EB_ISA {

// Rows, and terms, of a tile of an operand.
constexpr int64_t kTileRows = 16;
constexpr int64_t kTileTerms = 32;
// Words of two terms of a tile, and of one of its rows.
constexpr int64_t kTileWords = 256;
constexpr int64_t kRowWords = 16;
// Most columns that are summed at a time, and rows: two tiles each way.
constexpr int64_t kAmxSide = 32;

// A run of tiles of both operands, with steps in words; the second tile of rows follows the first one,
// that of columns lies in the second half of each row.
struct TileRun {
  const uint32_t* a;
  const uint32_t* b;
  int64_t a_step;
  int64_t b_step;
  int64_t length;
};

class AmxTiles {
 public:
  // Of right operands whose rows are of so many words.
  explicit AmxTiles(int64_t b_words) : b_bytes_(b_words * 4) {
    struct alignas(64) {
      uint8_t palette = 1;
      uint8_t start_row = 0;
      uint8_t reserved[14] = {};
      uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    } config;
    // GCC 12's own _tile_loadconfig() tells the compiler of eight bytes of it.
    asm volatile("ldtilecfg %0" : : "m"(config));
  }

  ~AmxTiles() { _tile_release(); }

  AmxTiles(const AmxTiles&) = delete;
  AmxTiles& operator=(const AmxTiles&) = delete;

  // Sums begin with zero; what was written to operands before is seen by run().
  static void begin() {
    asm volatile("" : : : "memory");
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }

  // Adds the products of R x C tiles.
  template <int R, int C>
  void run(const TileRun& run) const {
    const uint32_t* a = run.a;
    const uint32_t* b = run.b;
    for (int64_t i = 0; i < run.length; i++, a += run.a_step, b += run.b_step) {
      _tile_loadd(4, a, 64);
      _tile_loadd(6, b, b_bytes_);
      _tile_dpbf16ps(0, 4, 6);
      if constexpr (C == 2) {
        _tile_loadd(7, b + kRowWords, b_bytes_);
        _tile_dpbf16ps(1, 4, 7);
      }
      if constexpr (R == 2) {
        _tile_loadd(5, a + kTileWords, 64);
        _tile_dpbf16ps(2, 5, 6);
        if constexpr (C == 2) _tile_dpbf16ps(3, 5, 7);
      }
    }
  }

  void run(int64_t rows, int64_t columns, const TileRun& r) const {
    if (rows == 2) {
      columns == 2 ? run<2, 2>(r) : run<2, 1>(r);
    } else {
      columns == 2 ? run<1, 2>(r) : run<1, 1>(r);
    }
  }

  // Stores R x C tiles of sums as rows of kAmxSide; others are left as they are.
  static void end(int64_t rows, int64_t columns, float* sums) {
    constexpr int64_t kBytes = kAmxSide * sizeof(float);
    float* below = sums + kTileRows * kAmxSide;
    _tile_stored(0, sums, kBytes);
    if (columns == 2) _tile_stored(1, sums + kTileRows, kBytes);
    if (rows == 2) _tile_stored(2, below, kBytes);
    if (rows == 2 && columns == 2) _tile_stored(3, below + kTileRows, kBytes);
  }

 private:
  int64_t b_bytes_;  // between rows
};

// Asks for `bytes` from p on, which may lie beyond what there is.
inline void ask_for(const void* p, int64_t bytes) {
  const char* at = static_cast<const char*>(p);
  for (int64_t i = 0; i < bytes; i += 64) _mm_prefetch(at + i, _MM_HINT_T1);
}

// Turns a tile of words: word c of row r becomes word r of row c, which begins `step` words further on than
// the one before. It may be turned where it is.
inline void turn(const uint32_t* tile, uint32_t* to, int64_t step) {
  // GCC 12 says of the instructions without a mask that they read something uninitialised.
  constexpr __mmask16 kAll = 0xFFFF;
  constexpr __mmask8 kAll8 = 0xFF;
  __m512i a[16];
  __m512i b[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++) a[i] = _mm512_load_si512(tile + i * kRowWords);
#pragma GCC unroll 8
  for (int i = 0; i < 8; i++) {
    b[2 * i] = _mm512_maskz_unpacklo_epi32(kAll, a[2 * i], a[2 * i + 1]);
    b[2 * i + 1] = _mm512_maskz_unpackhi_epi32(kAll, a[2 * i], a[2 * i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; i++) {
    a[4 * i] = _mm512_maskz_unpacklo_epi64(kAll8, b[4 * i], b[4 * i + 2]);
    a[4 * i + 1] = _mm512_maskz_unpackhi_epi64(kAll8, b[4 * i], b[4 * i + 2]);
    a[4 * i + 2] = _mm512_maskz_unpacklo_epi64(kAll8, b[4 * i + 1], b[4 * i + 3]);
    a[4 * i + 3] = _mm512_maskz_unpackhi_epi64(kAll8, b[4 * i + 1], b[4 * i + 3]);
  }
  // Lane l of a[4 i + k] holds column 4 l + k of rows 4 i to 4 i + 3.
#pragma GCC unroll 4
  for (int k = 0; k < 4; k++) {
    const __m512i low = _mm512_maskz_shuffle_i32x4(kAll, a[k], a[4 + k], 0x88);
    const __m512i low_odd = _mm512_maskz_shuffle_i32x4(kAll, a[k], a[4 + k], 0xDD);
    const __m512i high = _mm512_maskz_shuffle_i32x4(kAll, a[8 + k], a[12 + k], 0x88);
    const __m512i high_odd = _mm512_maskz_shuffle_i32x4(kAll, a[8 + k], a[12 + k], 0xDD);
    _mm512_store_si512(to + k * step, _mm512_maskz_shuffle_i32x4(kAll, low, high, 0x88));
    _mm512_store_si512(to + (4 + k) * step,
                       _mm512_maskz_shuffle_i32x4(kAll, low_odd, high_odd, 0x88));
    _mm512_store_si512(to + (8 + k) * step, _mm512_maskz_shuffle_i32x4(kAll, low, high, 0xDD));
    _mm512_store_si512(to + (12 + k) * step,
                       _mm512_maskz_shuffle_i32x4(kAll, low_odd, high_odd, 0xDD));
  }
}

}  // namespace eb::EB_ISA

#endif
