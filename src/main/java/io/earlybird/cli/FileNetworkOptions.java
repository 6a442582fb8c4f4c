package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.models.NetworkSpec;
import io.earlybird.training.SavedNetwork;
import picocli.CommandLine.Option;

/**
 * The original's options for the network where ours reads it from a file: they are checked, not
 * needed.
 */
final class FileNetworkOptions {
  @Option(
      names = "--arch",
      paramLabel = "NAME",
      description = "Checked against the file, which says what network it holds.")
  private String arch;

  @Option(
      names = "--depth",
      paramLabel = "N",
      description = "Checked against the file, unless that says its own widths.")
  private Integer depth;

  /** Without what tells the original's two forms of one network apart. */
  private static String plain(String arch) {
    return arch.replaceFirst("_(official|prune)$", "");
  }

  /**
   * Checks that the file holds the network that was named.
   *
   * @throws EarlybirdException naming both
   */
  void check(SavedNetwork saved) {
    NetworkSpec spec = saved.network().spec();
    if (arch != null && !plain(arch).equals(plain(spec.arch()))) {
      throw new EarlybirdException("--arch " + arch + ": " + saved.file() + " holds " + spec);
    }
    if (depth != null && spec.cfg() == null && depth != spec.depth()) {
      throw new EarlybirdException("--depth " + depth + ": " + saved.file() + " holds " + spec);
    }
  }
}
