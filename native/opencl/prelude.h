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
#define EB_UNROLL _Pragma("unroll")
#else
#define EB_INDEPENDENT
#define EB_UNROLL
#endif

/*
 * EB_PREFETCH fetches a line into a processor's second cache, EB_PREFETCH_PAGE the one that a walk
 * comes to a page later: by itself a processor begins anew at every page, and is slow to do so where
 * several walks go on at a time.
 */
#if defined(__clang__) && EB_GROUP == 1
#define EB_PREFETCH(from) __builtin_prefetch(from, 0, 2)
#else
#define EB_PREFETCH(from)
#endif
#define EB_PREFETCH_PAGE(from) EB_PREFETCH((from) + 1024)

/* Floats of a line of the cache. */
#define EB_LINE 16

/*
 * Vectors of 16 at any element, as vload16 and vstore16 have them. PoCL builds those of pairs, and
 * then arithmetic stays in pairs too.
 */
#ifdef __clang__
#define EB_VECTORS_AT(space, element, vector)                                      \
  static vector __attribute__((overloadable)) load16(space const element* from) {  \
    typedef vector anywhere __attribute__((aligned(sizeof(element))));             \
    return *(space const anywhere*)from;                                           \
  }                                                                                \
  static void __attribute__((overloadable)) store16(vector v, space element* to) { \
    typedef vector anywhere __attribute__((aligned(sizeof(element))));             \
    *(space anywhere*)to = v;                                                      \
  }
EB_VECTORS_AT(global, float, float16)
EB_VECTORS_AT(global, double, double16)
EB_VECTORS_AT(global, uchar, uchar16)
EB_VECTORS_AT(private, float, float16)
EB_VECTORS_AT(private, double, double16)
EB_VECTORS_AT(private, int, int16)
EB_VECTORS_AT(private, uint, uint16)
EB_VECTORS_AT(private, ushort, ushort16)
#else
#define load16(from) vload16(0, from)
#define store16(v, to) vstore16(v, 0, to)
#endif

/*
 * put16 writes a line of a result, put_line one from private memory. That is read in halves, because
 * the compiler writes it in halves: a read of both had to wait until they have left the store queue,
 * behind all lines before them.
 */
#if EB_STREAM && defined(__has_builtin)
#if __has_builtin(__builtin_nontemporal_store)
#define put16(v, to) __builtin_nontemporal_store(v, (global float16*)(to))
static void put_line(const float* line, global float* to) {
  typedef float8 anywhere __attribute__((aligned(sizeof(float))));
  __builtin_nontemporal_store(*(const anywhere*)line, (global float8*)to);
  __builtin_nontemporal_store(*(const anywhere*)(line + 8), (global float8*)(to + 8));
}
#endif
#endif
#ifndef put16
#define put16(v, to) store16(v, to)
#define put_line(line, to) store16(load16(line), to)
#endif

static void put_run(const float* from, global float* to, uint n) {
  uint i = 0;
#if EB_STREAM
  for (; i + EB_LINE <= n; i += EB_LINE) put_line(from + i, to + i);
#endif
  EB_INDEPENDENT
  for (uint j = i; j < n; j++) to[j] = from[j];
}

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
      put_line(line, y + map_at);                                                     \
    }                                                                                 \
    for (size_t i = map_at; i < map_end; i++) y[i] = value;                           \
  }
#else
#define EB_MAP(y, i, n, value) EB_ELEMENTS(i, n) y[i] = value
#endif

/* For every i in [0, n), work that is a loop of its own. */
#define EB_ITEMS(i, n) EB_RUN(i, n, (size_t)EB_ITEMS_PER_WORKER)

#endif
