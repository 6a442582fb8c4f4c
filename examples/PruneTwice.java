import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.data.ImageSet;
import io.earlybird.data.ShapesSource;
import io.earlybird.data.Split;
import io.earlybird.models.Cfg;
import io.earlybird.models.Costs;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.optim.Sgd;
import io.earlybird.optim.StepSchedule;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tickets.ChannelMask;
import io.earlybird.tickets.PruneResult;
import io.earlybird.tickets.Pruner;
import io.earlybird.training.Evaluator;
import io.earlybird.training.Recipe;
import io.earlybird.training.Trainer;
import java.util.List;
import java.util.Map;

/** Trains, prunes, trains on, and prunes the pruned network again. */
public class PruneTwice {
  private static final ShapesSource DATA = new ShapesSource(ShapesSource.SEED, 640, 200);
  private static final ImageSet TRAIN = DATA.load(Split.TRAIN);
  private static final ImageSet TEST = DATA.load(Split.TEST);
  private static final Recipe RECIPE =
      new Recipe(32, 100, StepSchedule.of(0.1, List.of()), new Sgd.Settings(0.9f, 1e-4f, 1e-4f), 1);

  public static void main(String[] args) {
    Network dense =
        Network.of(NetworkSpec.of("vgg", Cfg.of(8, "M", 16, "M", 16, "M", 32, "M", 32), 10));
    int channels = dense.batchNorms().stream().mapToInt(norm -> norm.channels()).sum();
    try (Backend backend = Backends.open("cpu", 1, Map.of()).backend()) {
      Map<String, HostTensor> state = train(backend, dense, dense.initialState(1), 0, 2);
      Network network = dense;
      for (int round = 1; round <= 2; round++) {
        ChannelMask mask = ChannelMask.of(network.scales(state), 0.3);
        Pruner pruner = new Pruner(network, state, mask);
        Map<String, HostTensor> masked = pruner.masked(state);
        PruneResult pruned = pruner.cut(masked);
        double before = Evaluator.evaluate(backend, network, masked, TEST, 100).top1Percent();
        network = pruned.network();
        state = pruned.state();
        double after = Evaluator.evaluate(backend, network, state, TEST, 100).top1Percent();
        int left = network.batchNorms().stream().mapToInt(norm -> norm.channels()).sum();
        System.out.printf(
            "round %d: %s, %,d parameters, masked %.1f%%, pruned %.1f%%, %.0f%% of all channels"
                + " gone%n",
            round,
            widths(pruned),
            Costs.of(network).parameters(),
            before,
            after,
            100.0 * (channels - left) / channels);
        state = train(backend, network, state, 2 * round, 1);
      }
      System.out.printf(
          "trained on: %.1f%%%n",
          Evaluator.evaluate(backend, network, state, TEST, 100).top1Percent());
    }
  }

  private static List<Integer> widths(PruneResult pruned) {
    return pruned.widths().stream().map(PruneResult.LayerWidth::after).toList();
  }

  private static Map<String, HostTensor> train(
      Backend backend, Network network, Map<String, HostTensor> state, int first, int epochs) {
    try (Trainer trainer = new Trainer(backend, network, TRAIN, TEST, RECIPE)) {
      trainer.start(state, first);
      for (int epoch = first; epoch < first + epochs; epoch++) {
        trainer.beginEpoch(epoch);
        trainer.train(batches -> true);
      }
      return trainer.state();
    }
  }
}
