package io.earlybird.tickets;

import io.earlybird.models.Cfg;
import io.earlybird.models.NetworkSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** One network of every family, narrow, with widths that differ from layer to layer. */
final class SmallNetworks {
  private static final int CLASSES = 7;

  private SmallNetworks() {}

  static NetworkSpec spec(String name) {
    return switch (name) {
      case "vgg" -> NetworkSpec.of("vgg", Cfg.parse("6,M,8,M,7,9,M,8,8,M,7,6"), CLASSES);
      case "preresnet" -> NetworkSpec.of("resnet", 11, CLASSES);
      case "resnet18", "resnet34" -> basic(name);
      case "resnet50" -> bottleneck();
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static NetworkSpec basic(String arch) {
    int[] stages = arch.equals("resnet18") ? new int[] {2, 2, 2, 2} : new int[] {3, 4, 6, 3};
    int[] streams = {8, 9, 10, 11};
    List<Object> widths = new ArrayList<>();
    for (int s = 0; s < 4; s++) {
      for (int b = 0; b < stages[s]; b++) {
        widths.add(b == 0 && s > 0 ? streams[s - 1] : streams[s]);
        widths.add(5 + s);
      }
    }
    Arrays.stream(streams).forEach(widths::add);
    return NetworkSpec.of(arch, Cfg.of(widths), CLASSES);
  }

  private static NetworkSpec bottleneck() {
    List<Object> widths = new ArrayList<>(List.of(8, 8));
    int[] stages = {3, 4, 6, 3};
    for (int s = 0; s < 4; s++) {
      for (int b = 0; b < stages[s]; b++) {
        widths.addAll(List.of(5, 6, 9 + s));
      }
    }
    return NetworkSpec.of("resnet50_prune", Cfg.of(widths), CLASSES);
  }
}
