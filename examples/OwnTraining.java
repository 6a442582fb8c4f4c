import io.earlybird.tickets.ChannelMask;
import io.earlybird.tickets.EarlyBirdDetector;
import io.earlybird.tickets.MaskDistance;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The detector without the engine: it needs no more than the batch-norm scales at the start of
 * every epoch, wherever they come from. Here they drift towards values of their own, ever more
 * slowly.
 */
public class OwnTraining {
  private static final int[] WIDTHS = {64, 128, 256};

  public static void main(String[] args) {
    Random random = new Random(1);
    List<float[]> scales = new ArrayList<>();
    for (int width : WIDTHS) {
      float[] layer = new float[width];
      for (int i = 0; i < width; i++) {
        layer[i] = random.nextFloat();
      }
      scales.add(layer);
    }
    List<EarlyBirdDetector> detectors = new ArrayList<>();
    for (double ratio : new double[] {0.3, 0.5, 0.7}) {
      detectors.add(new EarlyBirdDetector(EarlyBirdDetector.Settings.of(ratio)));
    }
    ChannelMask first = ChannelMask.of(scales, 0.5);
    for (int epoch = 0; epoch < 20; epoch++) {
      for (EarlyBirdDetector detector : detectors) {
        EarlyBirdDetector.Observation seen = detector.observe(epoch, scales);
        if (seen.drawn()) {
          System.out.printf(
              "%.0f%%: drawn at the start of epoch %d, largest distance %.3f%n",
              100 * detector.settings().ratio(), epoch + 1, seen.largest());
        }
      }
      for (float[] layer : scales) {
        for (int i = 0; i < layer.length; i++) {
          layer[i] += (float) (random.nextGaussian() * 0.4 / ((epoch + 1) * (epoch + 1)));
        }
      }
    }
    System.out.printf(
        "distance of the first to the last mask at 50%%: %.3f%n",
        MaskDistance.between(first, ChannelMask.of(scales, 0.5)));
  }
}
