package io.earlybird.backend.cpu;

import io.earlybird.backend.Form;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.dnnl.memory;

/**
 * A layout in which oneDNN may be asked to take a weight.
 *
 * @param prefix marks candidates in the run's record; empty for oneDNN's own choice
 * @param descriptor makes the weight's descriptor in the innermost open scope
 */
record WeightLayout(String prefix, Supplier<memory.desc> descriptor) {
  /** Marks kernels that take the weight as it lies there already. */
  static final String AS_IS = "as is ";

  /**
   * The layout that oneDNN likes best, and the one in which the weight exists as such elements, if
   * it does.
   */
  static List<WeightLayout> of(TensorSpec weight, DType element, Form existing) {
    WeightLayout free = new WeightLayout("", () -> OneDnn.free(weight, element));
    return existing == null || existing.element() != element
        ? List.of(free)
        : List.of(free, new WeightLayout(AS_IS, () -> OneDnn.inForm(weight, existing)));
  }
}
