package io.earlybird.lowprecision;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.checkpoint.Npy;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenRegistry;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.FixedPoint;
import io.earlybird.tensor.format.FloatingPoint;
import io.earlybird.tensor.format.NumberFormat;
import io.earlybird.tensor.format.Quantizer;
import io.earlybird.tensor.format.Rounding;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The number formats against recorded QPyTorch results, bit for bit. */
class QuantizerGoldenTest {
  /** Fewer draws than recorded; the bound is five standard deviations of their mean. */
  private static final int DRAWS = 2000;

  private static final int KEYS = 200;
  private static final int DRAWS_OF_A_KEY = 20;

  @TestFactory
  Stream<DynamicTest> block() {
    return each("quant/block", this::checkBlock);
  }

  @TestFactory
  Stream<DynamicTest> autograd() {
    return each("quant/autograd", this::checkAutograd);
  }

  @TestFactory
  Stream<DynamicTest> fixed() {
    return each("quant/fixed", this::checkFixed);
  }

  @TestFactory
  Stream<DynamicTest> floating() {
    return each("quant/float", this::checkFloat);
  }

  @TestFactory
  Stream<DynamicTest> stochastic() {
    return each("quant/stochastic", this::checkStochastic);
  }

  private interface Check {
    void accept(GoldenCase c, JsonNode entry);
  }

  private Stream<DynamicTest> each(String kind, Check check) {
    return GoldenRegistry.tests(
        getClass(),
        kind,
        c -> {
          assertThat(c.meta()).isNotEmpty();
          c.meta().forEach(entry -> check.accept(c, entry));
        });
  }

  private static BlockFloat blockFloat(JsonNode entry, String wordLength) {
    return new BlockFloat(entry.required(wordLength).asInt(), entry.required("dim").asInt());
  }

  private static void same(GoldenCase c, NumberFormat format, Npy in, String expected) {
    float[] y = new Quantizer(format, Rounding.NEAREST).quantize(in.floats(), shape(in));
    float[] recorded = c.floats(expected);
    assertThat(y).hasSameSizeAs(recorded);
    for (int i = 0; i < y.length; i++) {
      assertThat(Float.floatToRawIntBits(y[i]))
          .as("%s %s element %d: expected %s, found %s", format, expected, i, recorded[i], y[i])
          .isEqualTo(Float.floatToRawIntBits(recorded[i]));
    }
  }

  private static Shape shape(Npy in) {
    return Shape.of(in.shape());
  }

  private void checkBlock(GoldenCase c, JsonNode entry) {
    assertThat(entry.required("rounding").asText()).isEqualTo("nearest");
    Npy in = c.npy(entry.required("input").asText());
    same(c, blockFloat(entry, "wl"), in, entry.required("output").asText());
  }

  private void checkAutograd(GoldenCase c, JsonNode entry) {
    String name = entry.required("case").asText();
    same(c, blockFloat(entry, "forward_wl"), c.npy(name + ".x.npy"), name + ".y.npy");
    same(c, blockFloat(entry, "backward_wl"), c.npy(name + ".grad_out.npy"), name + ".grad_in.npy");
  }

  private void checkFixed(GoldenCase c, JsonNode entry) {
    Npy in = c.npy(entry.required("input").asText());
    for (FixedPoint.Ties ties : FixedPoint.Ties.values()) {
      FixedPoint format =
          new FixedPoint(
              entry.required("wl").asInt(),
              entry.required("fl").asInt(),
              entry.required("clamp").asBoolean(),
              entry.required("symmetric").asBoolean(),
              ties);
      String output = ties == FixedPoint.Ties.TO_EVEN ? "output" : "output_gpu_derived";
      same(c, format, in, entry.required(output).asText());
    }
  }

  private void checkFloat(GoldenCase c, JsonNode entry) {
    FloatingPoint format =
        new FloatingPoint(entry.required("exp").asInt(), entry.required("man").asInt());
    Npy in = c.npy(entry.required("input").asText());
    same(c, format, in, entry.required("output").asText());
  }

  private void checkStochastic(GoldenCase c, JsonNode entry) {
    checkMeans(c, entry);
    checkKeys(c, entry);
  }

  /** For each of many keys the number of values that went up is as likely as it should be. */
  private static void checkKeys(GoldenCase c, JsonNode entry) {
    String name = entry.required("case").asText();
    Npy in = c.npy(name + ".in.npy");
    float[] lower = c.floats(name + ".lower.npy");
    float[] upper = c.floats(name + ".upper.npy");
    double[] pUpper = c.npy(name + ".p_upper.npy").doubles();
    double expected = 0;
    double variance = 0;
    for (int i = 0; i < pUpper.length; i++) {
      // Where clipping makes the two values one, nothing can be seen.
      pUpper[i] = lower[i] == upper[i] ? 0 : pUpper[i];
      expected += DRAWS_OF_A_KEY * pUpper[i];
      variance += DRAWS_OF_A_KEY * pUpper[i] * (1 - pUpper[i]);
    }
    Quantizer quantizer = new Quantizer(blockFloat(entry, "wl"), Rounding.STOCHASTIC);
    double[] values = new double[KEYS];
    for (int key = 0; key < KEYS; key++) {
      int up = 0;
      for (int draw = 0; draw < DRAWS_OF_A_KEY; draw++) {
        Quantizer.Draws draws = new Quantizer.Draws(0x9E3779B97F4A7C15L * key, draw, name);
        float[] y = quantizer.quantize(in.floats(), shape(in), draws);
        for (int i = 0; i < y.length; i++) {
          up += pUpper[i] > 0 && y[i] == upper[i] ? 1 : 0;
        }
      }
      values[key] = PValues.twoSided((up - expected) / Math.sqrt(variance));
    }
    PValues.assertUniform(values, name);
  }

  private static void checkMeans(GoldenCase c, JsonNode entry) {
    String name = entry.required("case").asText();
    Npy in = c.npy(name + ".in.npy");
    float[] lower = c.floats(name + ".lower.npy");
    float[] upper = c.floats(name + ".upper.npy");
    double[] pUpper = c.npy(name + ".p_upper.npy").doubles();
    double[] expected = c.npy(name + ".expected_mean.npy").doubles();
    Quantizer quantizer = new Quantizer(blockFloat(entry, "wl"), Rounding.STOCHASTIC);
    double[] sum = new double[lower.length];
    for (int draw = 0; draw < DRAWS; draw++) {
      float[] y = quantizer.quantize(in.floats(), shape(in), new Quantizer.Draws(19, draw, name));
      for (int i = 0; i < y.length; i++) {
        assertThat(y[i] == lower[i] || y[i] == upper[i]).as(name + " element " + i).isTrue();
        sum[i] += y[i];
      }
    }
    for (int i = 0; i < sum.length; i++) {
      double deviation = Math.sqrt(pUpper[i] * (1 - pUpper[i]) / DRAWS) * (upper[i] - lower[i]);
      assertThat(Math.abs(sum[i] / DRAWS - expected[i]))
          .as(name + " mean of element " + i)
          .isLessThanOrEqualTo(5 * deviation + 1e-12 * Math.abs(expected[i]));
    }
  }
}
