package io.earlybird.backend.cpu;

import io.earlybird.backend.Slice;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;

/**
 * The buffers of one bound kernel as typed pointers. Pointers are made while binding, never while
 * running.
 *
 * @param inputs operands
 * @param outputs results
 * @param scratch scratch memory, or {@code null} if the kernel asked for none
 */
record Buffers(List<Slice> inputs, List<Slice> outputs, Slice scratch) {
  /** Operand {@code i} as floats. */
  FloatPointer in(int i) {
    return CpuMemory.floats(inputs.get(i));
  }

  /** Operand {@code i} as bf16 numbers. */
  ShortPointer shortsIn(int i) {
    return CpuMemory.shorts(inputs.get(i));
  }

  /** Operand {@code i} as doubles. */
  DoublePointer doublesIn(int i) {
    return new DoublePointer(CpuMemory.pointer(inputs.get(i)));
  }

  /** Operand {@code i} as 32-bit integers. */
  IntPointer intsIn(int i) {
    return CpuMemory.ints(inputs.get(i));
  }

  /** Operand {@code i} as 64-bit integers. */
  LongPointer longsIn(int i) {
    return CpuMemory.longs(inputs.get(i));
  }

  /** Operand {@code i} as bytes. */
  BytePointer bytesIn(int i) {
    return CpuMemory.bytes(inputs.get(i));
  }

  /** Result {@code i} as floats. */
  FloatPointer out(int i) {
    return CpuMemory.floats(outputs.get(i));
  }

  /** Result {@code i} as bf16 numbers. */
  ShortPointer shortsOut(int i) {
    return CpuMemory.shorts(outputs.get(i));
  }

  /** Result {@code i} as doubles. */
  DoublePointer doublesOut(int i) {
    return new DoublePointer(CpuMemory.pointer(outputs.get(i)));
  }

  /** Result {@code i} as 32-bit integers. */
  IntPointer intsOut(int i) {
    return CpuMemory.ints(outputs.get(i));
  }

  /** Result {@code i} as 64-bit integers. */
  LongPointer longsOut(int i) {
    return CpuMemory.longs(outputs.get(i));
  }

  /** Result {@code i} as bytes. */
  BytePointer bytesOut(int i) {
    return CpuMemory.bytes(outputs.get(i));
  }

  /** The scratch memory. */
  Pointer room() {
    return CpuMemory.pointer(scratch);
  }
}
