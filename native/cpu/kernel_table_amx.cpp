// The kernels that need AMX, and those that it computes faster, put into a table.
#include "cpu/kernel_table.h"

#if defined(__AMX_BF16__)
namespace eb::EB_ISA {

void add_kernels(Kernels& table) {
#define EB_KERNEL(name) table.name = EB_ISA::name;
#include "cpu/kernel_list_amx.h"
#include "cpu/kernel_list_by_amx.h"
#undef EB_KERNEL
}

}  // namespace eb::EB_ISA
#endif
