package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A run in a process of its own, which can be stopped as a user stops it. */
final class ChildRun {
  /** Exit code of a run that was stopped because its time was over. */
  static final int OUT_OF_TIME = 143;

  private ChildRun() {}

  /**
   * Makes a run, goes on with it, or finds it finished.
   *
   * @param seconds after which it is asked to stop
   * @param patience seconds that it may take then to save its state, before it is killed
   * @param out where its lines go
   * @return its exit code
   */
  static int execute(WantedRun run, long seconds, long patience, PrintWriter out) {
    if (run.isFinished()) {
      return 0;
    }
    try {
      Process process = new ProcessBuilder(command(run)).redirectErrorStream(true).start();
      Thread reader = new Thread(() -> copy(process, out), "output-of-run");
      reader.start();
      // Whoever stops this process stops the run with it.
      Thread stop = new Thread(process::destroy, "stop-child");
      Runtime.getRuntime().addShutdownHook(stop);
      try {
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
          process.destroy();
          if (!process.waitFor(patience, TimeUnit.SECONDS)) {
            process.destroyForcibly();
          }
        }
        int code = process.waitFor();
        reader.join();
        return code;
      } finally {
        removeHook(stop);
      }
    } catch (IOException e) {
      throw new EarlybirdException("a run cannot be started: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EarlybirdException("interrupted while a run was waited for", e);
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending already.
    }
  }

  /** This program again, with the options of this JVM. */
  private static List<String> command(WantedRun run) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(run.command());
    return command;
  }

  private static void copy(Process process, PrintWriter out) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        out.println(line);
        out.flush();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
