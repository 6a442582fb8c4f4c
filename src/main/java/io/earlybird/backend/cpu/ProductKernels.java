package io.earlybird.backend.cpu;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.ConvolutionExtents;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Support;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.Linear;
import io.earlybird.tensor.op.LinearBackwardData;
import io.earlybird.tensor.op.LinearBackwardWeight;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Convolutions, linear layers and their gradients, by oneDNN or by own C++ code, whichever is
 * faster. Forward and backward-data products have the same bits for any number of threads, and so
 * have own weight gradients; oneDNN's are summed per thread, so theirs depend on it.
 */
final class ProductKernels {
  /** Below so many multiply-adds, some microseconds, oneDNN's own first choice is taken. */
  private static final long WORTH_MEASURING = 1L << 20;

  private static final long LARGE = 1L << 22;

  /** Elements; 2 MB in bf16. */
  private static final long LARGE_IMAGE = 1L << 20;

  private ProductKernels() {}

  /** Adds the factories of all products. */
  static void register(Map<Class<? extends Op>, KernelFactory> factories) {
    for (Class<? extends Op> op :
        List.of(
            Conv2d.class,
            Conv2dEpilogue.class,
            Conv2dBackwardData.class,
            Conv2dBackwardWeight.class,
            Linear.class,
            LinearBackwardData.class,
            LinearBackwardWeight.class)) {
      factories.put(op, new Factory());
    }
    NormProducts.register(factories);
  }

  /** For operands that all are 32-bit floating-point and not empty. */
  private record Factory() implements KernelFactory {
    @Override
    public Support supports(Op op, List<TensorSpec> inputs) {
      boolean ok = inputs.stream().allMatch(t -> t.dtype() == DType.F32 && t.size() > 0);
      return ok
          ? Support.YES
          : Support.no(op.name() + " on " + inputs + ": only non-empty f32 operands");
    }

    @Override
    public Kernel prepare(KernelRequest request, CpuBackend backend) {
      List<Candidate> candidates = candidates(request, backend);
      if (candidates.isEmpty()) {
        throw new EarlybirdException(
            "oneDNN has only reference code for " + request.op() + " on " + request.inputs());
      }
      return backend.choose(request, candidates, isWorthMeasuring(request));
    }
  }

  /** Whether a product takes so long that its kernels should be compared. */
  static boolean isWorthMeasuring(KernelRequest request) {
    return multiplyAdds(request) >= WORTH_MEASURING;
  }

  /**
   * Whether a product may be computed by code that rounds more than sums of the definition do.
   * Smaller ones gain little by it, and can be held to the definition.
   */
  static boolean isLarge(KernelRequest request) {
    return multiplyAdds(request) >= LARGE;
  }

  /**
   * The same of a product that reads its operand x through a norm: one of few channels waits for
   * memory, and gains by reading x once.
   */
  static boolean isLarge(KernelRequest request, TensorSpec x) {
    return isLarge(request) || x.size() >= LARGE_IMAGE;
  }

  private static long multiplyAdds(KernelRequest request) {
    TensorSpec first = request.inputs().get(0);
    TensorSpec second = request.inputs().get(1);
    TensorSpec result = request.outputs().get(0);
    Op op = request.op();
    if (op instanceof Conv2d || op instanceof Conv2dEpilogue || op instanceof Linear) {
      return multiplyAdds(result, second);
    } else if (op instanceof Conv2dBackwardData || op instanceof LinearBackwardData) {
      return multiplyAdds(first, second);
    }
    return multiplyAdds(second, result);
  }

  /** Every element of y is a product with one of the rows of w. */
  private static long multiplyAdds(TensorSpec y, TensorSpec w) {
    return y.size() * (w.size() / w.shape().dim(0));
  }

  /**
   * The ways to compute an op, without repetitions, the likeliest first. In bf16, products of fp32
   * numbers stand in where nothing multiplies bf16 ones.
   */
  static List<Candidate> candidates(KernelRequest request, CpuBackend backend) {
    CpuLibrary.setThreads(backend.threads());
    List<Candidate> different = new ArrayList<>();
    ProductTypes types = ProductTypes.of(request, backend);
    for (Formulation formulation : formulations(request, types, backend.oneDnn())) {
      for (Candidate product : formulation.candidates(backend.oneDnn())) {
        Candidate candidate =
            request.op() instanceof Conv2dEpilogue c
                ? EpilogueKernel.around(request, product, c.relu())
                : product;
        if (different.stream().noneMatch(candidate::sameAs)) {
          different.add(candidate);
        }
      }
    }
    different.addAll(OwnBf16Products.candidates(request, types));
    different.addAll(OwnInt8Products.candidates(request, types));
    if (types.isF32() || different.isEmpty()) {
      different.addAll(OwnProducts.candidates(request));
    }
    if (!isLarge(request)) {
      different.removeIf(c -> Winograd.isName(c.name()));
    }
    return different;
  }

  private static List<Formulation> formulations(
      KernelRequest request, ProductTypes types, OneDnn library) {
    return ConvolutionExtents.find(request)
        .map(c -> convolutions(request, c, types, library))
        .orElseGet(() -> layers(request, types, library));
  }

  private static List<Formulation> convolutions(
      KernelRequest request, ConvolutionExtents c, ProductTypes types, OneDnn library) {
    Convolution all = new Convolution(library, c.x(), c.w(), c.y(), c.stride(), c.padding(), types);
    List<WeightLayout> layouts =
        WeightLayout.of(c.w(), types.operand(), request.available().get(1));
    return switch (c.product()) {
      case FORWARD -> all.forward(layouts, Epilogue.of(request.op(), c.y()));
      case BACKWARD_DATA -> all.backwardData(layouts);
      case BACKWARD_WEIGHT -> all.backwardWeight();
    };
  }

  private static List<Formulation> layers(
      KernelRequest request, ProductTypes types, OneDnn library) {
    Op op = request.op();
    TensorSpec first = request.inputs().get(0);
    TensorSpec second = request.inputs().get(1);
    TensorSpec result = request.outputs().get(0);
    Form weight = request.available().get(1);
    if (op instanceof Linear) {
      InnerProduct all = new InnerProduct(library, first, second, result, types);
      return all.forward(WeightLayout.of(second, types.operand(), weight));
    } else if (op instanceof LinearBackwardData) {
      InnerProduct all = new InnerProduct(library, result, second, first, types);
      return all.backwardData(WeightLayout.of(second, types.operand(), weight));
    } else if (op instanceof LinearBackwardWeight) {
      InnerProduct all = new InnerProduct(library, first, result, second, types);
      return all.backwardWeight(WeightLayout.of(result, DType.F32, Form.plain(result)));
    }
    throw new IllegalArgumentException("not a product: " + op);
  }
}
