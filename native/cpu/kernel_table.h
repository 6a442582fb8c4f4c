// The one table of function pointers through which every public function reaches its kernel.
//
// A file of native/cpu holds one op and is compiled once per instruction set. EB_ISA names the
// namespace of that compilation (v2, v3 or v4), so that the three versions live side by side. The
// compilation for v2 alone also defines EB_ENTRY_POINTS and with it the public functions, which
// check their arguments and call through the table. The code of files named ..._bf16.cpp and
// ..._int8.cpp is compiled for v4 with AVX512-BF16 and VNNI alone (v4_bf16); elsewhere the table has
// functions that say EB_UNSUPPORTED. That of files named ..._amx.cpp is compiled with AMX too (v4_amx):
// kernels of its own, and some that stand in for these.
#ifndef EARLYBIRD_CPU_KERNEL_TABLE_H
#define EARLYBIRD_CPU_KERNEL_TABLE_H

#include <type_traits>

#include "earlybird/earlybird.h"

namespace eb {

// One pointer per kernel, with the type of the public function of the same name.
struct Kernels {
#define EB_KERNEL(name) decltype(&::eb_##name) name;
#include "cpu/kernel_list.h"
#include "cpu/kernel_list_amx.h"
#include "cpu/kernel_list_bf16.h"
#undef EB_KERNEL
};

// Declares eb::<isa>::<name> for every kernel; a definition whose parameters differ from the public
// function's is another overload, and the link fails with the name of the kernel.
#define EB_DECLARE_ISA(isa) \
  namespace isa {           \
  const Kernels& kernels(); \
  }
EB_DECLARE_ISA(v2)
EB_DECLARE_ISA(v3)
EB_DECLARE_ISA(v4)
#undef EB_DECLARE_ISA

// Puts the kernels that need AVX512-BF16 and VNNI into a table.
namespace v4_bf16 {
void add_kernels(Kernels& table);
#define EB_KERNEL(name) std::remove_pointer_t<decltype(Kernels::name)> name;
#include "cpu/kernel_list_bf16.h"
#undef EB_KERNEL
}  // namespace v4_bf16

// Puts those that need AMX into a table, and what AMX computes faster over what is there.
namespace v4_amx {
void add_kernels(Kernels& table);
}

namespace EB_ISA {
#define EB_KERNEL(name) std::remove_pointer_t<decltype(Kernels::name)> name;
#include "cpu/kernel_list.h"
#include "cpu/kernel_list_amx.h"
#include "cpu/kernel_list_bf16.h"
#undef EB_KERNEL
}  // namespace EB_ISA

// The table in use; its entries may be replaced while no kernel runs.
Kernels& active();

}  // namespace eb

#endif
