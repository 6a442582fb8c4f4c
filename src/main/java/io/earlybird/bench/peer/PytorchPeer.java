package io.earlybird.bench.peer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.EarlybirdException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One of the PyTorch programs at work: it does steps when it is told to, and waits in between. */
final class PytorchPeer implements AutoCloseable {
  /** The variant that trains in the original's way; the others are of {@code best.py}. */
  static final String ORIGINAL = "original";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String variant;
  private final Process process;
  private final BufferedReader answers;
  private final PrintWriter orders;
  private final Path errors;
  private final JsonNode about;

  /**
   * Starts a program and waits until it is ready; a variant that compiles takes minutes.
   *
   * @param python the interpreter
   * @param folder with the programs
   * @param arch {@code vgg16} or {@code preresnet101}
   * @param device {@code cuda} or {@code cpu}
   * @param warmup steps before it is ready
   * @param errors file for what it says beside its answers
   * @throws EarlybirdException if it does not get ready
   */
  PytorchPeer(
      String python,
      Path folder,
      String variant,
      String arch,
      int batch,
      String device,
      int warmup,
      Path errors) {
    this.variant = variant;
    this.errors = errors;
    boolean original = variant.equals(ORIGINAL);
    try {
      process =
          new ProcessBuilder(
                  List.of(
                      python,
                      folder.resolve(original ? "original.py" : "best.py").toString(),
                      "--turns",
                      "--arch",
                      arch,
                      "--batch",
                      Integer.toString(batch),
                      "--device",
                      device,
                      "--warmup",
                      Integer.toString(warmup),
                      "--variant",
                      original ? "default" : variant))
              .redirectError(errors.toFile())
              .start();
    } catch (IOException e) {
      throw new EarlybirdException("PyTorch cannot be started: " + e.getMessage(), e);
    }
    answers = process.inputReader(StandardCharsets.UTF_8);
    orders = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
    try {
      about = answer("torch");
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Variant, versions, device and measured ceiling. */
  JsonNode about() {
    return about;
  }

  /** Mean milliseconds of a step, of so many that are enqueued without waiting. */
  double run(int steps) {
    orders.println("run " + steps);
    return answer("ms").path("ms").asDouble();
  }

  /** The next line with this field; programs may say other things before they are ready. */
  private JsonNode answer(String field) {
    try {
      for (String line = answers.readLine(); line != null; line = answers.readLine()) {
        if (line.startsWith("{")) {
          JsonNode node = JSON.readTree(line);
          if (node.has(field)) {
            return node;
          }
        }
      }
    } catch (IOException e) {
      throw new EarlybirdException("PyTorch's program cannot be heard: " + e.getMessage(), e);
    }
    throw new EarlybirdException(
        "PyTorch's program (" + variant + ") ended early: " + LastLine.of(errors));
  }

  @Override
  public void close() {
    orders.println("quit");
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
