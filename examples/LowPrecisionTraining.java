import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.data.ShapesSource;
import io.earlybird.data.Split;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.optim.Sgd;
import io.earlybird.optim.StepSchedule;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.Quantizer;
import io.earlybird.tensor.format.Rounding;
import io.earlybird.tickets.EarlyBirdDetector;
import io.earlybird.training.Recipe;
import io.earlybird.training.Trainer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The quantizer, the optimizer that rounds and the detector: a search in eight bits. */
public class LowPrecisionTraining {
  public static void main(String[] args) {
    // One exponent per row, four bits per value.
    Quantizer quantizer = new Quantizer(new BlockFloat(4, 0), Rounding.NEAREST);
    float[] rounded =
        quantizer.quantize(new float[] {1f, 0.3f, -0.1f, 8f, 0.3f, -5.2f}, Shape.of(2, 3));
    System.out.println("rounded: " + Arrays.toString(rounded));

    ShapesSource data = new ShapesSource(ShapesSource.SEED, 640, 200);
    Network network =
        Network.of(NetworkSpec.of("vgg", Cfg.of(8, "M", 16, "M", 16, "M", 32, "M", 32), 10));
    // SWALP in eight bits: activations, errors, gradients, weights and momenta.
    LowPrecision swalp = LowPrecision.of(8, Rounding.STOCHASTIC);
    Recipe recipe =
        new Recipe(
                32, 100, StepSchedule.of(0.1, List.of(3)), new Sgd.Settings(0.9f, 1e-4f, 1e-4f), 1)
            .with(swalp, true);
    EarlyBirdDetector detector =
        new EarlyBirdDetector(
            new EarlyBirdDetector.Settings(0.5, 0.9, 2, EarlyBirdDetector.Rule.QUEUE));
    try (Backend backend = Backends.open("cpu", 1, Map.of()).backend();
        Trainer trainer =
            new Trainer(backend, network, data.load(Split.TRAIN), data.load(Split.TEST), recipe)) {
      trainer.start(network.initialState(recipe.seed()), 0);
      for (int epoch = 0; epoch < 4; epoch++) {
        if (detector.observe(epoch, trainer.scales()).drawn()) {
          System.out.println("drawn at the start of epoch " + (epoch + 1));
        }
        trainer.beginEpoch(epoch);
        trainer.train(batches -> true);
      }
      System.out.printf(
          "loss %.3f, averaged weights %.1f%%%n",
          trainer.metrics().loss(), trainer.average(3).top1Percent());
    }
  }
}
