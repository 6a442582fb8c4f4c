package io.earlybird.backend.reference;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.tensor.op.LeafOp;
import io.earlybird.tensor.op.Op;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KernelTableTest {
  static Stream<Class<?>> ops() {
    return concrete(Op.class);
  }

  private static Stream<Class<?>> concrete(Class<?> type) {
    return type.isSealed()
        ? Stream.of(type.getPermittedSubclasses()).flatMap(KernelTableTest::concrete)
        : Stream.of(type);
  }

  @ParameterizedTest
  @MethodSource("ops")
  void everyOpIsDefined(Class<?> type) {
    assertThat(ReferenceOps.knows(type)).isEqualTo(!LeafOp.class.isAssignableFrom(type));
  }
}
