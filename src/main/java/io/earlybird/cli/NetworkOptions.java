package io.earlybird.cli;

import io.earlybird.models.Cfg;
import io.earlybird.training.Beginning;
import io.earlybird.training.NetworkSettings;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** Which network. */
final class NetworkOptions {
  @Option(
      names = "--arch",
      paramLabel = "NAME",
      defaultValue = "vgg",
      description =
          "Network: vgg, resnet (pre-activation), resnet18, resnet34, resnet50_official, or"
              + " resnet50_prune (with --cfg). Default: ${DEFAULT-VALUE}.")
  private String arch;

  @Option(
      names = "--depth",
      paramLabel = "N",
      description =
          "Depth: 11, 13, 16 or 19 for vgg (default 19), 9n+2 for resnet (default 164); others have"
              + " it in their name.")
  private Integer depth;

  @Option(
      names = "--cfg",
      paramLabel = "LIST",
      description = "Widths in the place of the depth's own, such as 32,32,M,64,64,M,128.")
  private String cfg;

  /**
   * The choice, or where none was given that of a checkpoint that a run goes on with.
   *
   * @param given what was on the command line
   */
  NetworkSettings settings(Optional<Beginning> beginning, ParseResult given) {
    boolean chosen = Stream.of("--arch", "--depth", "--cfg").anyMatch(given::hasMatchedOption);
    return chosen || beginning.isEmpty() ? settings() : NetworkSettings.of(beginning.get().spec());
  }

  /** The choice. */
  NetworkSettings settings() {
    if (depth != null && depth <= 0) {
      throw new io.earlybird.EarlybirdException("--depth must be positive, not " + depth);
    }
    return new NetworkSettings(
        arch, depth == null ? 0 : depth, cfg == null ? null : Cfg.parse(cfg));
  }
}
