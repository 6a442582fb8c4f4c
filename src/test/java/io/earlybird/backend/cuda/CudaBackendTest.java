package io.earlybird.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Precision;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.BatchNormReluBackwardAdd;
import io.earlybird.tensor.op.BatchNormReluConv2d;
import io.earlybird.tensor.op.BatchNormReluConv2dBackward;
import io.earlybird.tensor.op.BatchNormReluConv2dBackwardWeight;
import io.earlybird.tensor.op.BatchNormStatistics;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.ViewOp;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CudaBackendTest {
  @Test
  void withoutADeviceItSaysWhyEveryTime() {
    assumeThat(CudaBackend.probe().ok()).as("a CUDA device is here").isFalse();
    for (int i = 0; i < 3; i++) {
      assertThat(CudaBackend.probe().reason()).startsWith("cuda: ").doesNotContain("\n");
      assertThatThrownBy(CudaBackend::open)
          .isInstanceOf(EarlybirdException.class)
          .hasMessage(CudaBackend.probe().reason());
    }
  }

  @Test
  void everyOpWithAKernelHasAFactory() {
    Set<Class<?>> wanted = new HashSet<>();
    collect(Op.class, wanted);
    assertThat(
            wanted.removeAll(
                Set.of(
                    Conv2dEpilogue.class,
                    BatchNormReluBackwardAdd.class,
                    BatchNormStatistics.class,
                    BatchNormReluConv2d.class,
                    BatchNormReluConv2dBackward.class,
                    BatchNormReluConv2dBackwardWeight.class)))
        .as("run as their parts")
        .isTrue();
    assertThat(CudaKernels.all().keySet()).isEqualTo(wanted);
  }

  private static void collect(Class<?> type, Set<Class<?>> ops) {
    if (type.getSimpleName().equals("LeafOp") || type == ViewOp.class) {
      return;
    }
    if (type.isSealed()) {
      for (Class<?> permitted : type.getPermittedSubclasses()) {
        collect(permitted, ops);
      }
    } else {
      ops.add(type);
    }
  }

  @Test
  void valuesGoInAndOut() {
    try (CudaBackend backend = device();
        Memory memory = backend.allocate(1 << 20, "a test")) {
      HostTensor value = HostTensor.zeros(TensorSpec.f32(3, 5));
      value.buffer().putFloat(56, 2.5f);
      Slice slice = new Slice(memory, 256, 60);
      assertThat(backend.read(slice, value.spec())).isEqualTo(HostTensor.zeros(value.spec()));
      backend.write(slice, value);
      assertThat(backend.read(slice, value.spec())).isEqualTo(value);
    }
  }

  @Test
  void moreThanTheDeviceHasIsRefusedWithSizeAndPurpose() {
    try (CudaBackend backend = device()) {
      assertThatThrownBy(() -> backend.allocate(1L << 50, "the training plan"))
          .isInstanceOf(EarlybirdException.class)
          .hasMessageMatching(
              "needs 1048576\\.00 GiB of device memory for the training plan, .* GiB free; try a"
                  + " smaller batch");
      assertThat(backend.liveBytes()).isZero();
    }
  }

  @Test
  void aDeviceThatDoesNotExistIsNamed() {
    device().close();
    assertThatThrownBy(() -> CudaBackend.open(new CudaOptions(99, Precision.FP32, false, Map.of())))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageContaining("there is no device 99");
  }

  private static CudaBackend device() {
    assumeThat(CudaBackend.probe().reason()).as("no CUDA device").isEmpty();
    return CudaBackend.open();
  }
}
