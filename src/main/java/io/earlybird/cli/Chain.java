package io.earlybird.cli;

import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One line of a ledger of wanted runs: a search, and what is trained from its tickets, with the
 * paper's recipe.
 *
 * @param name no two chains have the same
 * @param arch of the network
 * @param depth of the network
 * @param dataset name of the data set
 * @param methods rows of the paper's table that come out of it
 * @param ratios fractions of channels pruned
 * @param seed of the run
 */
record Chain(
    String name,
    String arch,
    int depth,
    String dataset,
    Set<TableRuns.Method> methods,
    List<Double> ratios,
    int seed) {
  /** Epochs of a whole training. */
  static final int EPOCHS = 160;

  /** Pictures of a batch. */
  static final int BATCH = 256;

  /** Steps of an epoch of CIFAR. */
  static final int STEPS = 196;

  private static final String HEAD = "chain,arch,depth,dataset,methods,ratios,seed";

  /** Evaluations, masks and checkpoints, as a share of the time of training. */
  private static final double REST = 0.15;

  /**
   * Reads a ledger.
   *
   * @throws EarlybirdException naming the line, if it is none
   */
  static List<Chain> read(Path file) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new EarlybirdException(file + ": cannot be read: " + e.getMessage(), e);
    }
    if (lines.isEmpty() || !lines.get(0).equals(HEAD)) {
      throw new EarlybirdException(file + ":1: expected the columns " + HEAD);
    }
    List<Chain> out = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 1; i < lines.size(); i++) {
      try {
        Chain chain = of(lines.get(i).split(",", -1));
        if (!names.add(chain.name)) {
          throw new EarlybirdException("the chain " + chain.name + " comes twice");
        }
        out.add(chain);
      } catch (RuntimeException e) {
        throw new EarlybirdException(file + ":" + (i + 1) + ": " + e.getMessage(), e);
      }
    }
    return out;
  }

  private static Chain of(String[] cells) {
    if (cells.length != HEAD.split(",").length || !cells[0].matches("[A-Za-z0-9._-]+")) {
      throw new EarlybirdException("expected the columns " + HEAD);
    }
    EnumSet<TableRuns.Method> methods = EnumSet.noneOf(TableRuns.Method.class);
    for (String method : cells[4].split(" ")) {
      methods.add(TableRuns.Method.of(method));
    }
    Chain chain =
        new Chain(
            cells[0],
            cells[1],
            Integer.parseInt(cells[2]),
            cells[3],
            methods,
            Arrays.stream(cells[5].split(" ")).map(Double::valueOf).toList(),
            Integer.parseInt(cells[6]));
    if (chain.runs(Path.of(""), List.of()).size() != 1) {
      throw new EarlybirdException("methods in full and in low precision are different chains");
    }
    return chain;
  }

  /** Whether its search is in low precision. */
  boolean isLow() {
    return methods.contains(TableRuns.Method.LF) || methods.contains(TableRuns.Method.LL);
  }

  private List<WantedRun> runs(Path work, List<String> more) {
    String ratio = String.join(",", ratios.stream().map(p -> Double.toString(p)).toList());
    List<String> options = new ArrayList<>();
    options.addAll(List.of("--arch", arch, "--depth", Integer.toString(depth)));
    options.addAll(List.of("--dataset", dataset, "--ratios", ratio));
    options.addAll(List.of("--epochs", Integer.toString(EPOCHS), "--schedule", "80,120"));
    options.addAll(List.of("--lr", "0.1", "--batch-size", Integer.toString(BATCH)));
    options.addAll(more);
    return TableRuns.of(methods, work.resolve(name), options, seed);
  }

  /**
   * The run.
   *
   * @param work folder in which every chain has its own
   * @param more options of 'run': the backend, the data's place
   */
  WantedRun run(Path work, List<String> more) {
    return runs(work, more).get(0);
  }

  /**
   * About how long it takes: a ticket's steps are taken to be as much shorter as half of its ratio
   * says.
   *
   * @param secondsPerStep of the dense network
   */
  double seconds(double secondsPerStep) {
    double trainings = 1;
    for (double ratio : ratios) {
      trainings += methods.size() * (1 - ratio / 2);
    }
    return secondsPerStep * STEPS * EPOCHS * trainings * (1 + REST);
  }
}
