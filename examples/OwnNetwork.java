import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.data.ImageSet;
import io.earlybird.data.ShapesSource;
import io.earlybird.data.Split;
import io.earlybird.models.Costs;
import io.earlybird.models.Network;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.Convolution;
import io.earlybird.nn.ForwardPass;
import io.earlybird.nn.FullyConnected;
import io.earlybird.optim.Sgd;
import io.earlybird.optim.StepSchedule;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tickets.EarlyBirdDetector;
import io.earlybird.tickets.PruneResult;
import io.earlybird.tickets.Pruner;
import io.earlybird.training.Evaluator;
import io.earlybird.training.Recipe;
import io.earlybird.training.Trainer;
import java.util.List;
import java.util.Map;

/** A network of one's own is trained until its ticket is drawn, pruned, and trained on. */
public class OwnNetwork {
  /**
   * Four convolutions, the middle two of them beside a residual stream. What is pruned together is
   * read off {@link #forward}; nothing here says it.
   */
  static final class SmallResNet extends Network {
    private final Convolution stem;
    private final BatchNorm2d stemNorm;
    private final Convolution first;
    private final BatchNorm2d firstNorm;
    private final Convolution second;
    private final BatchNorm2d secondNorm;
    private final Convolution last;
    private final BatchNorm2d lastNorm;
    private final FullyConnected classifier;

    SmallResNet(int stream, int inner, int features) {
      super(32, Map.of());
      stem = add(new Convolution("stem", 3, stream, 3, 2, 1));
      stemNorm = batchNorm("stem.norm", stream, 0.5f);
      first = add(new Convolution("first", stream, inner, 3, 1, 1));
      firstNorm = batchNorm("first.norm", inner, 0.5f);
      second = add(new Convolution("second", inner, stream, 3, 1, 1));
      secondNorm = batchNorm("second.norm", stream, 0.5f);
      last = add(new Convolution("last", stream, features, 3, 2, 1));
      lastNorm = batchNorm("last.norm", features, 0.5f);
      classifier =
          add(new FullyConnected("classifier", features, 10, FullyConnected.Start.UNIFORM));
    }

    /** Pictures {@code [N,32,32,3]} to logits {@code [N,10]}. */
    @Override
    public Tensor forward(Tensor x, ForwardPass pass) {
      Tensor stream = relu(stemNorm.forward(stem.forward(x, pass), pass), "stem.relu");
      Tensor y = relu(firstNorm.forward(first.forward(stream, pass), pass), "first.relu");
      y = secondNorm.forward(second.forward(y, pass), pass).add(stream);
      y = relu(lastNorm.forward(last.forward(y, pass), pass), "last.relu");
      y = y.avgPool2d(8, 8);
      return classifier.forward(y.reshape(y.shape().dim(0), y.shape().dim(3)));
    }

    /** The pruner asks for the same network with fewer channels. */
    @Override
    public SmallResNet withWidthsOf(Map<String, HostTensor> state) {
      return new SmallResNet(
          state.get("stem.weight").shape().dim(0),
          state.get("first.weight").shape().dim(0),
          state.get("last.weight").shape().dim(0));
    }
  }

  private static final int EPOCHS = 8;
  private static final ShapesSource DATA = new ShapesSource(ShapesSource.SEED, 640, 200);
  private static final ImageSet TRAIN = DATA.load(Split.TRAIN);
  private static final ImageSet TEST = DATA.load(Split.TEST);
  private static final Recipe RECIPE =
      new Recipe(
          32, 100, StepSchedule.of(0.1, List.of(4, 6)), new Sgd.Settings(0.9f, 1e-4f, 1e-4f), 1);

  public static void main(String[] args) {
    Network dense = new SmallResNet(16, 24, 32);
    // Half of the channels; drawn once the newest mask is within 0.2 of the two before it.
    EarlyBirdDetector detector =
        new EarlyBirdDetector(
            new EarlyBirdDetector.Settings(0.5, 0.2, 3, EarlyBirdDetector.Rule.QUEUE));
    try (Backend backend = Backends.open("cpu", 1, Map.of()).backend()) {
      Map<String, HostTensor> ticket = search(backend, dense, detector);
      if (detector.drawnEpoch().isEmpty()) {
        System.out.printf("no ticket; the nearest distance was %.3f%n", detector.nearest());
        return;
      }
      int epoch = detector.drawnEpoch().getAsInt();
      System.out.printf("ticket drawn at the start of epoch %d%n", epoch + 1);
      Pruner pruner = new Pruner(dense, ticket, detector.newest());
      Map<String, HostTensor> masked = pruner.masked(ticket);
      PruneResult pruned = pruner.cut(masked);
      System.out.printf(
          "pruned: %,d of %,d parameters, accuracy masked %.1f%%, pruned %.1f%%%n",
          Costs.of(pruned.network()).parameters(),
          Costs.of(dense).parameters(),
          Evaluator.evaluate(backend, dense, masked, TEST, 100).top1Percent(),
          Evaluator.evaluate(backend, pruned.network(), pruned.state(), TEST, 100).top1Percent());
      retrain(backend, pruned, epoch);
    }
  }

  /** Trains until the detector draws; returns the weights at that moment. */
  private static Map<String, HostTensor> search(
      Backend backend, Network network, EarlyBirdDetector detector) {
    try (Trainer trainer = new Trainer(backend, network, TRAIN, TEST, RECIPE)) {
      trainer.start(network.initialState(RECIPE.seed()), 0);
      for (int epoch = 0; epoch < EPOCHS; epoch++) {
        if (detector.observe(epoch, trainer.scales()).drawn()) {
          break;
        }
        trainer.beginEpoch(epoch);
        trainer.train(batches -> true);
      }
      return trainer.state();
    }
  }

  private static void retrain(Backend backend, PruneResult pruned, int first) {
    try (Trainer trainer = new Trainer(backend, pruned.network(), TRAIN, TEST, RECIPE)) {
      trainer.start(pruned.state(), first);
      for (int epoch = first; epoch < EPOCHS; epoch++) {
        trainer.beginEpoch(epoch);
        trainer.train(batches -> true);
      }
      System.out.printf("retrained: %.1f%%%n", trainer.evaluate().top1Percent());
    }
  }
}
