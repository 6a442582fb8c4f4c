package io.earlybird.backend.cpu;

import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A convolution of stride 1 with what follows it, for tests.
 *
 * @param others operands after the image and the weight
 * @param then what follows a result
 */
record Followed(Op op, List<HostTensor> others, Bf16Winograd.Then then) {
  /**
   * By batch norm and ReLU, by both after which a residual is added, and by a residual alone.
   *
   * @param residual of the result's shape
   */
  static List<Followed> all(int padding, HostTensor residual) {
    int out = residual.spec().shape().dim(3);
    HostTensor vector = OneOp.random(4, TensorSpec.f32(out));
    HostTensor variance = HostTensor.of(new float[out], out);
    for (int i = 0; i < out; i++) {
      variance.buffer().putFloat(4 * i, 0.25f + i % 7);
    }
    double[] v = vector.doubles();
    double[] r = residual.doubles();
    List<HostTensor> norm = List.of(vector, vector, vector, variance);
    List<Followed> all = new ArrayList<>();
    for (boolean add : new boolean[] {false, true}) {
      all.add(
          new Followed(
              new Conv2dEpilogue(1, padding, true, 1e-5f, add, true),
              Stream.concat(norm.stream(), add ? Stream.of(residual) : Stream.of()).toList(),
              (i, value) -> {
                double scale = v[i % out] / Math.sqrt(0.25 + i % out % 7 + 1e-5);
                double y = (value - v[i % out]) * scale + v[i % out];
                return Math.max(0, y + (add ? r[i] : 0));
              }));
    }
    all.add(
        new Followed(
            new Conv2dEpilogue(1, padding, false, 0, true, false),
            List.of(residual),
            (i, value) -> value + r[i]));
    return all;
  }

  /** All operands. */
  List<HostTensor> inputs(HostTensor image, HostTensor weight) {
    return Stream.concat(Stream.of(image, weight), others.stream()).toList();
  }
}
