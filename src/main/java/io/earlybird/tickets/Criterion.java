package io.earlybird.tickets;

import com.fasterxml.jackson.annotation.JsonValue;
import io.earlybird.models.Network;
import io.earlybird.random.Philox;
import io.earlybird.tensor.HostTensor;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a mask ranks the channels by. The paper's is the scale; the others are there to compare. */
public enum Criterion {
  /** The magnitude of the batch norm's scale (paper, section 3.1). */
  SCALE,
  /** The same, but the strongest tenth of every layer is always kept. */
  PROTECTIVE,
  /**
   * The mean magnitude of the weights that read the channel, relative to the mean over its layer.
   */
  MAGNITUDE,
  /** Drawn evenly, from a seed. */
  RANDOM;

  /** As it stands on the command line. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return label();
  }

  /**
   * The mask that keeps the channels with the largest scores; the rule is that of scales, with
   * {@link ProtectiveMask}'s exception.
   *
   * @param state the network's state dict
   * @param ratio fraction to prune over all layers together, in [0,1)
   * @param seed of the random one
   * @throws io.earlybird.EarlybirdException if the ratio is out of range or a score is NaN
   */
  public ChannelMask mask(Network network, Map<String, HostTensor> state, double ratio, long seed) {
    ChannelReads reads = new ChannelReads(network);
    List<float[]> scores =
        switch (this) {
          case SCALE, PROTECTIVE -> network.scales(state);
          case MAGNITUDE -> magnitudes(network, state, reads);
          case RANDOM -> draws(network, seed);
        };
    silence(scores, reads);
    return this == PROTECTIVE ? ProtectiveMask.of(scores, ratio) : ChannelMask.of(scores, ratio);
  }

  /** Channels that nothing reads, left by an earlier pruning, are the first to go. */
  private static void silence(List<float[]> scores, ChannelReads reads) {
    List<BitSet> read = reads.readChannels();
    for (int norm = 0; norm < scores.size(); norm++) {
      for (int c = 0; c < scores.get(norm).length; c++) {
        if (!read.get(norm).get(c)) {
          scores.get(norm)[c] = 0;
        }
      }
    }
  }

  private static List<float[]> draws(Network network, long seed) {
    return network.batchNorms().stream()
        .map(
            norm -> {
              int hash = Philox.hash(norm.name(), "random-mask");
              float[] scores = new float[norm.channels()];
              for (int c = 0; c < scores.length; c++) {
                scores[c] = Philox.uniform(Philox.word(seed, c, 0, hash));
              }
              return scores;
            })
        .toList();
  }

  private static List<float[]> magnitudes(
      Network network, Map<String, HostTensor> state, ChannelReads reads) {
    List<float[]> scores = new ArrayList<>();
    network.batchNorms().forEach(norm -> scores.add(new float[norm.channels()]));
    for (ChannelReads.Read read : reads.all()) {
      read(state.get(read.weight()), read.channels(), scores.get(read.norm()));
    }
    scores.forEach(Criterion::normalize);
    return scores;
  }

  /** Adds the mean magnitude of {@code weight[:, i]} to the channel that index i shows. */
  private static void read(HostTensor weight, int[] channels, float[] scores) {
    int outputs = weight.shape().dim(0);
    int inputs = weight.shape().dim(1);
    float[] values = weight.floats();
    int kernel = values.length / outputs / inputs;
    double[] sums = new double[inputs];
    for (int i = 0; i < values.length; i++) {
      sums[i / kernel % inputs] += Math.abs(values[i]);
    }
    for (int i = 0; i < inputs; i++) {
      scores[channels[i % channels.length]] += (float) (sums[i] / (outputs * kernel));
    }
  }

  private static void normalize(float[] scores) {
    double sum = 0;
    for (float s : scores) {
      sum += s;
    }
    for (int i = 0; i < scores.length && sum > 0; i++) {
      scores[i] = (float) (scores[i] * scores.length / sum);
    }
  }
}
