package io.earlybird.models;

import io.earlybird.EarlybirdException;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The networks by the original's names. */
enum Architecture {
  VGG("vgg", Vgg.FAMILY, true),
  PRE_RESNET("resnet", PreResNet.FAMILY, true),
  RESNET18("resnet18", BasicResNet.family(18), false),
  RESNET34("resnet34", BasicResNet.family(34), false),
  RESNET50_OFFICIAL("resnet50_official", BottleneckResNet.FAMILY, false),
  RESNET50_PRUNE("resnet50_prune", BottleneckResNet.FAMILY, false);

  private final String arch;
  private final Family family;
  private final boolean hasDepths;

  Architecture(String arch, Family family, boolean hasDepths) {
    this.arch = arch;
    this.family = family;
    this.hasDepths = hasDepths;
  }

  static Architecture of(String arch) {
    return Arrays.stream(values())
        .filter(a -> a.arch.equals(arch))
        .findFirst()
        .orElseThrow(
            () ->
                new EarlybirdException(
                    "unknown arch '"
                        + arch
                        + "': expected "
                        + names().replaceAll(", (?=\\S+$)", " or ")));
  }

  private static String names() {
    return Arrays.stream(values()).map(a -> a.arch).collect(Collectors.joining(", "));
  }

  Family family() {
    return family;
  }

  /** Whether networks of several depths go under this name. */
  boolean hasDepths() {
    return hasDepths;
  }

  /** The name under which a network of these widths goes; null for the standard ones. */
  String archOf(Cfg cfg) {
    return this == RESNET50_OFFICIAL && cfg != null ? RESNET50_PRUNE.arch : arch;
  }

  /** The name with the depth where there are several. */
  String label(int depth) {
    return hasDepths ? arch + depth : arch;
  }
}
