// The peak of bf16 products with AMX. Version 1: four tiles of sums, as products of convolutions have, which
// hide the latency.
#include "cpu/kernel_table.h"

#if defined(__AMX_BF16__)
#include "cpu/amx_tiles.h"
#include "cpu/fma_chains.h"

namespace eb::EB_ISA {
namespace {

constexpr int kUnroll = 16;
// Products and sums of four tiles.
constexpr double kOperations = 4.0 * kTileRows * kTileRows * kTileTerms * 2;

// The sum of what one thread computed.
float chains(int64_t rounds) {
  const AmxTiles tiles(kRowWords);
  alignas(64) uint32_t words[2 * kTileWords];
  // Sums of products of small numbers grow slowly: no overflow, no subnormals.
  for (uint32_t& w : words) w = 0x30003000;
  tiles.begin();
  _tile_loadd(4, words, 64);
  _tile_loadd(5, words, 64);
  _tile_loadd(6, words, 64);
  _tile_loadd(7, words, 64);
  for (int64_t r = 0; r < rounds; r++) {
#pragma GCC unroll 16
    for (int u = 0; u < kUnroll; u++) {
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
  }
  alignas(64) float sums[kAmxSide * kAmxSide];
  tiles.end(2, 2, sums);
  float sum = 0;
  for (float s : sums) sum += s;
  return sum;
}

}  // namespace

eb_status fma_chains_bf16(int64_t rounds, double* flops, float* sink) {
  return run_chains(chains, rounds, kUnroll * kOperations, flops, sink);
}

}  // namespace eb::EB_ISA
#endif
