package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.training.Pipeline;
import io.earlybird.training.RunFolder;
import io.earlybird.training.RunRecords;
import io.earlybird.training.RunReport;
import io.earlybird.training.Settings;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine;

/**
 * A run that is one of several: it is made, goes on, or is found finished.
 *
 * @param folder where it is, or is to be
 * @param words the options of 'run', without its folder
 */
record WantedRun(Path folder, List<String> words) {
  /** Options of which the result of a run does not depend. */
  private static final Set<String> FREE =
      Set.of(
          "data",
          "workers",
          "skip-corrupt",
          "threads",
          "backend",
          "device",
          "keep",
          "checkpoint-seconds",
          "pth");

  /** Copies the list. */
  WantedRun {
    words = List.copyOf(words);
  }

  /** Whether it is there and finished, its page included, which comes last. */
  boolean isFinished() {
    return isBegun()
        && Files.exists(folder.resolve(Pipeline.SUMMARY))
        && Files.exists(folder.resolve(RunReport.FILE));
  }

  private boolean isBegun() {
    return Files.exists(folder.resolve(RunFolder.CONFIG));
  }

  /**
   * The words that make it or go on with it.
   *
   * @throws EarlybirdException if the folder holds a run with other settings
   */
  List<String> command() {
    if (isBegun()) {
      requireSame();
    }
    List<String> run = new ArrayList<>(List.of(RunCommand.NAME));
    run.addAll(words);
    run.addAll(List.of(isBegun() ? "--resume" : "--save", folder.toString()));
    return run;
  }

  /**
   * Makes it, unless it is finished.
   *
   * @return exit code
   * @throws EarlybirdException if the folder holds a run with other settings
   */
  int make(PrintWriter out, PrintWriter err) {
    List<String> run = command();
    if (isFinished()) {
      out.println("finished already: " + folder);
      return 0;
    }
    out.println("earlybird " + String.join(" ", run));
    int code = Main.run(run.toArray(String[]::new), out, err);
    if (code != 0) {
      err.println("the same command goes on with what is missing");
    }
    return code;
  }

  private void requireSame() {
    RunCommand command = new RunCommand();
    new CommandLine(command)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setOverwrittenOptionsAllowed(true)
        .parseArgs(words.toArray(String[]::new));
    String differences =
        command.settings().changesFrom(RunRecords.read(folder).settings()).stream()
            .filter(c -> !FREE.contains(c.option()))
            .map(Settings.Change::toString)
            .collect(Collectors.joining("; "));
    if (!differences.isEmpty()) {
      throw new EarlybirdException(
          folder
              + " holds a run with other settings: "
              + differences
              + ": choose another --save, or the settings of before");
    }
  }
}
