package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.backend.cpu.NativeKernels.Conv2dShape;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2d;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.ShortPointer;

/**
 * A convolution whose operands are rounded to bf16, and its three products as the C ABI computes
 * them: bytes around results must stay as they are.
 */
record Bf16Convolution(Conv2dShape shape, HostTensor x, HostTensor w, HostTensor dy) {
  private static final int BLOCK = (int) NativeKernels.eb_conv2d_block();

  /** From n, h, w, in, out, kernel, stride, padding. */
  static Bf16Convolution of(int... extents) {
    int kernel = extents[5];
    TensorSpec x = TensorSpec.f32(extents[0], extents[1], extents[2], extents[3]);
    TensorSpec w = TensorSpec.f32(extents[4], extents[3], kernel, kernel);
    TensorSpec y = new Conv2d(extents[6], extents[7]).infer(List.of(x, w)).get(0);
    Conv2dShape shape = OwnConvolution.shape(x, w, extents[6], extents[7]);
    return new Bf16Convolution(
        shape, Bf16Memory.random(1, x), Bf16Memory.random(2, w), Bf16Memory.random(3, y));
  }

  int stride() {
    return (int) shape.stride();
  }

  int padding() {
    return (int) shape.padding();
  }

  int kernel() {
    return (int) shape.kernel_height();
  }

  /** The convolution, as fp32 if {@code wide} is 1, as bf16 if it is 0. */
  HostTensor forward(int threads, int wide) {
    CpuLibrary.setThreads(threads);
    long scratch = NativeKernels.eb_conv2d_bf16_scratch(shape);
    return image(
        x,
        pairs((int) shape.out(), (int) shape.in(), false),
        dy.spec(),
        wide,
        scratch,
        (image, weight, y, room) ->
            NativeKernels.eb_conv2d_bf16(shape, image, weight, y, wide, room));
  }

  /** The gradient of x, as fp32 if {@code wide} is 1, as bf16 if it is 0. */
  HostTensor backwardData(int threads, int wide) {
    CpuLibrary.setThreads(threads);
    long scratch = NativeKernels.eb_conv2d_backward_data_bf16_scratch(shape);
    return image(
        dy,
        pairs((int) shape.in(), (int) shape.out(), true),
        x.spec(),
        wide,
        scratch,
        (image, weight, dx, room) ->
            NativeKernels.eb_conv2d_backward_data_bf16(shape, image, weight, dx, wide, room));
  }

  /** The gradient of w; the padding of its last block must be zero. */
  @SuppressWarnings("try") // the scope works by being open
  HostTensor backwardWeight(int threads) {
    CpuLibrary.setThreads(threads);
    int out = (int) shape.out();
    int in = (int) shape.in();
    int taps = kernel() * kernel();
    int size = (out + BLOCK - 1) / BLOCK * taps * in * BLOCK;
    float[] stored;
    try (PointerScope scope = new PointerScope()) {
      FloatPointer dw = Bf16Memory.floats(size);
      Pointer room = Bf16Memory.line(NativeKernels.eb_conv2d_backward_weight_bf16_scratch(shape));
      assertThat(
              NativeKernels.eb_conv2d_backward_weight_bf16(
                  shape, Bf16Memory.bf16(x), Bf16Memory.bf16(dy), dw, room))
          .isEqualTo(NativeKernels.EB_OK);
      stored = Bf16Memory.read(dw, size);
    }
    double[] values = new double[out * in * taps];
    for (int i = 0; i < stored.length; i++) {
      int o = i / (taps * in * BLOCK) * BLOCK + i % BLOCK;
      int tap = i / (in * BLOCK) % taps;
      int channel = i / BLOCK % in;
      if (o < out) {
        values[(o * in + channel) * taps + tap] = stored[i];
      } else {
        assertThat(stored[i]).isZero();
      }
    }
    return HostTensor.ofDoubles(w.spec(), values);
  }

  /** A call on an image, a weight, the result and scratch. */
  @FunctionalInterface
  private interface Call {
    int run(ShortPointer image, ShortPointer weight, Pointer result, Pointer room);
  }

  @SuppressWarnings("try") // the scope works by being open
  private static HostTensor image(
      HostTensor image, short[] weight, TensorSpec result, int wide, long scratch, Call call) {
    int size = (int) result.size();
    float[] values;
    try (PointerScope scope = new PointerScope()) {
      ShortPointer from = Bf16Memory.bf16(image);
      ShortPointer with = new ShortPointer(weight);
      Pointer room = Bf16Memory.line(scratch);
      FloatPointer floats = Bf16Memory.floats(size);
      ShortPointer shorts = Bf16Memory.shorts(size);
      assertThat(call.run(from, with, wide != 0 ? floats : shorts, room))
          .isEqualTo(NativeKernels.EB_OK);
      values = wide != 0 ? Bf16Memory.read(floats, size) : Bf16Memory.read(shorts, size);
    }
    return HostTensor.ofDoubles(
        result, IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray());
  }

  /** The weight as stored for the forward product, or for the gradient of x. */
  private short[] pairs(int columns, int terms, boolean backward) {
    int taps = kernel() * kernel();
    int halves = (terms + 1) / 2;
    double[] values = w.doubles();
    short[] stored = new short[(columns + BLOCK - 1) / BLOCK * taps * halves * BLOCK * 2];
    for (int column = 0; column < columns; column++) {
      for (int term = 0; term < terms; term++) {
        int from = (backward ? term * columns + column : column * terms + term) * taps;
        for (int tap = 0; tap < taps; tap++) {
          int to = ((column / BLOCK * taps + tap) * halves + term / 2) * BLOCK + column % BLOCK;
          stored[2 * to + term % 2] = Bf16Memory.bits(values[from + tap]);
        }
      }
    }
    return stored;
  }
}
