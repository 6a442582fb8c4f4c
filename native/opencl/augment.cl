// A batch of the resident data set, cropped, flipped and normalised: one work-item per row of a
// picture, which draws the picture's block of Philox again.
#include "common/augment.h"

kernel void augment_u8(global const uchar* pixels, ulong pixels_at, global const int* labels,
                       ulong labels_at, global const int* order, ulong order_at,
                       global const long* cursor, ulong cursor_at, global const long* step,
                       ulong step_at, global const float* table, ulong table_at, ulong seed,
                       int random, long images, long entries, int height, int width, int channels,
                       int padding, uint rows, global float* x, ulong x_at,
                       global int* batch_labels, ulong batch_labels_at) {
  table += table_at;
  EB_ITEMS(item, rows) {
    const uint sample = item / height;
    const int row = item % height;
    const long entry = cursor[cursor_at] + sample;
    const long image = entry >= 0 && entry < entries ? order[order_at + entry] : -1;
    const bool known = image >= 0 && image < images;
    const eb_augment draw = random ? eb_augment_draw(seed, step[step_at], sample, padding)
                                   : eb_augment_none(padding);
    global const uchar* picture =
        pixels + pixels_at + (known ? image * ((long)height * width * channels) : 0);
    global float* out = x + x_at + item * ((size_t)width * channels);
    for (int column = 0; column < width; column++) {
      const int source = eb_augment_source(draw, row, column, height, width, padding);
      for (int c = 0; c < channels; c++) {
        const uchar value = known && source >= 0 ? picture[source * channels + c] : 0;
        out[column * channels + c] = known ? table[256 * c + value] : NAN;
      }
    }
    if (row == 0) batch_labels[batch_labels_at + sample] = known ? labels[labels_at + image] : -1;
  }
}
