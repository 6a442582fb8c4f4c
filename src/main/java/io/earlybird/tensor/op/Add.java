package io.earlybird.tensor.op;

import io.earlybird.tensor.TensorSpec;
import java.util.List;

/** Elementwise sum of two tensors of equal shape; bit-exact everywhere. */
public record Add() implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 2);
    Checks.same(this, in, 0, 1);
    return List.of(in.get(0));
  }
}
