package io.earlybird.training;

import io.earlybird.models.Cfg;
import io.earlybird.models.NetworkSpec;

/**
 * Which network is trained; the names are those of the command line's options.
 *
 * @param arch the network's name, as {@link NetworkSpec#arch()}
 * @param depth depth in the usual counting; 0 for the family's default or what {@code cfg} says
 * @param cfg widths, or null for the depth's standard ones
 */
public record NetworkSettings(String arch, int depth, Cfg cfg) {
  /**
   * Fills in the family's default depth and checks that there is such a network.
   *
   * @throws io.earlybird.EarlybirdException saying what is possible
   */
  public NetworkSettings {
    if (depth == 0 && cfg == null) {
      depth = NetworkSpec.defaultDepth(arch);
    }
    depth = new NetworkSpec(arch, depth, cfg, 1, NetworkSpec.CIFAR_SIZE).depth();
  }

  /** The choice that a network comes from. */
  public static NetworkSettings of(NetworkSpec spec) {
    return new NetworkSettings(spec.arch(), spec.depth(), spec.cfg());
  }

  /** The network for a data set with so many classes and pictures of that many pixels a side. */
  public NetworkSpec spec(int classes, int inputSize) {
    return new NetworkSpec(arch, depth, cfg, classes, inputSize);
  }
}
