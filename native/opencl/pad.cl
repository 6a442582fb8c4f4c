// x [images, height, width, channels] within zeros: y [images, padded_height, padded_width,
// padded_channels], where pixel (r, c) of x is pixel (top + r spread, left + c spread) of y. One
// work-item per row of y.
kernel void pad_f32(global const float* x, ulong x_at, int height, int width, uint channels,
                    int padded_height, int padded_width, uint padded_channels, int top, int left,
                    int spread, uint rows, global float* y, ulong y_at) {
  EB_ITEMS(item, rows) {
    const int from_top = (int)(item % padded_height) - top;
    const int row = from_top / spread;
    const bool filled = from_top >= 0 && from_top % spread == 0 && row < height;
    global const float* picture = x + x_at + item / padded_height * ((size_t)height * width * channels);
    global float* to = y + y_at + item * ((size_t)padded_width * padded_channels);
    for (int column = 0; column < padded_width; column++) {
      const int from_left = column - left;
      const int source = from_left / spread;
      uint c = 0;
      if (filled && from_left >= 0 && from_left % spread == 0 && source < width) {
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
