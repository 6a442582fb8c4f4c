// The kernels of one instruction set as a table; compiled once per instruction set.
#include "cpu/kernel_table.h"

namespace eb::EB_ISA {

const Kernels& kernels() {
  static constexpr Kernels table = {
#define EB_KERNEL(name) EB_ISA::name,
#include "cpu/kernel_list.h"
#undef EB_KERNEL
  };
  return table;
}

}  // namespace eb::EB_ISA
