package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.KernelRunner.normal;
import static io.earlybird.backend.cpu.KernelRunner.special;
import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.Fill;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.Relu;
import io.earlybird.tensor.op.ReluBackward;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ElementwiseKernelsTest {
  /** Around the widths of vectors, tiles and the smallest parallel work. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 7, 8, 17, 127, 129, 16384, 20001})
  void sameBitsAsTheReference(int n) {
    HostTensor x = special(n, n);
    KernelRunner.check(new Relu(), List.of(x));
    KernelRunner.check(new ReluBackward(), List.of(x, special(n + 1, n)));
    KernelRunner.check(new Add(), List.of(x, special(n + 2, n)));
    KernelRunner.check(new Fill(1.5f, Shape.of(n)), List.of());
  }

  @Test
  void anyNumberOfThreads() {
    for (int n : new int[] {5, 70_001}) {
      KernelRunner.checkThreads(new Relu(), List.of(normal(1, n)));
      KernelRunner.checkThreads(new ReluBackward(), List.of(normal(1, n), normal(2, n)));
      KernelRunner.checkThreads(new Add(), List.of(normal(1, n), normal(2, n)));
      KernelRunner.checkThreads(new Fill(-2f, Shape.of(n)), List.of());
    }
  }

  /** Results of 2.2 million floats are streamed past the cache, but not in place. */
  @Test
  void inPlace() {
    for (int n : new int[] {70_001, 2_200_003}) {
      KernelRunner.checkInPlace(new Relu(), List.of(normal(1, n)), 0);
      for (Op op : List.of(new ReluBackward(), new Add())) {
        KernelRunner.checkInPlace(op, List.of(normal(1, n), normal(2, n)), 0);
        KernelRunner.checkInPlace(op, List.of(normal(1, n), normal(2, n)), 1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 4099, 8_800_011})
  void copiesEveryByte(int bytes) {
    byte[] source = new byte[bytes];
    new java.util.Random(1).nextBytes(source);
    CpuLibrary.setThreads(3);
    try (BytePointer from = new BytePointer(bytes + 65L);
        BytePointer to = new BytePointer(bytes + 65L)) {
      long aligned = (64 - to.address() % 64) % 64;
      for (long shift : new long[] {aligned, 1}) {
        from.position(0).put(source, 0, bytes);
        to.position(shift).put(new byte[bytes], 0, bytes);
        assertThat(NativeKernels.eb_copy(from, to, bytes)).isEqualTo(NativeKernels.EB_OK);
        byte[] copy = new byte[bytes];
        to.get(copy, 0, bytes);
        assertThat(copy).isEqualTo(source);
      }
    }
  }

  @Test
  void otherTypesAreRefusedWithTheReason() {
    try (CpuBackend backend = new CpuBackend(1)) {
      TensorSpec ints = TensorSpec.of(DType.I32, 3);
      assertThat(backend.supports(new Relu(), List.of(ints)).reason())
          .isEqualTo("Relu on the cpu backend takes f32, not i32[3]");
    }
  }
}
