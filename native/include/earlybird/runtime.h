// Version, instruction set and threads of the CPU library.
#ifndef EARLYBIRD_RUNTIME_H
#define EARLYBIRD_RUNTIME_H

#include "earlybird/api.h"

// Version of the library, such as "0.1.0"; static storage.
EB_API const char* eb_version(void);

// Instruction set whose kernels are in use: "x86-64-v2", "x86-64-v3", "x86-64-v4" or, where AMX multiplies
// bf16 numbers, "x86-64-v4-amx"; static storage. It is the best one that the processor has and that the
// environment variable EARLYBIRD_ISA (v2, v3, v4 or v4-bf16), read once when the library is loaded, does
// not rule out.
EB_API const char* eb_isa_name(void);

// 1 where the kernels of products_bf16.h are in use: x86-64-v4 on a processor with AVX512-BF16, unless
// EARLYBIRD_ISA rules it out; else 0.
EB_API int eb_has_bf16(void);

// Number of kernels in the table of function pointers.
EB_API int eb_kernel_count(void);

// Sets the number of OpenMP threads for kernels called from the calling thread, 1..1024.
EB_API eb_status eb_set_threads(int threads);

// Number of OpenMP threads that kernels called from the calling thread use.
EB_API int eb_get_threads(void);

#endif
