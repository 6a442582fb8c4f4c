/*
 * Comes before every OpenCL C file. Kernels are compiled with:
 *   EB_GROUP  work-items per group of the kernels that walk over elements
 *   EB_SPAN   elements per work-item of EB_ELEMENTS
 *   EB_ITEMS_PER_WORKER  rounds per work-item of EB_ITEMS
 *   EB_STREAM  1 if the result is large, is written over no operand and begins on a line: then it goes
 *       past the caches, so that memory is not read only to be overwritten (default 0)
 * On processors a group is one work-item with a long contiguous run, which the compiler vectorizes;
 * on GPUs neighbouring work-items take neighbouring elements.
 */
#ifndef EARLYBIRD_OPENCL_PRELUDE_H
#define EARLYBIRD_OPENCL_PRELUDE_H

#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#pragma OPENCL FP_CONTRACT OFF

#include "common/portable.h"

/* Rounds do not depend on each other, also where a result lies over an operand. */
#ifdef __clang__
#define EB_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#define EB_SCALAR _Pragma("clang loop vectorize(disable) unroll_count(4)")
#define EB_UNROLL _Pragma("unroll")
#else
#define EB_INDEPENDENT
#define EB_SCALAR
#define EB_UNROLL
#endif

/* Floats of a line of the cache, and what takes them there from private memory. */
#define EB_LINE 16
#ifdef __has_builtin
#if __has_builtin(__builtin_nontemporal_store)
#define EB_PUT_VECTOR(v, to) __builtin_nontemporal_store(v, (global float16*)(to))
#endif
#endif
#ifndef EB_PUT_VECTOR
#define EB_PUT_VECTOR(v, to) vstore16(v, 0, to)
#endif
#define EB_PUT_LINE(line, to) EB_PUT_VECTOR(vload16(0, line), to)

#define EB_RUN(i, n, span)                                                             \
  for (size_t i = get_group_id(0) * (EB_GROUP * (span)) + get_local_id(0),             \
              i##_end = min((size_t)(n), (get_group_id(0) + 1) * (EB_GROUP * (span))); \
       i < i##_end; i += EB_GROUP)

/* For every i in [0, n), work that is a line of arithmetic. */
#define EB_ELEMENTS(i, n) EB_INDEPENDENT EB_RUN(i, n, (size_t)EB_SPAN)

/* y[i] = value for every i in [0, n), where the value is an expression of i. */
#if EB_STREAM
#define EB_MAP(y, i, n, value)                                                        \
  {                                                                                   \
    const size_t map_end = min((size_t)(n), (get_group_id(0) + 1) * (size_t)EB_SPAN); \
    size_t map_at = get_group_id(0) * (size_t)EB_SPAN;                                \
    for (; map_at + EB_LINE <= map_end; map_at += EB_LINE) {                          \
      float line[EB_LINE];                                                            \
      EB_INDEPENDENT                                                                  \
      for (size_t i = map_at; i < map_at + EB_LINE; i++) line[i - map_at] = value;    \
      EB_PUT_LINE(line, y + map_at);                                                  \
    }                                                                                 \
    for (size_t i = map_at; i < map_end; i++) y[i] = value;                           \
  }
#else
#define EB_MAP(y, i, n, value) EB_ELEMENTS(i, n) y[i] = value
#endif

/* For every i in [0, n), work that is a loop of its own. */
#define EB_ITEMS(i, n) EB_RUN(i, n, (size_t)EB_ITEMS_PER_WORKER)

#endif
