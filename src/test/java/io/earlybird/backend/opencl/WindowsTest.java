package io.earlybird.backend.opencl;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.backend.ConvolutionExtents;
import io.earlybird.backend.ConvolutionExtents.Product;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2d;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Windows, walked as conv2d.cl does, must meet the taps of the definition, each once. */
class WindowsTest {
  private static final int IN = 3;
  private static final int OUT = 2;

  private static ConvolutionExtents convolution(int size, int window, int stride, int padding) {
    TensorSpec x = TensorSpec.f32(2, size, size + 1, IN);
    TensorSpec w = TensorSpec.f32(OUT, IN, window, window);
    TensorSpec y = new Conv2d(stride, padding).infer(List.of(x, w)).get(0);
    return new ConvolutionExtents(Product.BACKWARD_DATA, x, w, y, stride, padding);
  }

  @Test
  void partsOfTheInputsGradientMeetEveryTapOnce() {
    for (int size : new int[] {1, 2, 5, 8}) {
      for (int window : new int[] {1, 2, 3, 5}) {
        for (int stride : new int[] {1, 2, 3}) {
          for (int padding = 0; padding <= 2; padding++) {
            if (size + 2 * padding >= window) {
              meetsTheDefinition(convolution(size, window, stride, padding));
            }
          }
        }
      }
    }
  }

  private static void meetsTheDefinition(ConvolutionExtents e) {
    int height = e.x().shape().dim(1);
    int width = e.x().shape().dim(2);
    Windows windows = Windows.backward(e);
    List<List<String>> found = new ArrayList<>();
    for (int i = 0; i < height * width; i++) {
      found.add(null);
    }
    for (Windows.Part part : windows.parts()) {
      for (int p = 0; p < part.pixels(); p++) {
        int pixel = e.stride() > 1 ? part.places()[part.pixels() + p] : p;
        assertThat(found.set(pixel, taps(e, windows.source(), part, part.places()[p])))
            .as("pixel %d of %s", pixel, e)
            .isNull();
      }
    }
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i))
          .as("pixel %d of %s", i, e)
          .containsExactlyInAnyOrderElementsOf(definition(e, i / width, i % width));
    }
  }

  /** "row column channel of dy, tap row, tap column", those on zeros left out. */
  private static List<String> taps(
      ConvolutionExtents e, Padded source, Windows.Part part, int place) {
    int window = e.w().shape().dim(2);
    List<String> taps = new ArrayList<>();
    for (int r = 0; r < part.rows(); r++) {
      for (int t = 0; t < part.pieces() * part.run(); t++) {
        int weight =
            (part.first()
                    + r * part.rowStep()
                    + t / part.run() * part.pieceStep()
                    + t % part.run() * WeightOrder.LANES)
                / WeightOrder.LANES;
        int at = place + r * source.rowStep() + t;
        assertThat(at).isBetween(0, source.imageStep() - 1);
        int row = at / source.rowStep() - source.top();
        int column = at % source.rowStep() / OUT - source.left();
        assertThat(at % OUT).isEqualTo(weight % OUT);
        if (row >= 0 && row < source.height() && column >= 0 && column < source.width()) {
          int turned = weight / OUT;
          taps.add(
              tap(
                  row,
                  column,
                  weight % OUT,
                  window - 1 - turned / window,
                  window - 1 - turned % window));
        }
      }
    }
    return taps;
  }

  private static List<String> definition(ConvolutionExtents e, int row, int column) {
    List<String> taps = new ArrayList<>();
    for (int r = 0; r < e.y().shape().dim(1); r++) {
      for (int c = 0; c < e.y().shape().dim(2); c++) {
        int down = row + e.padding() - r * e.stride();
        int right = column + e.padding() - c * e.stride();
        int window = e.w().shape().dim(2);
        if (down >= 0 && down < window && right >= 0 && right < window) {
          for (int o = 0; o < OUT; o++) {
            taps.add(tap(r, c, o, down, right));
          }
        }
      }
    }
    return taps;
  }

  private static String tap(int row, int column, int channel, int down, int right) {
    return row + " " + column + " " + channel + ", " + down + " " + right;
  }

  @Test
  void withStrideNoTapIsWasted() {
    ConvolutionExtents e = convolution(8, 3, 2, 1);
    long taps =
        Windows.backward(e).parts().stream()
            .mapToLong(p -> (long) p.pixels() * p.rows() * p.pieces())
            .sum();
    assertThat(taps).isLessThanOrEqualTo(4 * 5 * 9); // 4 x 5 windows, each with all its taps
  }
}
