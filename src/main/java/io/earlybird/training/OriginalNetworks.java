package io.earlybird.training;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.CheckpointInfo;
import io.earlybird.checkpoint.pth.OriginalCheckpoint;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.models.StandardNetwork;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** The original's checkpoints as networks that can be evaluated, pruned and trained here. */
final class OriginalNetworks {
  /** The epoch of files that don't say any: pruned networks and initial weights. */
  static final int NO_EPOCH = -1;

  private static final String LOW_PRECISION = "low-precision-keys";
  private static final ObjectMapper JSON = new ObjectMapper();

  private OriginalNetworks() {}

  /**
   * Reads a file.
   *
   * @throws EarlybirdException if it is damaged or holds no network that we know
   */
  static SavedNetwork read(Path file) {
    return of(file, OriginalCheckpoint.read(file));
  }

  /** As {@link #read}, of what was read already. */
  static SavedNetwork of(Path file, OriginalCheckpoint checkpoint) {
    NetworkSpec spec = checkpoint.requireNetwork();
    StandardNetwork network;
    try {
      network = Network.of(spec, checkpoint.state());
    } catch (EarlybirdException e) {
      throw new EarlybirdException(file + ": " + e.getMessage(), e);
    }
    return new SavedNetwork(
        file, network, checkpoint.stateFor(network), info(file, checkpoint, network));
  }

  /** The epoch that comes next: a ticket's own file counts the epoch that it was drawn before. */
  static int epoch(Path file, OriginalCheckpoint checkpoint) {
    return ticket(file, checkpoint)
        .map(OriginalNames.TicketName::epoch)
        .orElseGet(() -> checkpoint.epoch().orElse(NO_EPOCH));
  }

  /** The name counts only where the content agrees with it. */
  private static Optional<OriginalNames.TicketName> ticket(
      Path file, OriginalCheckpoint checkpoint) {
    return OriginalNames.ticket(file).filter(t -> checkpoint.epoch().orElse(-1) == t.epoch() + 1);
  }

  /** Whether a file came from one of the original's low-precision programs. */
  static boolean hasLowPrecisionKeys(CheckpointInfo info) {
    return info.configuration().path(LOW_PRECISION).asBoolean();
  }

  private static CheckpointInfo info(
      Path file, OriginalCheckpoint checkpoint, StandardNetwork own) {
    NetworkSpec spec = own.spec();
    ObjectNode configuration = JSON.createObjectNode();
    if (checkpoint.isLowPrecision()) {
      configuration.put(LOW_PRECISION, true);
    }
    if (checkpoint.cfg().isPresent()) {
      PruningHistory.fromStandard(own).describe(configuration.putObject(PruningHistory.KEY));
    }
    ticket(file, checkpoint)
        .ifPresent(t -> new Ticket(t.ratio(), t.epoch(), true, 0, file).describe(configuration));
    ObjectNode network = JSON.valueToTree(spec);
    if (spec.takesAnySize()) {
      network.remove(SavedNetwork.SIZE);
    }
    return new CheckpointInfo(
        "",
        "",
        network,
        configuration,
        epoch(file, checkpoint),
        0,
        checkpoint.best().orElse(Double.NaN),
        Double.NaN,
        Map.of(),
        new CheckpointInfo.Runtime("", "", 0, Map.of()));
  }
}
