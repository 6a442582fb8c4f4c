package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.training.Beginning;
import io.earlybird.training.OriginalNames;
import io.earlybird.training.SavingSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Mixin;
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
      paramLabel = "DIR|FILE",
      description =
          "Continue the run in this folder, with its own settings where none are given here; or go"
              + " on in a new run with one of the original's .pth.tar checkpoints.")
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

  @Option(
      names = "--pth",
      description =
          "Write the original's files beside ours: init, ckptN, EB-P-N, checkpoint, model_best,"
              + " pruned, all .pth.tar.")
  private boolean pth;

  @Mixin private EnergyOptions energy;

  /** How energy is measured. */
  EnergyOptions energy() {
    return energy;
  }

  /** Whether an earlier run or checkpoint is named. */
  boolean isResume() {
    return resume != null;
  }

  /** The folder of the run to continue, or null for a new run. */
  Path resume() {
    if (resume == null || checkpoint() != null) {
      return null;
    }
    Path folder = Runs.runFolderOf(OriginalNames.existing(resume));
    if (save != null && !isSame(save, folder)) {
      throw new EarlybirdException("--resume goes on in the run's own folder: leave out --save");
    }
    return folder;
  }

  /**
   * The original's checkpoint that a new run goes on with, or null. A file in the folder of one of
   * our runs stands for that run, unless another folder is to be written.
   */
  Path checkpoint() {
    if (resume == null || !Files.isRegularFile(resume)) {
      return null;
    }
    Path run = Runs.findRunFolder(resume);
    return run == null || (save != null && !isSame(save, run)) ? resume : null;
  }

  /**
   * Where a new run begins, if it goes on with a checkpoint of the original.
   *
   * @param startEpoch index of the first epoch, or null for what the checkpoint says
   * @param remembered of how many epochs before it the scales are wanted
   */
  Optional<Beginning> beginning(Integer startEpoch, int remembered) {
    if (startEpoch != null && startEpoch < 0) {
      throw new EarlybirdException("--start-epoch must be at least 0, not " + startEpoch);
    }
    OptionalInt first = startEpoch == null ? OptionalInt.empty() : OptionalInt.of(startEpoch);
    return Optional.ofNullable(checkpoint()).map(f -> Beginning.read(f, first, remembered));
  }

  private static boolean isSame(Path a, Path b) {
    return a.toAbsolutePath().normalize().equals(b.toAbsolutePath().normalize());
  }

  /** The folder that was asked for, or null. */
  Path save() {
    return save;
  }

  boolean override() {
    return override;
  }

  /** What is written on the way. */
  SavingSettings saving() {
    return new SavingSettings(keep, checkpointSeconds, pth);
  }

  int logInterval() {
    if (logInterval < 1) {
      throw new EarlybirdException("--log-interval must be at least 1, not " + logInterval);
    }
    return logInterval;
  }
}
