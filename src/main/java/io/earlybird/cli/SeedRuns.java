package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import io.earlybird.training.SeedTable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The same run with several seeds, each in a folder of its own, one after the other or side by
 * side. Those that are finished are kept, those that were stopped or killed go on.
 */
final class SeedRuns {
  private static final Set<String> TAKEN_AWAY =
      Set.of("--seeds", "--seed", "--side-by-side", "--save", "--resume");

  private final Path folder;
  private final List<Long> seeds;
  private final int together;
  private final List<String> words;

  /**
   * Runs to be made.
   *
   * @param folder of all seeds, or null for a new one
   * @param together how many train at the same time
   * @param words of the command line, {@code run} first
   * @throws EarlybirdException if there are no different seeds, or nothing may train
   */
  SeedRuns(Path folder, List<Long> seeds, int together, List<String> words) {
    if (new HashSet<>(seeds).size() != seeds.size()) {
      throw new EarlybirdException("--seeds " + seeds + ": a seed comes twice");
    }
    if (together < 1) {
      throw new EarlybirdException("--side-by-side must be at least 1, not " + together);
    }
    this.folder = folder != null ? folder : DefaultFolder.next(RunCommand.NAME);
    this.seeds = List.copyOf(seeds);
    this.together = Math.min(together, seeds.size());
    this.words = ofEach(words, this.together);
  }

  /** The words of every single run. */
  private static List<String> ofEach(List<String> words, int together) {
    List<String> out = new ArrayList<>();
    boolean value = false;
    for (String word : words.subList(words.indexOf(RunCommand.NAME) + 1, words.size())) {
      String name = word.replaceFirst("=.*", "");
      if (!value && !TAKEN_AWAY.contains(name)) {
        out.add(word);
      }
      value = !value && TAKEN_AWAY.contains(word);
    }
    if (together > 1) {
      if (out.stream().noneMatch(w -> w.startsWith("--threads"))) {
        int threads = Runtime.getRuntime().availableProcessors() / together;
        out.addAll(List.of("--threads", Integer.toString(Math.max(1, threads))));
      }
      // Meters count the whole machine: no run may take the others' joules for its own.
      out.addAll(List.of("--energy", "off"));
    }
    return out;
  }

  private WantedRun run(long seed) {
    List<String> own = new ArrayList<>(words);
    own.addAll(List.of("--seed", Long.toString(seed)));
    return new WantedRun(folder.resolve("seed-" + seed), own);
  }

  /**
   * Makes what is missing, and prints the table.
   *
   * @param meters measures all seeds together where they train side by side
   * @return exit code of the first run that failed, else 0
   */
  int execute(EnergyOptions meters, PrintWriter out, PrintWriter err) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new EarlybirdException(folder + ": cannot be created: " + e.getMessage(), e);
    }
    int code = together == 1 ? oneByOne(out, err) : sideBySide(meters, out, err);
    if (code != 0) {
      return code;
    }
    Map<Long, Path> folders = new LinkedHashMap<>();
    seeds.forEach(seed -> folders.put(seed, run(seed).folder()));
    SeedTable table = SeedTable.read(folders);
    table.write(folder);
    out.println();
    out.print(table.toTable());
    out.println("each seed's run and " + SeedTable.FILE + " are in " + folder);
    return 0;
  }

  private int oneByOne(PrintWriter out, PrintWriter err) {
    for (long seed : seeds) {
      int code = run(seed).make(out, err);
      if (code != 0) {
        return code;
      }
    }
    return 0;
  }

  private int sideBySide(EnergyOptions meters, PrintWriter out, PrintWriter err) {
    ExecutorService threads = Executors.newFixedThreadPool(together);
    try (CommandEnergy energy = new CommandEnergy("seeds", meters)) {
      int code = energy.log().during("all seeds side by side", () -> makeAll(threads, out, err));
      energy.writeTo(folder);
      energy.print(out);
      return code;
    } finally {
      threads.shutdownNow();
    }
  }

  private int makeAll(ExecutorService threads, PrintWriter out, PrintWriter err) {
    List<Future<Integer>> codes = new ArrayList<>();
    for (long seed : seeds) {
      String prefix = "[seed " + seed + "] ";
      codes.add(
          threads.submit(
              () ->
                  run(seed).make(new PrefixedLines(out, prefix), new PrefixedLines(err, prefix))));
    }
    int first = 0;
    for (Future<Integer> code : codes) {
      int one = result(code);
      first = first == 0 ? one : first;
    }
    return first;
  }

  private static int result(Future<Integer> code) {
    try {
      return code.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EarlybirdException("interrupted while seeds were trained", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }
}
