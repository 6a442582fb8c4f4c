package io.earlybird.backend.cuda;

import io.earlybird.backend.Slice;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The buffers of one bound kernel as typed device addresses, and its stream. Made while binding,
 * never while running.
 *
 * @param kernel the kernel, which owns the tables that {@link #table} makes
 * @param inputs operands
 * @param outputs results
 * @param scratch scratch memory, or {@code null} if the kernel asked for none
 */
record CudaBuffers(OwnCudaKernel kernel, List<Slice> inputs, List<Slice> outputs, Slice scratch) {
  FloatPointer in(int i) {
    return new FloatPointer(CudaMemory.pointer(inputs.get(i)));
  }

  DoublePointer doublesIn(int i) {
    return new DoublePointer(CudaMemory.pointer(inputs.get(i)));
  }

  IntPointer intsIn(int i) {
    return new IntPointer(CudaMemory.pointer(inputs.get(i)));
  }

  LongPointer longsIn(int i) {
    return new LongPointer(CudaMemory.pointer(inputs.get(i)));
  }

  BytePointer bytesIn(int i) {
    return new BytePointer(CudaMemory.pointer(inputs.get(i)));
  }

  FloatPointer out(int i) {
    return new FloatPointer(CudaMemory.pointer(outputs.get(i)));
  }

  DoublePointer doublesOut(int i) {
    return new DoublePointer(CudaMemory.pointer(outputs.get(i)));
  }

  IntPointer intsOut(int i) {
    return new IntPointer(CudaMemory.pointer(outputs.get(i)));
  }

  LongPointer longsOut(int i) {
    return new LongPointer(CudaMemory.pointer(outputs.get(i)));
  }

  BytePointer bytesOut(int i) {
    return new BytePointer(CudaMemory.pointer(outputs.get(i)));
  }

  /** The scratch memory. */
  Pointer room() {
    return CudaMemory.pointer(scratch);
  }

  /** The stream on which the kernel runs. */
  Pointer stream() {
    return kernel.backend().stream();
  }

  /** A table in device memory that lives as long as the kernel. */
  Pointer table(byte[] content) {
    return kernel.table(content);
  }
}
