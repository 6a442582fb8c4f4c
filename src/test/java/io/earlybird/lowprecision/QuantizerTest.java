package io.earlybird.lowprecision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.FixedPoint;
import io.earlybird.tensor.format.FloatingPoint;
import io.earlybird.tensor.format.Quantizer;
import io.earlybird.tensor.format.Rounding;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizerTest {
  private static final Quantizer EIGHT_BITS = new Quantizer(new BlockFloat(8, 0), Rounding.NEAREST);

  private static float[] rows(float... values) {
    return EIGHT_BITS.quantize(values, Shape.of(1, values.length));
  }

  @Test
  void zerosStayPositiveZeros() {
    for (float y : rows(0f, -0f)) {
      assertThat(Float.floatToRawIntBits(y)).isZero();
    }
  }

  @Test
  void subnormalBlocksKeepTheirTopBits() {
    float tiny = 0x1p-130f;
    assertThat(rows(tiny, -tiny, 0x1p-149f)).containsExactly(tiny, -tiny, 0f);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8, 12, 16})
  void hugeFiniteBlocksAreTheScaledResultOfSmallOnes(int wordLength) {
    Quantizer quantizer = new Quantizer(new BlockFloat(wordLength, -1), Rounding.NEAREST);
    Random random = new Random(5);
    for (int exponent : new int[] {126, 127}) {
      float[] small = new float[50];
      float[] huge = new float[50];
      for (int i = 0; i < small.length; i++) {
        small[i] = (random.nextFloat() * 4 - 2) * 0.999f;
        huge[i] = Math.scalb(small[i], exponent);
      }
      small[0] = 1.5f;
      huge[0] = Math.scalb(1.5f, exponent);
      float[] y = quantizer.quantize(small, Shape.of(50));
      float[] z = quantizer.quantize(huge, Shape.of(50));
      for (int i = 0; i < y.length; i++) {
        assertThat(z[i]).isEqualTo(Math.scalb(y[i], exponent)).isFinite();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void aBlockThatIsNotFiniteIsNaNAndItsNeighboursAreNot(float bad) {
    float[] y = EIGHT_BITS.quantize(new float[] {1f, bad, 1f, 2f}, Shape.of(2, 2));
    assertThat(y[0]).isNaN();
    assertThat(y[1]).isNaN();
    assertThat(y[2]).isEqualTo(1f);
    assertThat(y[3]).isEqualTo(2f);
  }

  @Test
  void stochasticRoundingIsAFunctionOfSeedStepAndName() {
    Quantizer quantizer = new Quantizer(new BlockFloat(8, 0), Rounding.STOCHASTIC);
    float[] x = new float[1000];
    Random random = new Random(3);
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    Shape shape = Shape.of(10, 100);
    float[] y = quantizer.quantize(x, shape, new Quantizer.Draws(1, 2, "w"));
    assertThat(quantizer.quantize(x, shape, new Quantizer.Draws(1, 2, "w"))).isEqualTo(y);
    assertThat(quantizer.quantize(x, shape, new Quantizer.Draws(2, 2, "w"))).isNotEqualTo(y);
    assertThat(quantizer.quantize(x, shape, new Quantizer.Draws(1, 3, "w"))).isNotEqualTo(y);
    assertThat(quantizer.quantize(x, shape, new Quantizer.Draws(1, 2, "v"))).isNotEqualTo(y);
  }

  @Test
  void refusesWhatNoFormatHolds() {
    for (Runnable wrong :
        new Runnable[] {
          () -> new BlockFloat(1, 0),
          () -> new BlockFloat(17, 0),
          () -> new BlockFloat(8, -2),
          () -> new FixedPoint(0, 0, true, false, FixedPoint.Ties.TO_EVEN),
          () -> new FixedPoint(8, 101, true, false, FixedPoint.Ties.TO_EVEN),
          () -> new FloatingPoint(0, 2),
          () -> new FloatingPoint(5, 23),
          () ->
              new Quantizer(new BlockFloat(8, 2), Rounding.NEAREST)
                  .quantize(new float[4], Shape.of(2, 2))
        }) {
      assertThatThrownBy(wrong::run)
          .isInstanceOf(EarlybirdException.class)
          .hasMessageContaining("found");
    }
  }
}
