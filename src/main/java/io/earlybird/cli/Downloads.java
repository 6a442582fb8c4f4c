package io.earlybird.cli;

import io.earlybird.data.DataSource;
import io.earlybird.data.DownloadProgress;
import io.earlybird.training.DataSettings;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;

/** Fetches a data set that is not there yet, and shows how that goes on. */
final class Downloads implements DownloadProgress {
  /** The option that forbids it. */
  static final String NOT = "--no-download";

  private static final int STEP_PERCENT = 10;

  private final PrintWriter err;
  private long total;
  private long first;
  private long begun;
  private int shown;

  Downloads(PrintWriter err) {
    this.err = err;
  }

  /**
   * Downloads the data set of a command if it is absent, unless the user forbids it.
   *
   * @throws io.earlybird.EarlybirdException if it cannot be had, saying what to put where
   */
  static void fetch(CommandSpec command, DataSettings settings) {
    if (!command.commandLine().getParseResult().hasMatchedOption(NOT)) {
      DataSource.openOrDownload(
          settings.dataset(),
          settings.data() == null ? null : Path.of(settings.data()),
          new Downloads(command.commandLine().getErr()));
    }
  }

  @Override
  public void begins(URI from, Path to, long present, long size) {
    total = size;
    first = present;
    begun = System.nanoTime();
    shown = percent(present);
    String known = present == 0 ? "" : String.format(Locale.ROOT, ", %.1f are here", present / 1e6);
    String amount = size < 0 ? "" : String.format(Locale.ROOT, " (%.1f MB%s)", size / 1e6, known);
    say("downloading " + from + amount + " to " + to.toAbsolutePath().getParent());
  }

  @Override
  public void advances(long present) {
    int now = percent(present);
    if (now > shown) {
      shown = now;
      double seconds = Math.max(1e-3, (System.nanoTime() - begun) * 1e-9);
      double rate = (present - first) / seconds;
      say(
          String.format(
              Locale.ROOT,
              "  %d%%, %.1f MB/s, %s left",
              now,
              rate / 1e6,
              ConsoleProgress.duration((total - present) / Math.max(1, rate))));
    }
  }

  /** How much is there, in whole steps. */
  private int percent(long present) {
    return total <= 0 ? 0 : (int) (100 * present / total) / STEP_PERCENT * STEP_PERCENT;
  }

  @Override
  public void ends(Path file) {
    say("  complete, and its checksum is right");
  }

  private void say(String line) {
    err.println(line);
    err.flush();
  }
}
