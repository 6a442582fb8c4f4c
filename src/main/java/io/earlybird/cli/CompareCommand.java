package io.earlybird.cli;

import io.earlybird.training.RunDifferences;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Two runs side by side. */
@Command(
    name = "compare",
    sortOptions = false,
    description =
        "Sets two runs side by side: settings that differ, accuracy and time of each training, from"
            + " which epoch on the records differ, drawing epochs and how far the masks are apart.")
final class CompareCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "RUN_A", description = "Folder of a run.")
  private Path runA;

  @Parameters(index = "1", paramLabel = "RUN_B", description = "Folder of another run.")
  private Path runB;

  @Override
  public Integer call() {
    spec.commandLine().getOut().print(RunDifferences.text(runA, runB));
    return 0;
  }
}
