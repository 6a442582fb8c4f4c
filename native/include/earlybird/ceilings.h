// What the processor can do at best, for benchmarks to compare with.
#ifndef EARLYBIRD_CEILINGS_H
#define EARLYBIRD_CEILINGS_H

#include "earlybird/api.h"

// Executes independent chains of fp32 multiply-adds in registers, on every OpenMP thread: `rounds`
// > 0 rounds of some hundred operations. Writes the number of floating-point operations of all
// threads together to flops[0], and to sink[0] a number that depends on all of them. The caller
// takes the time. Where the instruction set has no fused multiply-add, product and sum are apart.
EB_API eb_status eb_fma_chains_f32(int64_t rounds, double* flops, float* sink);

// The same of bf16 products with fp32 sums, by AMX where the processor has it; EB_UNSUPPORTED without AVX512-BF16.
EB_API eb_status eb_fma_chains_bf16(int64_t rounds, double* flops, float* sink);

// Makes 32-bit words of Philox-4x32-10 in the cache, on every OpenMP thread: `rounds` > 0 rounds of
// some hundred words. Writes how many all threads made together to words[0], and to sink[0] a number
// that depends on some of them. The caller takes the time.
EB_API eb_status eb_philox_words(int64_t rounds, double* words, uint32_t* sink);

// Reads memory that starts on a cache line, a multiple of 64 bytes, with every OpenMP thread; writes
// to sink[0] a number that depends on all of it.
EB_API eb_status eb_memory_read(const void* from, int64_t bytes, uint64_t* sink);

// Writes to such memory, past the cache.
EB_API eb_status eb_memory_write(void* to, int64_t bytes);

#endif
