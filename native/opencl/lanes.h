/*
 * Values of EB_LANES neighbouring channels: 16 in the registers of a processor, one on GPUs and where
 * there are fewer than 16 channels.
 */
#ifndef EARLYBIRD_OPENCL_LANES_H
#define EARLYBIRD_OPENCL_LANES_H

#if EB_LANES == 16
typedef float16 eb_floats;
typedef double16 eb_doubles;
typedef int16 eb_ints;
#define EB_LOAD(from) vload16(0, from)
#define EB_LOAD_BYTES(from) convert_int16(vload16(0, from))
#define EB_STORE_BYTES(v, to) vstore16(convert_uchar16(v), 0, to)
#define EB_STORE_DOUBLES(v, to) vstore16(v, 0, to)
#define EB_DOUBLES(v) convert_double16(v)
#define EB_FLOATS(v) convert_float16(v)
#if EB_STREAM
#define EB_STORE(v, to) EB_PUT_VECTOR(v, to)
#else
#define EB_STORE(v, to) vstore16(v, 0, to)
#endif
#else
typedef float eb_floats;
typedef double eb_doubles;
typedef int eb_ints;
#define EB_LOAD(from) (*(from))
#define EB_LOAD_BYTES(from) ((int)*(from))
#define EB_STORE_BYTES(v, to) (*(to) = (uchar)(v))
#define EB_STORE_DOUBLES(v, to) (*(to) = (v))
#define EB_DOUBLES(v) ((double)(v))
#define EB_FLOATS(v) ((float)(v))
#define EB_STORE(v, to) (*(to) = (v))
#endif

#endif
