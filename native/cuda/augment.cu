// A batch of the resident data set, cropped, flipped and normalised. Version 1: one block per
// picture; all of its threads draw the same block of Philox and write neighbouring elements.
#include <math.h>

#include "common/augment.h"
#include "cuda/launch.h"
#include "earlybird/cuda/data.h"

namespace eb::cuda {
namespace {

__global__ void __launch_bounds__(kThreads)
    augment_kernel(const uint8_t* pixels, const int32_t* labels, const int32_t* order,
                   const int64_t* cursor, const int64_t* step, const float* table, eb_cuda_batch b,
                   float* x, int32_t* batch_labels) {
  const int64_t entry = cursor[0] + blockIdx.x;
  const int64_t image = entry >= 0 && entry < b.entries ? order[entry] : -1;
  const bool known = image >= 0 && image < b.images;
  const uint32_t padding = static_cast<uint32_t>(b.padding);
  const eb_augment draw =
      b.random ? eb_augment_draw(b.seed, static_cast<eb_u64>(step[0]), blockIdx.x, padding)
               : eb_augment_none(padding);
  const int32_t elements = b.height * b.width * b.channels;
  const uint8_t* picture = known ? pixels + image * elements : pixels;
  float* out = x + static_cast<int64_t>(blockIdx.x) * elements;
  for (int32_t i = static_cast<int32_t>(threadIdx.x); i < elements; i += kThreads) {
    const int32_t c = i % b.channels;
    const int32_t pixel = i / b.channels;
    const int32_t source =
        eb_augment_source(draw, pixel / b.width, pixel % b.width, b.height, b.width, b.padding);
    const uint8_t value = known && source >= 0 ? picture[source * b.channels + c] : 0;
    out[i] = known ? table[256 * c + value] : nanf("");
  }
  if (threadIdx.x == 0) batch_labels[blockIdx.x] = known ? labels[image] : -1;
}

}  // namespace
}  // namespace eb::cuda

eb_status eb_cuda_augment_u8(const uint8_t* pixels, const int32_t* labels, const int32_t* order,
                             const int64_t* cursor, const int64_t* step, const float* table,
                             const eb_cuda_batch* batch, float* x, int32_t* batch_labels,
                             void* stream) {
  using namespace eb::cuda;
  if (!batch || batch->images < 0 || batch->entries < 0 || batch->batch < 0 || batch->height < 0 ||
      batch->width < 0 || batch->channels < 0 || batch->padding < 0) {
    return EB_BAD_ARGUMENT;
  }
  if (batch->batch == 0) return EB_OK;
  if (!pixels || !labels || !order || !cursor || !step || !table || !x || !batch_labels) {
    return EB_BAD_ARGUMENT;
  }
  const int64_t picture = product(product(batch->height, batch->width), batch->channels);
  if (product(picture, batch->batch) > kMaxElements || batch->padding > 1 << 20) {
    return EB_UNSUPPORTED;
  }
  return launch(augment_kernel, grid(batch->batch), kThreads, stream, pixels, labels, order, cursor,
                step, table, *batch, x, batch_labels);
}
