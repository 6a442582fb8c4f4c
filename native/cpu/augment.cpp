// Augmentation on the way from the resident data set into a batch.
// Version 1: every pixel asks augment.h where it comes from. Version 2: a row asks once; the pixels
// of a row are then three runs, black, picture and black.
#include "common/augment.h"

#include "cpu/kernel_table.h"
#include "cpu/parallel.h"

namespace eb::EB_ISA {
namespace {

// What turns pictures into samples.
struct Painter {
  const eb_augmentation& a;
  const uint8_t* images;
  const float* table;

  float* black(int64_t columns, float* to) const {
    for (int64_t i = 0; i < columns; i++) {
      for (int64_t c = 0; c < a.channels; c++) *to++ = table[c * 256];
    }
    return to;
  }

  // kChannels = 0: any number.
  template <int kChannels>
  float* colours(const uint8_t* from, int64_t columns, int64_t step, float* to) const {
    const int64_t channels = kChannels > 0 ? kChannels : a.channels;
    for (int64_t i = 0; i < columns; i++, from += step * channels) {
      for (int64_t c = 0; c < channels; c++) *to++ = table[c * 256 + from[c]];
    }
    return to;
  }

  // One row of a sample: source columns [first, last), ascending or, if flipped, descending.
  void row(const uint8_t* source, const eb_augment& draw, float* to) const {
    const int64_t shift = draw.left - a.padding;
    const int64_t first = shift > 0 ? shift : 0;
    const int64_t last = a.width + shift < a.width ? a.width + shift : a.width;
    if (last <= first) {
      black(a.width, to);
      return;
    }
    const int64_t before = first - shift;
    const int64_t after = a.width - before - (last - first);
    to = black(draw.flip ? after : before, to);
    const uint8_t* from = source + (draw.flip ? last - 1 : first) * a.channels;
    const int64_t step = draw.flip ? -1 : 1;
    to = a.channels == 3 ? colours<3>(from, last - first, step, to)
                         : colours<0>(from, last - first, step, to);
    black(draw.flip ? before : after, to);
  }

  void picture(int64_t number, const eb_augment& draw, float* to) const {
    const int64_t pitch = a.width * a.channels;
    for (int64_t r = 0; r < a.height; r++, to += pitch) {
      const int64_t y = r + draw.top - a.padding;
      if (y < 0 || y >= a.height) {
        black(a.width, to);
      } else {
        row(images + (number * a.height + y) * pitch, draw, to);
      }
    }
  }
};

}  // namespace

eb_status augment_u8_f32(const eb_augmentation* augmentation, const uint8_t* images,
                         const int32_t* labels, const int32_t* order, const int64_t* cursor,
                         const int64_t* step, const float* table, float* x, int32_t* batch_labels) {
  const eb_augmentation& a = *augmentation;
  const Painter painter = {a, images, table};
  const int64_t size = a.height * a.width * a.channels;
  const int64_t at = cursor[0];
  if (at < 0 || at > a.order_length - a.batch) return EB_BAD_ARGUMENT;
  int outside = 0;
#pragma omp parallel for schedule(static) reduction(+ : outside) if (a.batch * size >= kSerial)
  for (int64_t j = 0; j < a.batch; j++) {
    const int64_t number = order[at + j];
    if (number < 0 || number >= a.pictures) {
      outside++;
      continue;
    }
    const eb_u32 padding = static_cast<eb_u32>(a.padding);
    const eb_augment draw =
        a.random ? eb_augment_draw(static_cast<eb_u64>(a.seed), static_cast<eb_u64>(step[0]),
                                   static_cast<eb_u32>(j), padding)
                 : eb_augment_none(padding);
    painter.picture(number, draw, x + j * size);
    batch_labels[j] = labels[number];
  }
  return outside == 0 ? EB_OK : EB_BAD_ARGUMENT;
}

}  // namespace eb::EB_ISA

#ifdef EB_ENTRY_POINTS
namespace {
bool valid(const eb_augmentation* a) {
  return a && a->pictures >= 0 && a->height >= 0 && a->width >= 0 && a->channels >= 0 &&
         a->order_length >= 0 && a->batch >= 0 && a->padding >= 0 && a->padding < (1 << 30);
}
}  // namespace

eb_status eb_augment_u8_f32(const eb_augmentation* augmentation, const uint8_t* images,
                            const int32_t* labels, const int32_t* order, const int64_t* cursor,
                            const int64_t* step, const float* table, float* x,
                            int32_t* batch_labels) {
  if (!valid(augmentation) || !cursor || !step) return EB_BAD_ARGUMENT;
  if (augmentation->batch == 0) return EB_OK;
  if (!images || !labels || !order || !table || !x || !batch_labels) return EB_BAD_ARGUMENT;
  return eb::active().augment_u8_f32(augmentation, images, labels, order, cursor, step, table, x,
                                     batch_labels);
}
#endif
