/*
 * Values of EB_LANES neighbouring channels: 16 in the registers of a processor, one on GPUs and where
 * there are fewer than 16 channels. EB_PUT writes results, past the caches where EB_STREAM says so.
 */
#ifndef EARLYBIRD_OPENCL_LANES_H
#define EARLYBIRD_OPENCL_LANES_H

#if EB_LANES == 16
typedef float16 eb_floats;
typedef double16 eb_doubles;
typedef int16 eb_ints;
#define EB_LOAD(from) load16(from)
#define EB_STORE(v, to) store16(v, to)
#define EB_DOUBLES(v) convert_double16(v)
#define EB_FLOATS(v) convert_float16(v)
#define EB_INTS(bytes) convert_int16(bytes)
#define EB_BYTES(ints) convert_uchar16(ints)
#define EB_PUT(v, to) put16(v, to)
/* Lane i becomes what lane order[i] was: one instruction, which PoCL's shuffle is not. */
#ifdef __clang__
#define EB_PERMUTE(v, order) __builtin_shufflevector(v, order)
#else
#define EB_PERMUTE(v, order) shuffle(v, as_uint16(order))
#endif
#else
typedef float eb_floats;
typedef double eb_doubles;
typedef int eb_ints;
#define EB_LOAD(from) (*(from))
#define EB_STORE(v, to) (*(to) = (v))
#define EB_DOUBLES(v) ((double)(v))
#define EB_FLOATS(v) ((float)(v))
#define EB_INTS(bytes) ((int)(bytes))
#define EB_BYTES(ints) ((uchar)(ints))
#define EB_PUT(v, to) (*(to) = (v))
#define EB_PERMUTE(v, order) (v)
#endif

#endif
