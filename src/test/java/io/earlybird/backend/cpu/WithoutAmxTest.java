package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * Where AMX computes products of bf16 numbers, those of AVX512-BF16 are reached in a process that
 * may not use it.
 */
class WithoutAmxTest {
  @Test
  void productsAreRightToo() throws Exception {
    assumeTrue(CpuLibrary.hasAmx(), "no AMX");
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Program.class.getName())
            .inheritIO();
    builder.environment().put("EARLYBIRD_ISA", "v4-bf16");
    assertThat(builder.start().waitFor()).isZero();
  }

  /** The program of the other process. */
  static final class Program {
    public static void main(String[] args) {
      assertThat(CpuLibrary.hasBf16Products()).isTrue();
      assertThat(CpuLibrary.hasAmx()).isFalse();
      Bf16ProductsTest products = new Bf16ProductsTest();
      for (int[] extents : Bf16ProductsTest.cases()) {
        products.aConvolutionIsRightAndTheSameForAnyNumberOfThreads(extents);
        products.anInputGradientIsRightAndTheSameForAnyNumberOfThreads(extents);
        products.aWeightGradientIsRightAndTheSameForAnyNumberOfThreads(extents);
      }
      NormProductsTest norms = new NormProductsTest();
      for (int[] extents : NormProductsTest.cases()) {
        norms.inBf16TheyAreThoseOfRoundedOperands(extents);
      }
    }
  }
}
