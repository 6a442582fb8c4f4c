package io.earlybird.bench.peer;

import io.earlybird.EarlybirdException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * A peer at work: a child process that obeys lines on its standard input and waits, asleep, in
 * between.
 */
final class PeerProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader answers;
  private final PrintWriter orders;
  private final Path errors;
  private final String description;

  /**
   * Starts a peer on a described network.
   *
   * @param layout {@code contiguous} or {@code channels_last}
   * @throws EarlybirdException if it does not get ready
   */
  PeerProcess(String classPath, Path description, String precision, String layout, int threads) {
    errors = description.resolve(layout + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx2g",
                "-XX:+UseSerialGC",
                "-Dorg.bytedeco.javacpp.maxBytes=0",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-cp",
                classPath,
                "io.earlybird.peer.LibtorchPeer",
                description.toString(),
                precision,
                layout,
                Integer.toString(threads)));
    builder.environment().put("OMP_NUM_THREADS", Integer.toString(threads));
    builder.redirectError(errors.toFile());
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new EarlybirdException("the peer cannot be started: " + e.getMessage(), e);
    }
    answers = process.inputReader(StandardCharsets.UTF_8);
    orders = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
    this.description = expect("ready");
  }

  /** Version, threads and build of the peer, in one line. */
  String describe() {
    return description;
  }

  /** Milliseconds of each of some steps: {@code what} is {@code train} or {@code eval}. */
  double[] run(String what, int steps) {
    orders.println(what + " " + steps);
    String[] nanos = expect("ns").split(" ");
    double[] milliseconds = new double[nanos.length];
    for (int i = 0; i < nanos.length; i++) {
      milliseconds[i] = Long.parseLong(nanos[i]) * 1e-6;
    }
    return milliseconds;
  }

  /** Has all tensors written to a file. */
  void save(Path file) {
    orders.println("save " + file);
    expect("saved");
  }

  /** Peak resident memory so far, in bytes, its libraries included. */
  long peakBytes() {
    orders.println("memory");
    return Long.parseLong(expect("bytes"));
  }

  private String expect(String word) {
    try {
      String line = answers.readLine();
      if (line == null || !(line + " ").startsWith(word + " ")) {
        throw new EarlybirdException(
            "the peer "
                + (line == null ? "ended" : "answered '" + line + "'")
                + " where '"
                + word
                + "' was expected; what it said is in "
                + errors);
      }
      return line.substring(Math.min(line.length(), word.length() + 1));
    } catch (IOException e) {
      throw new EarlybirdException("the peer cannot be heard: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    orders.println("quit");
    try {
      if (!process.waitFor(10, java.util.concurrent.TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
