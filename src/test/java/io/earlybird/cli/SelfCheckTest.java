package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.cpu.CpuBackend;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;

class SelfCheckTest {
  private final StringWriter text = new StringWriter();

  @Test
  void soundKernelsPass() {
    try (Backend backend = new CpuBackend(1)) {
      SelfCheck.run(backend, new PrintWriter(text, true));
    }
    assertThat(text.toString()).startsWith("self-check: ").contains(" ops agree").hasLineCount(1);
  }

  @Test
  void aBackendThatComputesNothingIsNamed() {
    try (Backend backend = allZero(new ReferenceBackend(DType.F32))) {
      assertThatThrownBy(() -> SelfCheck.run(backend, new PrintWriter(text, true)))
          .isInstanceOf(EarlybirdException.class)
          .hasMessageContaining("on reference differs from the reference")
          .hasMessageContaining("earlybird verify");
    }
  }

  /** The same backend, but every result reads as zeros. */
  private static Backend allZero(Backend backend) {
    return (Backend)
        Proxy.newProxyInstance(
            Backend.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("read")) {
                return HostTensor.zeros((TensorSpec) arguments[1]);
              }
              try {
                return method.invoke(backend, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
