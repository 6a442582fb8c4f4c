package io.earlybird.backend.cpu;

import io.earlybird.backend.ConvolutionExtents.Product;
import io.earlybird.backend.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc;
import org.bytedeco.javacpp.PointerScope;

/**
 * An op expressed as a oneDNN primitive.
 *
 * @param prefix how the weight is read, see {@link WeightLayout}; may be empty
 * @param kind tells formulations by different primitives apart; may be empty
 * @param product which of an op's three products it is
 * @param describe makes the primitive's descriptor in the innermost open scope; throws {@link
 *     RuntimeException} where oneDNN has no implementation
 * @param inputs operands in the op's order
 * @param outputs results in the op's order
 */
record Formulation(
    String prefix,
    String kind,
    Product product,
    Supplier<primitive_desc> describe,
    List<OneDnnKernel.Argument> inputs,
    List<OneDnnKernel.Argument> outputs) {
  /** oneDNN lists its implementations from the best guess downwards; later ones never won. */
  private static final int MOST = 3;

  /** Whether an implementation is one of oneDNN's reference loops, which take seconds. */
  static boolean isReference(String implementation) {
    return implementation.startsWith("ref");
  }

  /** The implementations worth a try, oneDNN's own first choice first; none that is a reference. */
  @SuppressWarnings("try") // the scope works by being open
  List<Candidate> candidates(OneDnn library) {
    try (PointerScope scope = new PointerScope()) {
      primitive_desc descriptor;
      try {
        descriptor = describe.get();
      } catch (RuntimeException e) {
        return List.of(); // oneDNN's "could not create": this primitive cannot compute this op
      }
      return candidates(library, descriptor);
    }
  }

  private List<Candidate> candidates(OneDnn library, primitive_desc descriptor) {
    List<Candidate> fast = new ArrayList<>();
    List<Candidate> lastResorts = new ArrayList<>();
    int index = 0;
    do {
      String implementation = descriptor.impl_info_str().getString();
      if (!isReference(implementation)) {
        int at = index;
        String name = prefix + kind + implementation;
        (isLastResort(implementation) ? lastResorts : fast)
            .add(
                new Candidate(
                    name,
                    kind + implementation,
                    forms(descriptor),
                    () -> kernel(library, name, at)));
      }
      index++;
    } while (fast.size() < MOST && descriptor.next_impl());
    return fast.isEmpty() ? lastResorts : fast;
  }

  /**
   * Code that is always slow, or, in products whose bits must not depend on the number of threads,
   * splits sums among threads.
   */
  private boolean isLastResort(String implementation) {
    return implementation.contains("sse41")
        || (product != Product.BACKWARD_WEIGHT && implementation.contains("gemm:jit"));
  }

  private List<Form> forms(primitive_desc descriptor) {
    return Stream.concat(inputs.stream(), outputs.stream()).map(a -> a.form(descriptor)).toList();
  }

  private OneDnnKernel kernel(OneDnn library, String name, int index) {
    try (PointerScope scope = new PointerScope()) {
      primitive_desc descriptor = describe.get();
      for (int i = 0; i < index; i++) {
        descriptor.next_impl();
      }
      return new OneDnnKernel(
          library, scope, name, new primitive(descriptor), descriptor, inputs, outputs);
    }
  }
}
