package io.earlybird.training;

import io.earlybird.backend.Backend;
import io.earlybird.backend.cpu.CpuBackend;
import io.earlybird.backend.opencl.OpenClBackend;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.data.ImageSet;
import io.earlybird.data.ShapesSource;
import io.earlybird.data.Split;
import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.tensor.DType;
import io.earlybird.tickets.EarlyBirdDetector.Rule;
import java.util.List;

/** A network and data small enough for tests of whole runs. */
final class Tiny {
  static final Cfg CFG = Cfg.of(4, "M", 6, "M", 8, "M", 8, "M", 8);
  static final ShapesSource DATA = new ShapesSource(7, 44, 30);
  static final ImageSet TRAIN = DATA.load(Split.TRAIN);
  static final ImageSet TEST = DATA.load(Split.TEST);

  private Tiny() {}

  static Backend backend() {
    return backend("reference");
  }

  /** The reference, the first OpenCL device or, with two threads, the cpu backend. */
  static Backend backend(String name) {
    if (name.equals("opencl")) {
      return OpenClBackend.open();
    }
    return name.equals("cpu") ? new CpuBackend(2) : new ReferenceBackend(DType.F32);
  }

  static Network network() {
    return Network.of(NetworkSpec.of("vgg", CFG, 10));
  }

  /** Batches of 16, 16 and 12 images. */
  static Recipe recipe(long seed) {
    return training(4, 0.05, seed).recipe();
  }

  static TrainingSettings training(int epochs, double lr, long seed) {
    return new TrainingSettings(epochs, 16, 20, List.of(2), lr, 0.9, 1e-4, true, 1e-4, seed);
  }

  /** Tickets at 30% and 50% that are drawn at the start of the second epoch, whatever the masks. */
  static final TicketSettings EAGER =
      new TicketSettings(List.of(0.3, 0.5), Rule.QUEUE, 1, 2, false);

  static Settings settings(TrainingSettings training, TicketSettings tickets) {
    return new Settings(
        "run",
        new NetworkSettings("vgg", 0, CFG),
        new DataSettings("shapes", null, 44, 30, null),
        training,
        tickets,
        new RetrainSettings(RetrainSettings.Method.INHERIT, null, -1),
        new EngineSettings("reference", 0, 0),
        new SavingSettings("best", 0, false));
  }

  static RunContext context(
      Backend backend, RunFolder folder, Settings settings, StopSignal stop, Progress progress) {
    return new RunContext(folder, settings, backend, TRAIN, TEST, stop, progress);
  }
}
