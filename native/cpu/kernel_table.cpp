// The kernels of one instruction set as a table; compiled once per instruction set.
#include "cpu/kernel_table.h"

namespace eb::EB_ISA {
namespace {

// Stands for a kernel that the instruction set has no code for.
template <class Function>
struct Unsupported;

template <class Result, class... Arguments>
struct Unsupported<Result (*)(Arguments...)> {
  static Result call(Arguments...) { return EB_UNSUPPORTED; }
};

}  // namespace

const Kernels& kernels() {
  static constexpr Kernels table = {
#define EB_KERNEL(name) EB_ISA::name,
#include "cpu/kernel_list.h"
#undef EB_KERNEL
#define EB_KERNEL(name) Unsupported<decltype(Kernels::name)>::call,
#include "cpu/kernel_list_amx.h"
#include "cpu/kernel_list_bf16.h"
#undef EB_KERNEL
  };
  return table;
}

}  // namespace eb::EB_ISA
