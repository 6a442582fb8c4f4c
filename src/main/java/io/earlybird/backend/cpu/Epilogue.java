package io.earlybird.backend.cpu;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC_1;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import io.earlybird.backend.cpu.OneDnnKernel.Argument;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive_attr;

/**
 * What follows a convolution, as oneDNN's post-ops: minus mean, times scale, plus beta, each
 * rounded as batch norm rounds; plus the residual; and, for the ReLU, a leaky one of slope zero,
 * because oneDNN's plain ReLU turns NaN into zero.
 *
 * @param op what follows; {@code null} for nothing
 * @param y the result, {@code [N,OH,OW,O]}
 */
record Epilogue(Conv2dEpilogue op, TensorSpec y) {
  /** A convolution's plain result. */
  static Epilogue none(TensorSpec y) {
    return new Epilogue(null, y);
  }

  /** What follows in a convolution's op; nothing in a plain one. */
  static Epilogue of(Op op, TensorSpec y) {
    return new Epilogue(op instanceof Conv2dEpilogue c ? c : null, y);
  }

  private boolean norm() {
    return op != null && op.norm();
  }

  private boolean add() {
    return op != null && op.add();
  }

  private boolean relu() {
    return op != null && op.relu();
  }

  /** {@code [O]}: mean, scale and beta. */
  private TensorSpec vector() {
    return TensorSpec.f32(y.shape().dim(-1));
  }

  /** The slope of the leaky ReLU, one number, which must be zero. */
  private static TensorSpec slope() {
    return TensorSpec.f32(1);
  }

  /**
   * Shapes of the further operands: mean, scale, beta; the residual; the slope.
   *
   * @param slope whether a ReLU has its slope as an operand
   */
  List<TensorSpec> operands(boolean slope) {
    List<TensorSpec> specs = new ArrayList<>();
    if (norm()) {
      specs.addAll(List.of(vector(), vector(), vector()));
    }
    if (add()) {
      specs.add(y);
    }
    if (slope && relu()) {
      specs.add(slope());
    }
    return specs;
  }

  /** The arguments of a primitive: its own operands, then the further ones. */
  List<Argument> after(Argument... own) {
    List<Argument> arguments = new ArrayList<>(List.of(own));
    List<TensorSpec> specs = operands(true);
    for (int i = 0; i < specs.size(); i++) {
      boolean slope = relu() && i == specs.size() - 1;
      int id = (i + 1) * DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE;
      arguments.add(
          slope
              ? Argument.fixed(
                  id | DNNL_ARG_WEIGHTS,
                  specs.get(i),
                  () -> OneDnn.tensor(new long[] {1}, DType.F32, memory.format_tag.a))
              : Argument.plain(id | DNNL_ARG_SRC_1, specs.get(i)));
    }
    return arguments;
  }

  /**
   * Attributes with the post-ops.
   *
   * @param vector one number per channel, as the primitive sees its result
   * @param result the primitive's result
   */
  primitive_attr attributes(memory.desc vector, memory.desc result) {
    primitive_attr attributes = OneDnn.attributes();
    post_ops after = new post_ops();
    if (norm()) {
      after.append_binary(algorithm.binary_sub, vector);
      after.append_binary(algorithm.binary_mul, vector);
      after.append_binary(algorithm.binary_add, vector);
    }
    if (add()) {
      after.append_binary(algorithm.binary_add, result);
    }
    if (relu()) {
      after.append_prelu(0);
    }
    attributes.set_post_ops(after);
    return attributes;
  }
}
