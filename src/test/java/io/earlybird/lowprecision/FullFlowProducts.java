package io.earlybird.lowprecision;

import io.earlybird.backend.Backend;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.random.Philox;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Quantize;
import java.util.List;

/**
 * The three products of a convolution of operands of few bits, and what their plan chose. 72
 * products of 14 bits each fit into the 24 bits of an fp32 sum, so that of 8 bits are exact.
 */
public record FullFlowProducts(List<HostTensor> values, List<Plan.StepInfo> steps) {
  /** Numbers in (-1, 1), the first of each row of dimension 0 being 1: all blocks scale alike. */
  static HostTensor values(String name, int... dims) {
    TensorSpec spec = TensorSpec.f32(dims);
    float[] all = new float[Math.toIntExact(spec.size())];
    Philox.fillUniform(7, 0, Philox.hash("full-flow", name), -1, 1, all);
    for (int i = 0; i < all.length; i += all.length / dims[0]) {
      all[i] = 1;
    }
    return HostTensor.of(all, dims);
  }

  /** Rounds operands to so many bits and multiplies them. */
  public static FullFlowProducts of(Backend backend, int bits) {
    Tensor x = Tensor.placeholder("x", TensorSpec.f32(2, 6, 6, 8));
    Tensor w = Tensor.placeholder("w", TensorSpec.f32(16, 8, 3, 3));
    Tensor dy = Tensor.placeholder("dy", TensorSpec.f32(2, 6, 6, 16));
    Quantize round = Quantize.nearest(LowPrecision.format(bits));
    Tensor qx = round.apply(x, null);
    Tensor qw = round.apply(w, null);
    Tensor qdy = round.apply(dy, null);
    List<Tensor> outputs =
        List.of(
            qx.apply(new Conv2d(1, 1), qw),
            qdy.apply(new Conv2dBackwardData(1, 1, 6, 6), qw),
            qx.apply(new Conv2dBackwardWeight(1, 1, 3, 3), qdy));
    try (Session session = new Session(backend)) {
      Plan plan = session.plan(outputs, List.of());
      plan.write(x, values("x", 2, 6, 6, 8));
      plan.write(w, values("w", 16, 8, 3, 3));
      plan.write(dy, values("dy", 2, 6, 6, 16));
      plan.run();
      return new FullFlowProducts(outputs.stream().map(plan::read).toList(), plan.steps());
    }
  }

  /** The kernels that computed them. */
  public List<String> choices() {
    return steps.stream()
        .filter(s -> s.op().startsWith("Conv2d"))
        .map(Plan.StepInfo::choice)
        .toList();
  }
}
