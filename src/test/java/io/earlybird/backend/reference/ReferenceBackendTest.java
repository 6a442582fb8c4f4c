package io.earlybird.backend.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Memory;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.Op;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReferenceBackendTest {
  private static final TensorSpec SPEC = TensorSpec.f32(3);

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64"})
  void runsAKernelInPlace(DType storage) {
    try (ReferenceBackend backend = new ReferenceBackend(storage);
        Memory memory = backend.allocate(1024, "test")) {
      Form form = backend.defaultForm(SPEC);
      assertThat(form.element()).isEqualTo(storage);
      Slice a = new Slice(memory, 0, form.bytes());
      Slice b = new Slice(memory, 256, form.bytes());
      backend.write(a, HostTensor.of(new float[] {1, 2, 3}, 3));
      backend.write(b, HostTensor.of(new float[] {10, 20, 30}, 3));
      Kernel kernel =
          backend.prepare(
              new KernelRequest(
                  new Add(), List.of(SPEC, SPEC), List.of(SPEC), List.of(form, form)));
      assertThat(kernel.mayOverwrite(0, 1)).isTrue();
      kernel.bind(List.of(a, b), List.of(b), null).run();
      assertThat(backend.read(b, SPEC).floats()).containsExactly(11, 22, 33);
    }
  }

  @Test
  void fp64StorageKeepsDoublesForThoseWhoAsk() {
    try (ReferenceBackend backend = new ReferenceBackend(DType.F64);
        Memory memory = backend.allocate(256, "test")) {
      HostTensor value = Values.doubles(1, 3);
      Slice slice = new Slice(memory, 0, 24);
      backend.write(slice, value);
      assertThat(backend.read(slice, value.spec())).isEqualTo(value);
      assertThat(backend.read(slice, SPEC).get(1)).isEqualTo((float) value.get(1));
    }
  }

  @Test
  void reordersConvertElementTypes() {
    try (ReferenceBackend backend = new ReferenceBackend(DType.F32);
        Memory memory = backend.allocate(512, "test")) {
      Slice narrow = new Slice(memory, 0, 12);
      Slice wide = new Slice(memory, 256, 24);
      backend.write(narrow, HostTensor.of(new float[] {1, 2, 3}, 3));
      Form f32 = Form.plain(SPEC);
      Form f64 = Form.plain(SPEC, DType.F64);
      backend.prepareReorder(SPEC, f32, f64).bind(List.of(narrow), List.of(wide), null).run();
      assertThat(backend.read(wide, TensorSpec.of(DType.F64, 3)).doubles())
          .containsExactly(1, 2, 3);
    }
  }

  @Test
  void countsLiveBytes() {
    ReferenceBackend backend = new ReferenceBackend(DType.F32);
    Memory first = backend.allocate(100, "test");
    Memory second = backend.allocate(11, "test");
    assertThat(backend.liveBytes()).isEqualTo(111);
    first.close();
    first.close();
    assertThat(backend.liveBytes()).isEqualTo(11);
    second.close();
    assertThat(backend.liveBytes()).isZero();
    assertThatThrownBy(() -> backend.read(new Slice(first, 0, 12), SPEC))
        .isInstanceOf(IllegalStateException.class);
    backend.close();
  }

  @Test
  void saysWhyNot() {
    try (ReferenceBackend backend = new ReferenceBackend(DType.F32)) {
      Op fused = new BatchNormRelu(1e-5f, null);
      List<TensorSpec> in = List.of(TensorSpec.f32(2, 3), SPEC, SPEC);
      assertThat(backend.supports(fused, in).ok()).isFalse();
      assertThat(backend.supports(fused, in).reason()).contains("BatchNormRelu");
      assertThatThrownBy(
              () -> backend.prepare(new KernelRequest(fused, in, fused.infer(in), List.of())))
          .isInstanceOf(UnsupportedOperationException.class);
      assertThatThrownBy(() -> backend.allocate(1L << 33, "the arena"))
          .isInstanceOf(EarlybirdException.class)
          .hasMessageContaining("the arena");
    }
  }
}
