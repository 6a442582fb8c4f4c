package io.earlybird.backend.reference;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.CountMetrics;
import io.earlybird.tensor.op.FusedOp;
import io.earlybird.tensor.op.LeafOp;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.ViewOp;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * The definition of each op as a function of host tensors, with the scale of the rounding error
 * that a faster kernel may make.
 */
public final class ReferenceOps {
  private ReferenceOps() {}

  /**
   * What an op yields.
   *
   * @param outputs the results; floating-point ones have the storage type
   * @param magnitudes per result and element, the sum of the magnitudes of all terms that were
   *     added up, {@code sum |a_i b_i|}; empty for a bit-exact result
   * @param terms per result, K, the number of those terms; 0 for a bit-exact result
   */
  public record Result(List<HostTensor> outputs, List<double[]> magnitudes, long[] terms) {
    /** Whether every backend must yield the same bits for result {@code i}. */
    public boolean exact(int i) {
      return terms[i] == 0;
    }
  }

  /**
   * Whether {@link #evaluate} knows ops of this type: all single ops, fused ops and views, but no
   * leaf.
   */
  public static boolean knows(Class<?> type) {
    return KernelTable.has(type)
        || FusedOp.class.isAssignableFrom(type)
        || ViewOp.class.isAssignableFrom(type);
  }

  /**
   * Evaluates one op. Fused ops are taken apart.
   *
   * @param inputs operands of the op's logical types; with F64 storage, those of type F32 may be
   *     given as F64 and are then not rounded
   * @param storage {@link DType#F32}: results, and every step of a bit-exact op, are rounded to
   *     fp32; {@link DType#F64}: nothing is rounded
   * @throws IllegalArgumentException if the operands do not fit or the op is a leaf
   */
  public static Result evaluate(Op op, List<HostTensor> inputs, DType storage) {
    List<TensorSpec> specs = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      specs.add(logical(op, i, inputs.get(i).spec()));
    }
    if (op instanceof FusedOp fused) {
      List<Tensor> operands = specs.stream().map(s -> Tensor.placeholder("operand", s)).toList();
      Map<Tensor, HostTensor> feeds = new IdentityHashMap<>();
      for (int i = 0; i < operands.size(); i++) {
        feeds.put(operands.get(i), inputs.get(i));
      }
      return ReferenceGraph.trace(fused.decompose(operands), feeds, storage);
    }
    if (op instanceof LeafOp) {
      throw new IllegalArgumentException(op.name() + " is a leaf: its value comes from outside");
    }
    if (op instanceof ViewOp viewOp) {
      HostTensor view = inputs.get(viewOp.viewed()).reshape(op.infer(specs).get(0).shape().dims());
      return new Result(List.of(view), List.of(new double[0]), new long[1]);
    }
    return run(op, inputs, specs, storage);
  }

  private static Result run(Op op, List<HostTensor> inputs, List<TensorSpec> specs, DType storage) {
    List<Operand> in = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      in.add(Operand.of(specs.get(i), inputs.get(i)));
    }
    List<HostTensor> outputs = new ArrayList<>();
    List<Operand> out = new ArrayList<>();
    for (TensorSpec spec : op.infer(specs)) {
      boolean wide = storage == DType.F64 && spec.dtype().isFloating();
      HostTensor host = HostTensor.zeros(wide ? new TensorSpec(spec.shape(), DType.F64) : spec);
      outputs.add(host);
      out.add(Operand.of(spec, host));
    }
    Arguments arguments = new Arguments(in, out, storage == DType.F32, true);
    KernelTable.of(op).run(op, arguments);
    return new Result(
        Collections.unmodifiableList(outputs), List.of(arguments.magnitudes()), arguments.terms());
  }

  /** The logical type behind a host tensor: F64 stands for F32, except in the metric counters. */
  private static TensorSpec logical(Op op, int operand, TensorSpec spec) {
    boolean counters = op instanceof CountMetrics && operand == 0;
    return spec.dtype() == DType.F64 && !counters ? new TensorSpec(spec.shape(), DType.F32) : spec;
  }
}
