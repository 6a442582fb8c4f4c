package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import java.nio.ShortBuffer;
import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;

/** Operands of bf16 products, and results between guards. */
final class Bf16Memory {
  private static final int GUARD = 64;
  private static final int LINE = 64;

  private Bf16Memory() {}

  /** Values in [-1, 1) that bf16 holds. */
  static HostTensor random(long seed, TensorSpec spec) {
    return rounded(OneOp.random(seed, spec));
  }

  /** The nearest bf16 numbers. */
  static HostTensor rounded(HostTensor tensor) {
    return HostTensor.ofDoubles(
        tensor.spec(), Arrays.stream(tensor.doubles()).map(Bf16Memory::rounded).toArray());
  }

  /** The nearest bf16 number to a finite float. */
  static double rounded(double value) {
    int bits = Float.floatToRawIntBits((float) value);
    return Float.intBitsToFloat((bits + 0x7FFF + (bits >>> 16 & 1)) & 0xFFFF0000);
  }

  /** The bits of a value that bf16 holds. */
  static short bits(double value) {
    return (short) (Float.floatToRawIntBits((float) value) >>> 16);
  }

  /** A tensor of values that bf16 holds, as such. */
  static ShortPointer bf16(HostTensor tensor) {
    double[] values = tensor.doubles();
    ShortPointer pointer = new ShortPointer(values.length);
    ShortBuffer buffer = pointer.asBuffer();
    for (double value : values) {
      buffer.put(bits(value));
    }
    return pointer;
  }

  /** Room for `count` floats between guards, all of it NaN. */
  static FloatPointer floats(int count) {
    FloatPointer pointer = new FloatPointer(count + 2L * GUARD);
    Pointer.memset(pointer, 0xFF, 4 * (count + 2L * GUARD));
    return pointer.getPointer(GUARD);
  }

  /** Room for `count` bf16 numbers between guards, all of it NaN. */
  static ShortPointer shorts(int count) {
    ShortPointer pointer = new ShortPointer(count + 2L * GUARD);
    Pointer.memset(pointer, 0xFF, 2 * (count + 2L * GUARD));
    return pointer.getPointer(GUARD);
  }

  /** Elements between guards that must be whole. */
  static float[] read(FloatPointer pointer, int count) {
    float[] all = new float[count + 2 * GUARD];
    pointer.getPointer(-GUARD).get(all);
    return inside(all, count);
  }

  /** Values of bf16 numbers between guards that must be whole. */
  static float[] read(ShortPointer pointer, int count) {
    short[] bits = new short[count + 2 * GUARD];
    pointer.getPointer(-GUARD).get(bits);
    float[] all = new float[bits.length];
    for (int i = 0; i < bits.length; i++) {
      all[i] = Float.intBitsToFloat(bits[i] << 16);
    }
    return inside(all, count);
  }

  private static float[] inside(float[] all, int count) {
    for (int i = 0; i < GUARD; i++) {
      assertThat(all[i]).as("guard before").isNaN();
      assertThat(all[GUARD + count + i]).as("guard after").isNaN();
    }
    return Arrays.copyOfRange(all, GUARD, GUARD + count);
  }

  /** Scratch of `bytes` bytes on a cache line, filled with NaN. */
  static Pointer line(long bytes) {
    BytePointer all = new BytePointer(bytes + LINE);
    Pointer.memset(all, 0xFF, bytes + LINE);
    return all.getPointer((LINE - all.address() % LINE) % LINE);
  }
}
