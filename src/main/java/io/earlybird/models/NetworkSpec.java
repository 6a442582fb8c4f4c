package io.earlybird.models;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.earlybird.EarlybirdException;

/**
 * Which network: enough to build it, apart from the channels that its selections keep. It is part
 * of every run record and checkpoint.
 *
 * @param arch {@code vgg} or {@code resnet} (pre-activation, bottlenecks)
 * @param depth number of layers in the usual counting; derived from {@code cfg} where 0 is given
 * @param cfg widths, or {@code null} for the depth's standard ones
 * @param classes number of classes
 * @param inputSize rows and columns of the pictures, which have 3 channels
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record NetworkSpec(String arch, int depth, Cfg cfg, int classes, int inputSize) {
  /** Rows and columns of a CIFAR picture. */
  public static final int CIFAR_SIZE = 32;

  /**
   * Checks that such a network can be built.
   *
   * @throws EarlybirdException saying what is possible
   */
  public NetworkSpec {
    Architecture a = Architecture.of(arch);
    depth = depth == 0 && cfg != null ? a.depthOf(cfg) : depth;
    if (classes < 1) {
      throw new EarlybirdException("classes: expected at least 1, got " + classes);
    }
    a.check(depth, cfg, inputSize);
  }

  /** A network of standard widths for 32x32 pictures. */
  public static NetworkSpec of(String arch, int depth, int classes) {
    return new NetworkSpec(arch, depth, null, classes, CIFAR_SIZE);
  }

  /** A network of the given widths for 32x32 pictures. */
  public static NetworkSpec of(String arch, Cfg cfg, int classes) {
    return new NetworkSpec(arch, 0, cfg, classes, CIFAR_SIZE);
  }

  /** The same network with other widths. */
  public NetworkSpec withCfg(Cfg widths) {
    return new NetworkSpec(arch, depth, widths, classes, inputSize);
  }

  /** The widths in force: {@link #cfg()}, or the depth's standard ones. */
  public Cfg widths() {
    return cfg != null ? cfg : Architecture.of(arch).standardCfg(depth);
  }

  @Override
  public String toString() {
    return arch + depth + (cfg == null ? "" : " " + cfg) + " (" + classes + " classes)";
  }
}
