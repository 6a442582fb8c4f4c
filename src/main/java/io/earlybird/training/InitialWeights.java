package io.earlybird.training;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.BuildInfo;
import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backends;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.checkpoint.CheckpointInfo;
import io.earlybird.models.Network;
import io.earlybird.models.StandardNetwork;
import io.earlybird.tensor.HostTensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** The weights that a search began with, to which a lottery ticket is rewound. */
final class InitialWeights {
  private static final String FILE = "init.safetensors";
  private static final ObjectMapper JSON = new ObjectMapper();

  private InitialWeights() {}

  /**
   * The file in the run's folder, which is written if it does not exist.
   *
   * @param beginning what the search began with; empty for fresh weights
   * @throws EarlybirdException if the search began in the middle
   */
  static Path file(RunContext context, Optional<Beginning> beginning) {
    if (beginning.isPresent() && beginning.get().epoch() > 0) {
      throw new EarlybirdException(
          "--baselines lottery-ticket needs the first weights, but the search begins with epoch "
              + beginning.get().epoch());
    }
    Path file = context.folder().path().resolve(FILE);
    if (!Files.exists(file)) {
      StandardNetwork network = Network.of(context.networkSpec());
      long seed = context.settings().training().seed();
      Map<String, HostTensor> state =
          beginning.map(Beginning::state).orElseGet(() -> network.initialState(seed));
      new Checkpoint(state, info(context, network, seed)).write(file);
    }
    return file;
  }

  private static CheckpointInfo info(RunContext context, StandardNetwork network, long seed) {
    return new CheckpointInfo(
        BuildInfo.version(),
        context.settings().command(),
        JSON.valueToTree(network.spec()),
        context.settings().toJson(),
        0,
        0,
        Double.NaN,
        Double.NaN,
        Map.of("seed", seed),
        new CheckpointInfo.Runtime(
            context.backend().name(),
            Backends.instructionSet(context.backend()),
            Backends.threads(context.backend()),
            Map.of()));
  }
}
