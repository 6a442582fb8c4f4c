// What chains of multiply-adds share, whatever they multiply.
#ifndef EARLYBIRD_CPU_FMA_CHAINS_H
#define EARLYBIRD_CPU_FMA_CHAINS_H

#include <omp.h>
#include <stdint.h>

#include "earlybird/api.h"

namespace eb::EB_ISA {

// Rounds of chains(rounds), which gives the sum of what it computed, on every thread; without that sum the
// compiler would drop the work. A round has so many operations.
template <class Chains>
eb_status run_chains(Chains chains, int64_t rounds, double operations, double* flops, float* sink) {
  double threads = 0;
  float sum = 0;
#pragma omp parallel reduction(+ : threads, sum)
  {
    threads += 1;
    sum += chains(rounds);
  }
  flops[0] = threads * static_cast<double>(rounds) * operations;
  sink[0] = sum;
  return EB_OK;
}

}  // namespace eb::EB_ISA

#endif
