/*
 * Comes before every OpenCL C file. Kernels are compiled with:
 *   EB_GROUP  work-items per group of the kernels that walk over elements
 *   EB_SPAN   elements per work-item of EB_ELEMENTS
 *   EB_ITEMS_PER_WORKER  rounds per work-item of EB_ITEMS
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

#define EB_RUN(i, n, span)                                                             \
  for (size_t i = get_group_id(0) * (EB_GROUP * (span)) + get_local_id(0),             \
              i##_end = min((size_t)(n), (get_group_id(0) + 1) * (EB_GROUP * (span))); \
       i < i##_end; i += EB_GROUP)

/* For every i in [0, n), work that is a line of arithmetic. */
#define EB_ELEMENTS(i, n) EB_INDEPENDENT EB_RUN(i, n, (size_t)EB_SPAN)

/* For every i in [0, n), work that is a loop of its own. */
#define EB_ITEMS(i, n) EB_RUN(i, n, (size_t)EB_ITEMS_PER_WORKER)

#endif
