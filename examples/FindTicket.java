import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.data.ShapesSource;
import io.earlybird.data.Split;
import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.optim.Sgd;
import io.earlybird.optim.StepSchedule;
import io.earlybird.tickets.EarlyBirdDetector;
import io.earlybird.training.Recipe;
import io.earlybird.training.Trainer;
import java.util.List;
import java.util.Map;

/** Trains a network of one's own widths and stops as soon as a detector draws its ticket. */
public class FindTicket {
  public static void main(String[] args) {
    int epochs = args.length > 0 ? Integer.parseInt(args[0]) : 8;
    ShapesSource data = new ShapesSource(ShapesSource.SEED, 640, 200);
    // Widths of the convolutions, M for a max pool: a small VGG for ten classes.
    NetworkSpec spec = NetworkSpec.of("vgg", Cfg.of(8, "M", 16, "M", 16, "M", 32, "M", 32), 10);
    Network network = Network.of(spec);
    Recipe recipe =
        new Recipe(
            32, 100, StepSchedule.of(0.1, List.of(4, 6)), new Sgd.Settings(0.9f, 1e-4f, 1e-4f), 1);
    // Half of the channels; drawn once the newest mask is within 0.2 of the two before it.
    EarlyBirdDetector detector =
        new EarlyBirdDetector(
            new EarlyBirdDetector.Settings(0.5, 0.2, 3, EarlyBirdDetector.Rule.QUEUE));

    try (Backend backend = Backends.open("cpu", 1, Map.of()).backend();
        Trainer trainer =
            new Trainer(backend, network, data.load(Split.TRAIN), data.load(Split.TEST), recipe)) {
      trainer.start(network.initialState(recipe.seed()), 0);
      for (int epoch = 0; epoch < epochs; epoch++) {
        EarlyBirdDetector.Observation seen = detector.observe(epoch, trainer.scales());
        System.out.printf("epoch %d: largest mask distance %.3f%n", epoch + 1, seen.largest());
        if (seen.drawn()) {
          System.out.printf("ticket drawn at the start of epoch %d%n", epoch + 1);
          System.out.printf("it keeps %s%n", detector.newest());
          return;
        }
        trainer.beginEpoch(epoch);
        trainer.train(batches -> true);
      }
      System.out.println("no ticket yet; train longer or raise the limit");
    }
  }
}
