package io.earlybird.peer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;

/**
 * Trains a network that another process describes, with libtorch, and says how long each step took.
 *
 * <p>Arguments: the folder of the description ({@link TorchNetwork}), {@code fp32|bf16}, {@code
 * contiguous|channels_last}, threads. Then it prints {@code ready VERSION} and obeys lines on
 * standard input: {@code train N} and {@code eval N} answer {@code ns T1 … TN}; {@code save FILE}
 * writes all tensors in the order of the description and answers {@code saved}; {@code memory}
 * answers {@code bytes PEAK_RSS}; {@code quit} ends.
 */
public final class LibtorchPeer {
  private LibtorchPeer() {}

  /** Runs the peer. */
  public static void main(String[] args) throws IOException {
    torch.set_num_threads(Integer.parseInt(args[3]));
    TorchNetwork network =
        new TorchNetwork(
            Path.of(args[0]), args[1].equals("bf16"), args[2].equals("channels_last"));
    System.out.println(
        "ready libtorch "
            + presetVersion()
            + ", "
            + torch.get_num_threads()
            + " threads | "
            + oneLine(torch.show_config().getString()));
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.trim().split(" ");
      switch (words[0]) {
        case "train" -> System.out.println(time(Integer.parseInt(words[1]), network::train));
        case "eval" -> System.out.println(time(Integer.parseInt(words[1]), network::evaluate));
        case "save" -> {
          network.save(Path.of(line.trim().substring(5)));
          System.out.println("saved");
        }
        case "memory" -> System.out.println("bytes " + peakResidentBytes());
        case "quit" -> {
          return;
        }
        default -> System.out.println("error unknown command " + words[0]);
      }
    }
  }

  private static String time(int steps, Runnable step) {
    StringBuilder out = new StringBuilder("ns");
    for (int i = 0; i < steps; i++) {
      long start = System.nanoTime();
      try (PointerScope scope = new PointerScope()) {
        step.run();
      }
      out.append(' ').append(System.nanoTime() - start);
    }
    return out.toString();
  }

  private static long peakResidentBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("no VmHWM in /proc/self/status");
  }

  private static String presetVersion() throws IOException {
    try (InputStream in =
        torch.class.getResourceAsStream(
            "/META-INF/maven/org.bytedeco/pytorch/pom.properties")) {
      Properties properties = new Properties();
      properties.load(in);
      return properties.getProperty("version");
    }
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s*\\n\\s*-?\\s*", "; ");
  }
}
