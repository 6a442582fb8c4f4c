package io.earlybird.backend.reference;

import static io.earlybird.backend.reference.Values.dot;
import static io.earlybird.backend.reference.Values.doubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.earlybird.backend.reference.ReferenceOps.Result;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Linear;
import io.earlybird.tensor.op.LinearBackwardData;
import io.earlybird.tensor.op.LinearBackwardWeight;
import io.earlybird.tensor.op.Op;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProductKernelsTest {
  private static HostTensor run(Op op, HostTensor... in) {
    return ReferenceOps.evaluate(op, List.of(in), DType.F64).outputs().get(0);
  }

  @ParameterizedTest
  @CsvSource({
    "1,1,1,1,1,1,1,1,0",
    "2,5,7,3,4,3,3,1,1",
    "3,9,8,17,5,3,3,2,1",
    "1,7,7,2,3,7,7,2,3",
    "2,6,5,33,16,1,1,2,0",
    "1,4,6,3,2,3,1,3,2",
    "2,3,3,7,1,2,3,1,0"
  })
  void convolutionIsTheDefinitionAndItsGradientsAreAdjoint(
      int n, int h, int w, int ci, int co, int kh, int kw, int stride, int pad) {
    HostTensor x = doubles(1, n, h, w, ci);
    HostTensor weight = doubles(2, co, ci, kh, kw);
    HostTensor y = run(new Conv2d(stride, pad), x, weight);
    int oh = y.shape().dim(1);
    int ow = y.shape().dim(2);
    int at = 0;
    for (int image = 0; image < n; image++) {
      for (int oy = 0; oy < oh; oy++) {
        for (int ox = 0; ox < ow; ox++) {
          for (int o = 0; o < co; o++) {
            double sum = 0;
            for (int i = 0; i < ci; i++) {
              for (int k = 0; k < kh * kw; k++) {
                int iy = oy * stride - pad + k / kw;
                int ix = ox * stride - pad + k % kw;
                if (iy >= 0 && iy < h && ix >= 0 && ix < w) {
                  sum +=
                      x.get(((image * h + iy) * w + ix) * ci + i)
                          * weight.get((o * ci + i) * kh * kw + k);
                }
              }
            }
            assertThat(y.get(at++)).isCloseTo(sum, within(1e-11));
          }
        }
      }
    }
    HostTensor dy = doubles(3, n, oh, ow, co);
    HostTensor dx = run(new Conv2dBackwardData(stride, pad, h, w), dy, weight);
    HostTensor dw = run(new Conv2dBackwardWeight(stride, pad, kh, kw), x, dy);
    assertThat(dx.shape()).isEqualTo(x.shape());
    assertThat(dw.shape()).isEqualTo(weight.shape());
    assertThat(dot(dx, x)).isCloseTo(dot(dy, y), within(1e-9));
    assertThat(dot(dw, weight)).isCloseTo(dot(dy, y), within(1e-9));
  }

  @Test
  void linearIsTheDefinitionAndItsGradientsAreAdjoint() {
    HostTensor x = doubles(1, 3, 17);
    HostTensor w = doubles(2, 5, 17);
    HostTensor b = doubles(3, 5);
    HostTensor y = run(new Linear(), x, w, b);
    for (int i = 0; i < 15; i++) {
      double sum = b.get(i % 5);
      for (int k = 0; k < 17; k++) {
        sum += x.get(i / 5 * 17 + k) * w.get(i % 5 * 17 + k);
      }
      assertThat(y.get(i)).isCloseTo(sum, within(1e-12));
    }
    HostTensor dy = doubles(4, 3, 5);
    HostTensor zero = HostTensor.zeros(b.spec());
    double expected = dot(dy, run(new Linear(), x, w, zero));
    assertThat(dot(run(new LinearBackwardData(), dy, w), x)).isCloseTo(expected, within(1e-10));
    Result weight = ReferenceOps.evaluate(new LinearBackwardWeight(), List.of(x, dy), DType.F64);
    assertThat(dot(weight.outputs().get(0), w)).isCloseTo(expected, within(1e-10));
    for (int o = 0; o < 5; o++) {
      assertThat(weight.outputs().get(1).get(o))
          .isCloseTo(dy.get(o) + dy.get(5 + o) + dy.get(10 + o), within(1e-12));
    }
  }

  @Test
  void magnitudesAreTheSumsOfTheTermsMagnitudes() {
    HostTensor x = HostTensor.of(new float[] {1, -2, 3, -4}, 1, 2, 2, 1);
    HostTensor w = HostTensor.of(new float[] {1, 1, 1, -1}, 1, 1, 2, 2);
    Result r = ReferenceOps.evaluate(new Conv2d(1, 0), List.of(x, w), DType.F32);
    assertThat(r.outputs().get(0).floats()).containsExactly(6);
    assertThat(r.magnitudes().get(0)).containsExactly(10);
    assertThat(r.terms()).containsExactly(4);
    assertThat(r.exact(0)).isFalse();
  }
}
