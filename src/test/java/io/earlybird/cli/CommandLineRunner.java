package io.earlybird.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/** Runs command lines for tests of other packages. */
public final class CommandLineRunner {
  private CommandLineRunner() {}

  /** Runs words parted by blanks, silently; gives the exit code. */
  public static int run(String words) {
    return Main.run(
        words.trim().split(" +"),
        new PrintWriter(new StringWriter()),
        new PrintWriter(System.err, true));
  }
}
