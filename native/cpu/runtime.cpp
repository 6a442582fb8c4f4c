// Choice of the instruction set, and the thread setting. Compiled once, for x86-64-v2.
#include <cpuid.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cpu/kernel_table.h"

namespace {

struct Choice {
  const char* name;
  eb::Kernels kernels;
  bool bf16;
};

// Above v4: its kernels and those that need AVX512-BF16, then AMX too.
constexpr int kBf16 = 5;
constexpr int kAmx = 6;

// The number behind EARLYBIRD_ISA=vN, kBf16 for v4-bf16, or kAmx where it is not set or not understood.
int isa_cap() {
  const char* value = getenv("EARLYBIRD_ISA");
  if (!value) return kAmx;
  if (strcmp(value, "v4-bf16") == 0) return kBf16;
  if (strlen(value) == 2 && value[0] == 'v' && value[1] >= '2' && value[1] <= '4') {
    return value[1] - '0';
  }
  return kAmx;
}

// The levels are asked for by their features, because GCC 11 does not know them by name.
bool has_v3() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
         __builtin_cpu_supports("f16c") && __builtin_cpu_supports("lzcnt") &&
         __builtin_cpu_supports("movbe");
}

bool has_v4() {
  return has_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

#if defined(EARLYBIRD_HAS_AMX)
// Whether there is AMX for bf16 numbers, and the system lets this process use it: tiles are large, so it has
// to be asked.
bool has_amx() {
  constexpr unsigned kFeatures = 1u << 22 | 1u << 24;  // AMX-BF16, AMX-TILE
  constexpr long kRequestPermission = 0x1023;
  constexpr long kTileData = 18;
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & kFeatures) == kFeatures &&
         syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#endif

Choice choose() {
  const int cap = isa_cap();
  __builtin_cpu_init();
  if (cap >= 4 && has_v4()) {
    Choice v4 = {"x86-64-v4", eb::v4::kernels(), false};
    if (cap >= kBf16 && __builtin_cpu_supports("avx512bf16") &&
        __builtin_cpu_supports("avx512vnni")) {
      eb::v4_bf16::add_kernels(v4.kernels);
      v4.bf16 = true;
#if defined(EARLYBIRD_HAS_AMX)
      if (cap >= kAmx && has_amx()) {
        eb::v4_amx::add_kernels(v4.kernels);
        v4.name = "x86-64-v4-amx";
      }
#endif
    }
    return v4;
  }
  if (cap >= 3 && has_v3()) return {"x86-64-v3", eb::v3::kernels(), false};
  return {"x86-64-v2", eb::v2::kernels(), false};
}

Choice choice = choose();

}  // namespace

eb::Kernels& eb::active() { return choice.kernels; }

const char* eb_version(void) { return EARLYBIRD_VERSION; }

const char* eb_isa_name(void) { return choice.name; }

int eb_has_bf16(void) { return choice.bf16; }

int eb_kernel_count(void) { return static_cast<int>(sizeof(eb::Kernels) / sizeof(void (*)())); }

eb_status eb_set_threads(int threads) {
  if (threads < 1 || threads > 1024) return EB_BAD_ARGUMENT;
  omp_set_num_threads(threads);
  return EB_OK;
}

int eb_get_threads(void) { return omp_get_max_threads(); }
