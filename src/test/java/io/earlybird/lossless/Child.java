package io.earlybird.lossless;

import io.earlybird.training.RunFolder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The command line in a process of its own, which can be watched, interrupted and killed. */
final class Child {
  /** A small run that draws its tickets at the start of the fourth epoch, whatever the masks. */
  static final String RUN =
      "run --backend cpu --threads 1 --dataset shapes --train-images 200 --test-images 600"
          + " --test-batch-size 50 --cfg 4,M,6,M,8,M,8,M,8 --epochs 6 --schedule 4 --batch-size 16"
          + " --lr 0.05 --ratios 0.3,0.5,0.7 --queue 4 --limit 1";

  private static final long PATIENCE_SECONDS = 300;
  private static final List<String> RESET = resetSignals();

  private final Process process;
  private final List<String> out = new ArrayList<>();
  private final List<String> err = new ArrayList<>();
  private final List<Thread> readers = new ArrayList<>();

  private Child(Process process) {
    this.process = process;
    readers.add(read(process.getInputStream(), out));
    readers.add(read(process.getErrorStream(), err));
  }

  /**
   * Starts the command line.
   *
   * @param cache where it remembers its kernels, so that runs which are compared take the same ones
   */
  static Child start(Path cache, List<String> words) {
    List<String> command = new ArrayList<>(RESET);
    command.addAll(javaCommand());
    command.addAll(words);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("XDG_CACHE_HOME", cache.toString());
    try {
      return new Child(builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Java, the class path and the main class; the start of a short process counts. */
  static List<String> javaCommand() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Xshare:auto",
        "-Dorg.bytedeco.javacpp.maxBytes=0",
        "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
        "-cp",
        System.getProperty("java.class.path"),
        "io.earlybird.cli.Main");
  }

  /** The words that begin the run in a folder, or continue it if it has begun. */
  static List<String> runOrResume(String run, Path folder) {
    boolean begun = Files.exists(folder.resolve(RunFolder.CONFIG));
    List<String> words = new ArrayList<>();
    words.addAll(begun ? List.of("run", "--resume") : Arrays.asList(run.split(" ")));
    if (!begun) {
      words.add("--save");
    }
    words.add(folder.toString());
    return words;
  }

  /** A test started in the background passes ignored signals on, unless they are reset. */
  private static List<String> resetSignals() {
    List<String> reset = List.of("env", "--default-signal=INT,QUIT,TERM");
    try {
      List<String> probe = new ArrayList<>(reset);
      probe.add("true");
      boolean works = new ProcessBuilder(probe).start().waitFor() == 0;
      return works ? reset : List.of();
    } catch (IOException e) {
      return List.of();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Thread read(InputStream stream, List<String> lines) {
    Thread thread =
        new Thread(
            () -> {
              try (BufferedReader reader =
                  new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                  synchronized (lines) {
                    lines.add(line);
                  }
                }
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            },
            "child-output");
    thread.start();
    return thread;
  }

  /** The lines of its output so far. */
  List<String> out() {
    synchronized (out) {
      return List.copyOf(out);
    }
  }

  /** The lines of its error stream so far. */
  List<String> err() {
    synchronized (err) {
      return List.copyOf(err);
    }
  }

  /** Whether a line of its output begins with a text. */
  boolean said(String beginning) {
    synchronized (out) {
      return out.stream().anyMatch(line -> line.startsWith(beginning));
    }
  }

  /**
   * Waits, looking without pause, because what is waited for may be short.
   *
   * @return whether it came true; false if the process ended before
   */
  boolean await(BooleanSupplier condition) {
    while (process.isAlive()) {
      if (condition.getAsBoolean()) {
        return true;
      }
      Thread.onSpinWait();
    }
    return false;
  }

  /** Waits for a line; false if the process ended before. */
  boolean awaitLine(String beginning) throws InterruptedException {
    while (process.isAlive()) {
      if (said(beginning)) {
        return true;
      }
      Thread.sleep(1);
    }
    return false;
  }

  /** Sends a signal. */
  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid()).start().waitFor();
  }

  /**
   * Waits until it is in the middle of a training's evaluation, as a dump of its threads shows.
   *
   * @param beforeDump called before every dump
   * @return false if it ended before
   */
  boolean awaitEvaluation(Runnable beforeDump) throws IOException, InterruptedException {
    // Before the virtual machine has set itself up the signal would end it.
    awaitLine("run folder");
    while (process.isAlive()) {
      beforeDump.run();
      int before = out().size();
      signal("QUIT");
      if (!await(() -> endsDump(before))) {
        return false;
      }
      if (mainFrames(before).stream().anyMatch(f -> f.contains("training.Trainer.evaluate"))) {
        return true;
      }
      Thread.sleep(2);
    }
    return false;
  }

  private boolean endsDump(int from) {
    List<String> lines = out();
    return lines.subList(from, lines.size()).stream().anyMatch(l -> l.startsWith("JNI global"));
  }

  private List<String> mainFrames(int from) {
    List<String> lines = out();
    List<String> dump = lines.subList(from, lines.size());
    int begin = 0;
    while (begin < dump.size() && !dump.get(begin).startsWith("\"main\"")) {
      begin++;
    }
    int end = begin;
    while (end < dump.size() && !dump.get(end).isBlank()) {
      end++;
    }
    return dump.subList(begin, end);
  }

  /** Kills it, without mercy, and waits until it is gone and all it said is read. */
  void kill() throws InterruptedException {
    // Through the handle, because the process itself would close its streams before they are read.
    process.toHandle().destroyForcibly();
    exitCode();
  }

  /** Waits for its end; all it said is read then. */
  int exitCode() throws InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("the process does not end; it said " + out() + " and " + err());
    }
    for (Thread reader : readers) {
      reader.join();
    }
    return process.exitValue();
  }
}
