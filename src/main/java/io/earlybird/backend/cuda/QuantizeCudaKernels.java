package io.earlybird.backend.cuda;

import static io.earlybird.backend.cuda.NativeCudaKernels.EB_CUDA_BLOCK_FLOAT;
import static io.earlybird.backend.cuda.NativeCudaKernels.EB_CUDA_FIXED_POINT;
import static io.earlybird.backend.cuda.NativeCudaKernels.EB_CUDA_FLOATING_POINT;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_quantize;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_quantize_scratch;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.cuda.NativeCudaKernels.QuantizationOnDevice;
import io.earlybird.random.Philox;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.FixedPoint;
import io.earlybird.tensor.format.FloatingPoint;
import io.earlybird.tensor.op.Quantize;
import org.bytedeco.javacpp.IntPointer;

/**
 * Rounding to a number format, on plain tensors: blocks and random numbers go by logical index. The
 * result is fp32; or bf16, which is exact, where only products read it.
 */
final class QuantizeCudaKernels {
  private QuantizeCudaKernels() {}

  static Kernel quantize(KernelRequest request, CudaBackend backend) {
    Quantize op = (Quantize) request.op();
    Shape shape = request.inputs().get(0).shape();
    long numbers;
    try (QuantizationOnDevice q = describe(op, shape)) {
      numbers = eb_cuda_quantize_scratch(q);
    }
    boolean narrow = request.multiplied() && op.format().fitsBf16();
    DType element = narrow ? DType.BF16 : DType.F32;
    int type = OwnCudaKernel.code(element);
    return OwnCudaKernel.activations(
            request,
            backend,
            0,
            element,
            b -> {
              QuantizationOnDevice q = describe(op, shape);
              var x = b.in(0);
              var step = op.isStochastic() ? b.longsIn(1) : null;
              var exponents = numbers == 0 ? null : new IntPointer(b.room());
              var y = b.out(0);
              var stream = b.stream();
              return () -> eb_cuda_quantize(q, x, step, exponents, type, y, stream);
            })
        .withScratch(numbers * Integer.BYTES)
        .overwriting((output, input) -> input == 0);
  }

  /** Format, rounding and extents as the library takes them. */
  private static QuantizationOnDevice describe(Quantize op, Shape shape) {
    Quantize.Blocks blocks = op.blocks(shape);
    QuantizationOnDevice q =
        new QuantizationOnDevice()
            .stochastic(op.isStochastic() ? 1 : 0)
            .hash(Philox.hash(op.tensor(), "round"))
            .seed(op.seed())
            .outer(blocks.outer())
            .blocks(blocks.count())
            .inner(blocks.inner());
    if (op.format() instanceof BlockFloat f) {
      q.format(EB_CUDA_BLOCK_FLOAT).word_length(f.wordLength());
    } else if (op.format() instanceof FixedPoint f) {
      q.format(EB_CUDA_FIXED_POINT)
          .word_length(f.wordLength())
          .fraction_length(f.fractionLength())
          .clamp(f.clamp() ? 1 : 0)
          .symmetric(f.symmetric() ? 1 : 0)
          .ties_away(f.ties() == FixedPoint.Ties.AWAY_FROM_ZERO ? 1 : 0);
    } else if (op.format() instanceof FloatingPoint f) {
      q.format(EB_CUDA_FLOATING_POINT)
          .exponent_bits(f.exponentBits())
          .mantissa_bits(f.mantissaBits());
    }
    return q;
  }
}
