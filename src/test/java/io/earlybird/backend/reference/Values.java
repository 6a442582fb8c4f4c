package io.earlybird.backend.reference;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import java.util.Random;

/** Seeded test tensors. */
final class Values {
  private Values() {}

  /** Uniform values in [-2, 2) with F64 elements. */
  static HostTensor doubles(long seed, int... dims) {
    TensorSpec spec = TensorSpec.of(DType.F64, dims);
    return HostTensor.ofDoubles(spec, new Random(seed).doubles(spec.size(), -2, 2).toArray());
  }

  /** Uniform values in [-2, 2) with F32 elements. */
  static HostTensor floats(long seed, int... dims) {
    return HostTensor.ofDoubles(TensorSpec.f32(dims), doubles(seed, dims).doubles());
  }

  static double dot(HostTensor a, HostTensor b) {
    double sum = 0;
    for (int i = 0; i < a.spec().size(); i++) {
      sum += a.get(i) * b.get(i);
    }
    return sum;
  }
}
