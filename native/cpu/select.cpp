// Channel selection and its gradient.
// Version 1: one element at a time. Version 2: eight channels at a time by permutation (see
// channel_select.h).
#include "cpu/channel_select.h"
#include "cpu/kernel_table.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {
namespace {

// Rows at which threads part: about as many elements as wake a team.
int64_t grain(int64_t channels) { return channels >= 1024 ? 1 : 1024 / channels; }

template <class Body>
void parallel_rows(int64_t rows, int64_t channels, Body body) {
  const int64_t unit = grain(channels);
  const int64_t units = (rows + unit - 1) / unit;
#pragma omp parallel if (rows * channels >= kSerial)
  {
    const Part part = my_part(units);
    const int64_t end = part.end * unit < rows ? part.end * unit : rows;
    if (part.begin * unit < end) body(part.begin * unit, end - part.begin * unit);
  }
}

}  // namespace

eb_status select_f32(const float* x, int64_t rows, int64_t channels, const int32_t* selected,
                     int64_t kept, float* y) {
  const Selection selection(selected, kept, channels);
  parallel_rows(rows, channels, [&](int64_t row, int64_t count) {
    selection.pack(x + row * channels, count, y + row * kept);
  });
  return EB_OK;
}

eb_status select_backward_f32(const float* dy, int64_t rows, int64_t channels,
                              const int32_t* selected, int64_t kept, float* dx) {
  const Selection selection(selected, kept, channels);
  parallel_rows(rows, channels, [&](int64_t row, int64_t count) {
    selection.unpack(dy + row * kept, count, dx + row * channels);
  });
  return EB_OK;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
namespace {
eb_status check(int64_t rows, int64_t channels, const int32_t* selected, int64_t kept) {
  if (rows < 0 || channels < 0 || kept < 0 || kept > channels) return EB_BAD_ARGUMENT;
  if (kept > 0 && !selected) return EB_BAD_ARGUMENT;
  if (channels > EB_MAX_SELECTABLE) return EB_UNSUPPORTED;
  return eb::EB_ISA::valid_selection(selected, kept, channels) ? EB_OK : EB_BAD_ARGUMENT;
}
}  // namespace

eb_status eb_select_f32(const float* x, int64_t rows, int64_t channels, const int32_t* selected,
                        int64_t kept, float* y) {
  const eb_status status = check(rows, channels, selected, kept);
  if (status != EB_OK || rows == 0 || kept == 0) return status;
  if (!x || !y) return EB_BAD_ARGUMENT;
  return eb::active().select_f32(x, rows, channels, selected, kept, y);
}

eb_status eb_select_backward_f32(const float* dy, int64_t rows, int64_t channels,
                                 const int32_t* selected, int64_t kept, float* dx) {
  const eb_status status = check(rows, channels, selected, kept);
  if (status != EB_OK || rows == 0 || channels == 0) return status;
  if (!dx || (kept > 0 && !dy)) return EB_BAD_ARGUMENT;
  return eb::active().select_backward_f32(dy, rows, channels, selected, kept, dx);
}
#endif
