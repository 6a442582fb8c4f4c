package io.earlybird.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.checkpoint.inspect.Inspection;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code inspect}: what a file holds. */
@Command(
    name = "inspect",
    description = {
      "Lists what a file holds: keys, shapes, types, widths, epoch, checksums.",
      "Reads PyTorch's files (.pth.tar, .pt), checkpoints, safetensors and .npy."
    })
final class InspectCommand implements Callable<Integer> {
  /** What is printed in lines of its own, by key. */
  private static final List<String> FACTS =
      List.of(
          "command",
          "version",
          "keys",
          "network",
          "cfg",
          "low_precision",
          "epoch",
          "step",
          "best",
          "learning_rate",
          "problem",
          "metadata",
          "sha256",
          "weights_sha256");

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "The file.")
  private Path file;

  @Option(names = "--json", description = "Print JSON instead of a table.")
  private boolean json;

  @Override
  public Integer call() {
    ObjectNode content = Inspection.of(file);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(content.toPrettyString());
    } else {
      print(content, out);
    }
    out.flush();
    return 0;
  }

  private static void print(ObjectNode content, PrintWriter out) {
    String layout = content.has("layout") ? ", " + content.get("layout").asText() + " layout" : "";
    out.printf(
        "%s: %s%s, %d bytes%n",
        content.get("file").asText(),
        content.get("format").asText(),
        layout,
        content.get("bytes").asLong());
    for (String fact : FACTS) {
      if (content.has(fact)) {
        out.printf("%-15s%s%n", fact.replace('_', ' '), text(content.get(fact)));
      }
    }
    JsonNode values = content.path("values");
    if (!values.isEmpty()) {
      out.println();
      int width = width(values);
      for (JsonNode value : values) {
        out.printf(
            "%-" + width + "s  %-14s %s%n",
            text(value.get("key")),
            value.get("type").asText(),
            text(value.get("value")));
      }
    }
    JsonNode tensors = content.get("tensors");
    out.printf("%n%d tensors%n", tensors.size());
    int width = width(tensors);
    for (JsonNode tensor : tensors) {
      out.printf(
          "%-" + width + "s  %-10s %-20s crc32 %s%s%n",
          text(tensor.get("key")),
          tensor.get("type").asText(),
          text(tensor.get("shape")),
          tensor.get("crc32").asText(),
          tensor.has("device") ? " " + text(tensor.get("device")) : "");
    }
  }

  private static int width(JsonNode entries) {
    int width = 1;
    for (JsonNode entry : entries) {
      width = Math.max(width, Math.min(60, entry.get("key").asText().length()));
    }
    return width;
  }

  /** Text from the file must not move the cursor or colour the terminal. */
  private static String text(JsonNode node) {
    return (node.isTextual() ? node.asText() : node.toString()).replaceAll("\\p{Cntrl}", "?");
  }
}
