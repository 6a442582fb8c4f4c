package io.earlybird.models;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.earlybird.EarlybirdException;

/**
 * Which network: enough to build it, apart from the channels that its selections keep. It is part
 * of every run record and checkpoint.
 *
 * @param arch {@code vgg}, {@code resnet} (pre-activation, bottlenecks) for small pictures; {@code
 *     resnet18}, {@code resnet34}, {@code resnet50_official}, {@code resnet50_prune} for
 *     ImageNet's. The last two are one network; with a cfg it goes under the last name
 * @param depth number of layers in the usual counting; derived from name or {@code cfg} where 0 is
 *     given
 * @param cfg widths, or {@code null} for the depth's standard ones; of a network's several forms of
 *     the same list, the shortest
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
    cfg = cfg == null ? null : a.family().canonical(cfg);
    arch = a.archOf(cfg);
    depth = depth == 0 && (cfg != null || !a.hasDepths()) ? a.family().depthOf(cfg) : depth;
    if (classes < 1) {
      throw new EarlybirdException("classes: expected at least 1, got " + classes);
    }
    a.family().check(depth, cfg, inputSize);
  }

  /** A network of standard widths for 32x32 pictures. */
  public static NetworkSpec of(String arch, int depth, int classes) {
    return new NetworkSpec(arch, depth, null, classes, CIFAR_SIZE);
  }

  /** A network of the given widths for 32x32 pictures. */
  public static NetworkSpec of(String arch, Cfg cfg, int classes) {
    return new NetworkSpec(arch, 0, cfg, classes, CIFAR_SIZE);
  }

  /** The depth of a network when none is given. */
  public static int defaultDepth(String arch) {
    return Architecture.of(arch).family().defaultDepth();
  }

  /** Whether a state dict fits pictures of any size, and so does not say for which it was made. */
  public boolean takesAnySize() {
    return Architecture.of(arch).family().takesAnySize();
  }

  /** The same network for pictures of another size. */
  public NetworkSpec withInputSize(int size) {
    return new NetworkSpec(arch, depth, cfg, classes, size);
  }

  /** Whether a state dict of the other network is one of this. */
  public boolean hasStateOf(NetworkSpec other) {
    return Architecture.of(arch).family() == Architecture.of(other.arch).family()
        && depth == other.depth
        && widths().equals(other.widths())
        && classes == other.classes
        && (inputSize == other.inputSize || takesAnySize());
  }

  /** The same network with other widths. */
  public NetworkSpec withCfg(Cfg widths) {
    return new NetworkSpec(arch, depth, widths, classes, inputSize);
  }

  /** The widths in force: {@link #cfg()}, or the depth's standard ones. */
  public Cfg widths() {
    return cfg != null ? cfg : Architecture.of(arch).family().standardCfg(depth);
  }

  @Override
  public String toString() {
    return Architecture.of(arch).label(depth)
        + (cfg == null ? "" : " " + cfg)
        + " ("
        + classes
        + " classes)";
  }
}
