// Channel selection and its gradient.
// Version 1: one element at a time. Version 2: eight channels at a time by permutation (see
// channel_select.h). Version 3: results larger than the cache are streamed past it, thirty-two rows at a
// time: as many as begin and end on lines for any number of channels. Version 4: sixteen channels with AVX-512.
#include "cpu/channel_select.h"
#include "cpu/kernel_table.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {
namespace {

constexpr int64_t kStreamedRows = 32;
constexpr int64_t kStreamedChannels = 512;

// Writes y [rows, channels] in parallel, where f(row, count, out) puts rows row.. to out.
template <class T, class F>
void write_rows(T* y, int64_t rows, int64_t channels, F f) {
  const bool stream = channels <= kStreamedChannels && should_stream_lines(y, rows * channels);
  const int64_t units = (rows + kStreamedRows - 1) / kStreamedRows;
#pragma omp parallel if (rows * channels >= kSerial)
  {
    alignas(64) T tile[kStreamedRows * kStreamedChannels];
    const Part part = my_part(units);
    const int64_t end = part.end * kStreamedRows < rows ? part.end * kStreamedRows : rows;
    int64_t row = part.begin * kStreamedRows;
    for (; stream && row + kStreamedRows <= end; row += kStreamedRows) {
      f(row, kStreamedRows, tile);
      stream_lines(y + row * channels, tile, kStreamedRows * channels);
    }
    if (row < end) f(row, end - row, y + row * channels);
    if (stream) stream_end();
  }
}

template <class T>
eb_status select(const T* x, int64_t rows, int64_t channels, const int32_t* selected, int64_t kept,
                 T* y) {
  const Selection selection(selected, kept, channels);
  write_rows(y, rows, kept, [&](int64_t row, int64_t count, T* out) {
    selection.pack(x + row * channels, count, out);
  });
  return EB_OK;
}

template <class T>
eb_status select_backward(const T* dy, int64_t rows, int64_t channels, const int32_t* selected,
                          int64_t kept, T* dx) {
  const Selection selection(selected, kept, channels);
  write_rows(dx, rows, channels, [&](int64_t row, int64_t count, T* out) {
    selection.unpack(dy + row * kept, count, out);
  });
  return EB_OK;
}

}  // namespace

eb_status select_f32(const float* x, int64_t rows, int64_t channels, const int32_t* selected,
                     int64_t kept, float* y) {
  return select(x, rows, channels, selected, kept, y);
}

eb_status select_bf16(const uint16_t* x, int64_t rows, int64_t channels, const int32_t* selected,
                      int64_t kept, uint16_t* y) {
  return select(bf16(x), rows, channels, selected, kept, bf16(y));
}

eb_status select_backward_f32(const float* dy, int64_t rows, int64_t channels,
                              const int32_t* selected, int64_t kept, float* dx) {
  return select_backward(dy, rows, channels, selected, kept, dx);
}

eb_status select_backward_bf16(const uint16_t* dy, int64_t rows, int64_t channels,
                               const int32_t* selected, int64_t kept, uint16_t* dx) {
  return select_backward(bf16(dy), rows, channels, selected, kept, bf16(dx));
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

eb_status eb_select_bf16(const uint16_t* x, int64_t rows, int64_t channels, const int32_t* selected,
                         int64_t kept, uint16_t* y) {
  const eb_status status = check(rows, channels, selected, kept);
  if (status != EB_OK || rows == 0 || kept == 0) return status;
  if (!x || !y) return EB_BAD_ARGUMENT;
  return eb::active().select_bf16(x, rows, channels, selected, kept, y);
}

eb_status eb_select_backward_bf16(const uint16_t* dy, int64_t rows, int64_t channels,
                                  const int32_t* selected, int64_t kept, uint16_t* dx) {
  const eb_status status = check(rows, channels, selected, kept);
  if (status != EB_OK || rows == 0 || channels == 0) return status;
  if (!dx || (kept > 0 && !dy)) return EB_BAD_ARGUMENT;
  return eb::active().select_backward_bf16(dy, rows, channels, selected, kept, dx);
}
#endif
