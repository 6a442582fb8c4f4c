package io.earlybird.backend.opencl;

import io.earlybird.backend.ConvolutionExtents;
import io.earlybird.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How a convolution's products read their operands: the tensor that windows lie on, within zeros,
 * and where the window of every pixel begins.
 *
 * <p>The gradient of the input is a convolution of dy with turned windows. With stride s, a pixel's
 * gradient meets only every s-th row and column of the window, and which ones depends on the
 * pixel's place modulo s: s x s parts, each of them a convolution with a smaller window.
 *
 * @param source what the windows lie on
 * @param parts one for the forward product
 */
record Windows(Padded source, List<Part> parts) {
  /**
   * Some pixels of the result and the taps that they meet.
   *
   * @param pixels pixels per picture
   * @param places where the window of each pixel begins in the source, and, if there are several
   *     parts, then the pixels' numbers in the result's picture
   * @param rows rows of the window
   * @param pieces separate pieces of weights per row
   * @param run values of a piece
   * @param first where the weights of the first tap begin in a block
   * @param pieceStep from one piece of a block's weights to the next
   * @param rowStep from one row of a block's weights to the next
   */
  record Part(
      int pixels,
      int[] places,
      int rows,
      int pieces,
      int run,
      int first,
      int pieceStep,
      int rowStep) {}

  /** Windows of the forward product, on x. */
  static Windows forward(ConvolutionExtents e) {
    Shape x = e.x().shape();
    Shape w = e.w().shape();
    Shape y = e.y().shape();
    int padding = e.padding();
    int channels = x.dim(3);
    Padded source =
        new Padded(
            x.dim(0),
            x.dim(1),
            x.dim(2),
            channels,
            x.dim(1) + 2 * padding,
            x.dim(2) + 2 * padding,
            channels,
            padding,
            padding);
    int[] places = new int[y.dim(1) * y.dim(2)];
    for (int i = 0; i < places.length; i++) {
      int row = i / y.dim(2) * e.stride();
      int column = i % y.dim(2) * e.stride();
      places[i] = row * source.rowStep() + column * channels;
    }
    return new Windows(source, List.of(whole(places, w.dim(2), w.dim(3) * channels)));
  }

  /** All taps of a window: weights without gaps. */
  private static Part whole(int[] places, int rows, int run) {
    int step = run * WeightOrder.LANES;
    return new Part(places.length, places, rows, 1, run, 0, step, step);
  }

  /** Turned windows of the gradient of the input, on dy. */
  static Windows backward(ConvolutionExtents e) {
    Shape x = e.x().shape();
    Shape w = e.w().shape();
    Shape y = e.y().shape();
    Axis high = Axis.of(x.dim(1), w.dim(2), e.stride(), e.padding());
    Axis wide = Axis.of(x.dim(2), w.dim(3), e.stride(), e.padding());
    int channels = y.dim(3);
    Padded source =
        new Padded(
            y.dim(0),
            y.dim(1),
            y.dim(2),
            channels,
            high.extent,
            wide.extent,
            channels,
            high.before,
            wide.before);
    List<Part> parts = new ArrayList<>();
    for (int r = 0; r < e.stride(); r++) {
      for (int c = 0; c < e.stride(); c++) {
        if (high.count(r) > 0 && wide.count(c) > 0) {
          parts.add(part(source, high, wide, r, c));
        }
      }
    }
    return new Windows(source, parts);
  }

  private static Part part(Padded source, Axis high, Axis wide, int r, int c) {
    int channels = source.channels();
    int pixels = high.count(r) * wide.count(c);
    boolean several = high.stride > 1;
    boolean empty = high.taps(r) == 0 || wide.taps(c) == 0;
    int[] places = new int[several ? 2 * pixels : pixels];
    for (int i = 0; i < pixels; i++) {
      int row = high.pixel(r, i / wide.count(c));
      int column = wide.pixel(c, i % wide.count(c));
      places[i] = empty ? 0 : high.place(row) * source.rowStep() + wide.place(column) * channels;
      if (several) {
        places[pixels + i] = row * wide.pixels + column;
      }
    }
    if (!several) {
      return whole(places, high.window, wide.window * channels);
    }
    int tap = channels * WeightOrder.LANES;
    return new Part(
        pixels,
        places,
        empty ? 0 : high.taps(r),
        empty ? 0 : wide.taps(c),
        channels,
        empty ? 0 : (high.firstTap(r) * wide.window + wide.firstTap(c)) * tap,
        high.stride * tap,
        high.stride * wide.window * tap);
  }

  /**
   * Rows or columns of the gradient of the input.
   *
   * @param pixels pixels of the input
   * @param before zeros before the first pixel of dy; negative if some are not read
   * @param extent pixels of dy that are read, zeros included
   */
  private record Axis(int pixels, int window, int stride, int padding, int before, int extent) {
    static Axis of(int pixels, int window, int stride, int padding) {
      Axis bare = new Axis(pixels, window, stride, padding, 0, 0);
      int[] met = IntStream.range(0, pixels).filter(i -> bare.taps(bare.phase(i)) > 0).toArray();
      int least = IntStream.of(met).map(bare::place).min().orElse(0);
      int end =
          IntStream.of(met).map(i -> bare.place(i) + bare.taps(bare.phase(i))).max().orElse(1);
      return new Axis(pixels, window, stride, padding, -least, end - least);
    }

    /** The part that a pixel belongs to: taps phase, phase + stride, … meet it. */
    private int phase(int pixel) {
      return (pixel + padding) % stride;
    }

    int taps(int phase) {
      return phase < window ? (window - phase + stride - 1) / stride : 0;
    }

    /** First of a part's taps in the turned window; the others follow at the stride. */
    int firstTap(int phase) {
      return window - 1 - phase - stride * (taps(phase) - 1);
    }

    private int firstPixel(int phase) {
      return Math.floorMod(phase - padding, stride);
    }

    /** Pixels of a part. */
    int count(int phase) {
      int first = firstPixel(phase);
      return first < pixels ? (pixels - first + stride - 1) / stride : 0;
    }

    int pixel(int phase, int i) {
      return firstPixel(phase) + i * stride;
    }

    /** Where a pixel's window begins. */
    int place(int pixel) {
      return (pixel + padding) / stride - (taps(phase(pixel)) - 1) + before;
    }
  }
}
