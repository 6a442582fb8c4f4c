package io.earlybird.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.CheckpointInfo;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.models.StandardNetwork;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.tickets.ChannelThreshold;

/**
 * How much is left of the network that pruning began with, so that a pruned network can be pruned
 * again up to a ratio that counts from there.
 *
 * @param denseChannels batch-norm channels before all pruning
 * @param isPruned whether the file says that its network was pruned before
 */
record PruningHistory(int denseChannels, boolean isPruned) {
  /** What a pruned network's checkpoint, and those of its training, say about the pruning. */
  static final String KEY = "pruned";

  private static final String DENSE = "dense_channels";

  /**
   * The history of a network: as its file has it, which those of the original's training do not.
   *
   * @param wanted whether a file of the original's that says nothing is taken to be of a pruned
   *     network
   */
  static PruningHistory of(SavedNetwork saved, boolean wanted) {
    JsonNode dense = saved.info().configuration().path(KEY).path(DENSE);
    if (dense.isInt()) {
      return new PruningHistory(dense.asInt(), true);
    }
    boolean isTheOriginals = saved.info().productVersion().isEmpty();
    return isTheOriginals && wanted
        ? new PruningHistory(standard(saved.network()), false)
        : new PruningHistory(channels(saved.network()), false);
  }

  /** Of a pruned network of the original's: the standard one of its depth was the beginning. */
  static PruningHistory fromStandard(StandardNetwork pruned) {
    return new PruningHistory(standard(pruned), true);
  }

  private static int standard(StandardNetwork network) {
    NetworkSpec spec = network.spec();
    int own = channels(network);
    if (spec.cfg() == null) {
      return own;
    }
    try {
      return Math.max(
          own,
          channels(
              Network.of(
                  new NetworkSpec(
                      spec.arch(), spec.depth(), null, spec.classes(), spec.inputSize()))));
    } catch (EarlybirdException noSuchDepth) {
      return own;
    }
  }

  /** Number of batch-norm channels. */
  static int channels(Network network) {
    return network.batchNorms().stream().mapToInt(BatchNorm2d::channels).sum();
  }

  /** Adds what pruning the network again needs to the configuration of its file. */
  void describe(ObjectNode about) {
    about.put(DENSE, denseChannels);
  }

  /** Carries it from a pruned network's file to those of its training. */
  static void carry(CheckpointInfo from, ObjectNode to) {
    JsonNode dense = from.configuration().path(KEY).path(DENSE);
    if (dense.isInt()) {
      to.putObject(KEY).set(DENSE, dense);
    }
  }

  /** Fraction of the channels at the beginning that are gone when so many are kept. */
  double ratio(int kept) {
    return 1 - (double) kept / denseChannels;
  }

  /**
   * The ratio to prune a network by so that in all a fraction of the channels at the beginning is
   * pruned.
   *
   * @param cumulative that fraction, in [0,1)
   * @param present batch-norm channels of the network
   * @throws EarlybirdException if it is out of range or as much is pruned already
   */
  double remaining(double cumulative, int present) {
    ChannelThreshold.checkRatio(cumulative);
    int gone = denseChannels - present;
    int index = (int) (denseChannels * cumulative) - gone;
    if (index < 0) {
      throw new EarlybirdException(
          String.format(
              "--cumulative: %d of %d channels, a fraction of %.4f, are pruned already;"
                  + " expected --percent above that, not %s",
              gone, denseChannels, (double) gone / denseChannels, cumulative));
    }
    // Half a channel more, so that the product of ratio and channels is cut to this index.
    return (index + 0.5) / present;
  }
}
