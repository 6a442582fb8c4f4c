package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.KeepPolicy;
import io.earlybird.training.Saving;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where a run goes, and how it is continued. */
final class RunOptions {
  @Option(
      names = "--save",
      paramLabel = "DIR",
      description = "Run folder. Default: a new one in ./runs, to which runs/latest points.")
  private Path save;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description =
          "Continue the run in this folder, with its own settings where none are given here.")
  private Path resume;

  @Option(
      names = "--override",
      description = "Continue although settings differ from those of the run.")
  private boolean override;

  @Option(
      names = "--keep",
      paramLabel = "WHICH",
      defaultValue = "best",
      description =
          "Which epochs' checkpoints stay beside the newest: all, best, last, or the newest N."
              + " Default: ${DEFAULT-VALUE}.")
  private String keep;

  @Option(
      names = "--checkpoint-seconds",
      paramLabel = "N",
      defaultValue = "60",
      description =
          "Save at least so often within an epoch; 0 for after each epoch only."
              + " Default: ${DEFAULT-VALUE}.")
  private int checkpointSeconds;

  @Option(
      names = "--log-interval",
      paramLabel = "N",
      defaultValue = "100",
      description =
          "Batches between two lines where the output is no terminal. Default: ${DEFAULT-VALUE}.")
  private int logInterval;

  /** The folder of the run to continue, or null for a new run. */
  Path resume() {
    if (resume != null && save != null) {
      throw new EarlybirdException("--resume goes on in the run's own folder: leave out --save");
    }
    return resume;
  }

  /** The folder that was asked for, or null. */
  Path save() {
    return save;
  }

  boolean override() {
    return override;
  }

  Saving saving() {
    return new Saving(KeepPolicy.parse(keep), checkpointSeconds);
  }

  int logInterval() {
    if (logInterval < 1) {
      throw new EarlybirdException("--log-interval must be at least 1, not " + logInterval);
    }
    return logInterval;
  }
}
