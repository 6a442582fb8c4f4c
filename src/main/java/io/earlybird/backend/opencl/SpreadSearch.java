package io.earlybird.backend.opencl;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.op.BatchNormReluBackward;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.Quantize;
import io.earlybird.tensor.op.Relu;
import java.util.List;
import java.util.Map;

/**
 * Finds out how kernels that walk over elements are best spread over a device: one number after the
 * other is varied while a kernel that depends on it is measured. It takes seconds and is done once
 * per device; no bits depend on it.
 */
final class SpreadSearch {
  private static final TensorSpec LARGE = TensorSpec.f32(32, 32, 32, 64);
  private static final TensorSpec WIDE = TensorSpec.f32(64, 8, 8, 256);
  private static final TensorSpec CHANNELS = TensorSpec.f32(256);

  private static final Probe RELU = new Probe(new Relu(), List.of(LARGE));
  private static final Probe NORM =
      new Probe(
          new BatchNormReluBackward(1e-5f, null),
          List.of(WIDE, WIDE, CHANNELS, CHANNELS, CHANNELS, CHANNELS));
  private static final Probe QUANTIZE =
      new Probe(Quantize.nearest(new BlockFloat(8, 0)), List.of(LARGE));

  private final OpenClDevice device;

  /** A kernel to measure. */
  private record Probe(Op op, List<TensorSpec> inputs) {}

  /** A spread with another value of one of its numbers. */
  private interface Change {
    Spread with(Spread spread, int value);
  }

  SpreadSearch(OpenClDevice device) {
    this.device = device;
  }

  /** The fastest spread of the device's kind. */
  Spread fastest() {
    Spread best = Spread.of(device);
    if (best.isProcessor()) {
      best = vary(best, Spread::withSpan, RELU, 4096, 65536);
      best = vary(best, Spread::withItems, QUANTIZE, 16, 256);
      return vary(best, Spread::withWidth, NORM, 64, 128);
    }
    best = vary(best, Spread::withGroup, RELU, 64, 128);
    best = vary(best, Spread::withSpan, RELU, 1, 2, 8);
    best = vary(best, Spread::withItems, QUANTIZE, 2, 4);
    return vary(best, Spread::withWidth, NORM, 2, 4);
  }

  /** The fastest of a spread and some that differ from it in one number. */
  private Spread vary(Spread from, Change change, Probe probe, int... values) {
    Spread best = from;
    double least = seconds(from, probe);
    for (int value : values) {
      Spread other = change.with(from, value);
      double seconds = seconds(other, probe);
      if (seconds < least) {
        best = other;
        least = seconds;
      }
    }
    return best;
  }

  /** Seconds of a probe's fastest run; infinite if the device does not take the spread. */
  private double seconds(Spread spread, Probe probe) {
    List<TensorSpec> outputs = probe.op.infer(probe.inputs);
    List<Form> available = probe.inputs.stream().map(Form::plain).toList();
    try (OpenClBackend backend = new OpenClBackend(device, spread, Map.of());
        Kernel kernel =
            backend.prepare(new KernelRequest(probe.op, probe.inputs, outputs, available))) {
      return KernelTimer.seconds(backend, kernel, Double.POSITIVE_INFINITY);
    } catch (EarlybirdException e) {
      return Double.POSITIVE_INFINITY;
    }
  }
}
