// x [images, height, width, channels] within zeros: y [images, padded_height, padded_width,
// padded_channels], where pixel (r, c) of x is pixel (top + r, left + c) of y. One work-item per row
// of y.
kernel void pad_f32(global const float* x, ulong x_at, int height, int width, uint channels,
                    int padded_height, int padded_width, uint padded_channels, int top, int left,
                    uint rows, global float* y, ulong y_at) {
  EB_ITEMS(item, rows) {
    const int row = (int)(item % padded_height) - top;
    const bool filled = row >= 0 && row < height;
    global const float* picture = x + x_at + item / padded_height * ((size_t)height * width * channels);
    global float* to = y + y_at + item * ((size_t)padded_width * padded_channels);
    for (int column = 0; column < padded_width; column++) {
      const int source = column - left;
      uint c = 0;
      if (filled && source >= 0 && source < width) {
        global const float* from = picture + ((size_t)row * width + source) * channels;
        EB_INDEPENDENT
        for (c = 0; c < channels; c++) to[c] = from[c];
        c = channels;
      }
      for (; c < padded_channels; c++) to[c] = 0.0f;
      to += padded_channels;
    }
  }
}
