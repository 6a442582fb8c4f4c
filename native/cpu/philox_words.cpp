// How fast Philox can be: the words of a counter that runs on, as the kernels that round take them.
// Version 1.
#include <omp.h>

#include "cpu/kernel_table.h"
#include "cpu/philox_blocks.h"

namespace eb::EB_ISA {

eb_status philox_words(int64_t rounds, double* words, uint32_t* sink) {
  constexpr int64_t kBlocks = 8 * kBlockGroup;
  double threads = 0;
  uint32_t some = 0;
#pragma omp parallel reduction(+ : threads) reduction(^ : some)
  {
    alignas(64) uint32_t out[4 * kBlocks];
    const PhiloxBlocks blocks({1, 2, static_cast<uint32_t>(omp_get_thread_num())});
    threads += 1;
    for (int64_t r = 0; r < rounds; r++) {
      blocks.write(static_cast<uint32_t>(r * kBlocks), kBlocks, out);
      some ^= out[r % (4 * kBlocks)];
    }
  }
  words[0] = threads * static_cast<double>(rounds) * 4 * kBlocks;
  sink[0] = some;
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
eb_status eb_philox_words(int64_t rounds, double* words, uint32_t* sink) {
  if (rounds < 1 || !words || !sink) return EB_BAD_ARGUMENT;
  return eb::active().philox_words(rounds, words, sink);
}
#endif
