package io.earlybird.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.bench.peer.PytorchBench;
import io.earlybird.bench.peer.PytorchBench.Side;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;

/**
 * A comparison with PyTorch as text and JSON.
 *
 * @param name of the network
 * @param batch pictures per step
 * @param result what was measured
 */
record PytorchReport(String name, int batch, PytorchBench.Result result) {
  private double tflops(Side side) {
    return result.gflop() / side.medianMs();
  }

  /** A line per side, then how they compare. */
  void print(PrintWriter out) {
    Side first = result.sides().get(0);
    out.printf(
        Locale.ROOT,
        "%n%s, batch %d, %d turns; the largest product measured in this run: %.1f TFLOP/s%n",
        name,
        batch,
        first.milliseconds().length,
        result.peak());
    out.printf(
        "%-16s %10s %10s %10s %11s %9s %7s%n",
        "step of", "median ms", "min", "max", "images/s", "TFLOP/s", "share");
    for (Side s : result.sides()) {
      out.printf(
          Locale.ROOT,
          "%-16s %10.3f %10.3f %10.3f %11.0f %9.2f %6.1f%%%n",
          s.who(),
          s.medianMs(),
          Arrays.stream(s.milliseconds()).min().orElseThrow(),
          Arrays.stream(s.milliseconds()).max().orElseThrow(),
          batch / s.medianMs() * 1e3,
          tflops(s),
          100 * tflops(s) / result.peak());
    }
    result.sides().stream()
        .skip(1)
        .forEach(
            s ->
                out.printf(
                    Locale.ROOT,
                    "earlybird is %.2f times as fast as %s (PyTorch %s, %s)%n",
                    result.ratio(s),
                    s.who(),
                    s.about().path("torch").asText(),
                    s.about().path("device").asText()));
    if (result.best() != null) {
      out.println("the fastest of the best programs, which counts: " + result.best().who());
    }
    out.flush();
  }

  /** The same for programs. */
  void add(ObjectNode node) {
    node.put("network", name).put("peer", "pytorch").put("gflop", result.gflop());
    BenchStepCommand.putFinite(node, "matmul_peak_tflops", result.peak());
    if (result.best() != null) {
      node.put("fastest", result.best().who()).put("ratio", result.ratio(result.best()));
    }
    ObjectNode sides = node.putObject("sides");
    for (Side s : result.sides()) {
      ObjectNode side = sides.putObject(s.who());
      side.put("median_ms", s.medianMs()).put("images_per_s", batch / s.medianMs() * 1e3);
      side.put("tflops", tflops(s)).put("ratio", result.ratio(s));
      if (s.about() != null) {
        side.set("about", s.about());
      }
      for (double ms : s.milliseconds()) {
        side.withArray("ms").add(ms);
      }
    }
  }
}
