// The kernels that need AVX512-BF16 and VNNI, put into a table.
#include "cpu/kernel_table.h"

#if defined(__AVX512BF16__)
namespace eb::EB_ISA {

void add_kernels(Kernels& table) {
#define EB_KERNEL(name) table.name = EB_ISA::name;
#include "cpu/kernel_list_bf16.h"
#undef EB_KERNEL
}

}  // namespace eb::EB_ISA
#endif
