package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.NativeKernels.EB_BLOCK_FLOAT;
import static io.earlybird.backend.cpu.NativeKernels.EB_FIXED_POINT;
import static io.earlybird.backend.cpu.NativeKernels.EB_FLOATING_POINT;
import static io.earlybird.backend.cpu.NativeKernels.eb_quantize_f32;
import static io.earlybird.backend.cpu.NativeKernels.eb_quantize_f32_bf16;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.cpu.NativeKernels.Quantization;
import io.earlybird.random.Philox;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.FixedPoint;
import io.earlybird.tensor.format.FloatingPoint;
import io.earlybird.tensor.op.Quantize;
import org.bytedeco.javacpp.IntPointer;

/** Rounding to a number format, on plain tensors: blocks and random numbers go by logical index. */
final class QuantizeKernels {
  private QuantizeKernels() {}

  /**
   * In fp32; or in bf16, which is exact, where only products read it and the processor multiplies
   * bf16 numbers.
   */
  static Kernel quantize(KernelRequest request) {
    Quantize op = (Quantize) request.op();
    Quantization q = describe(op, request.inputs().get(0).shape());
    long exponents = Math.max(1, q.blocks()) * Integer.BYTES;
    return request.multiplied() && op.format().fitsBf16() && CpuLibrary.processorHasBf16()
        ? narrow(request, op, q).withScratch(exponents).owning(q)
        : wide(request, op, q)
            .withScratch(exponents)
            .overwriting((output, input) -> input == 0)
            .owning(q);
  }

  private static OwnKernel wide(KernelRequest request, Quantize op, Quantization q) {
    return OwnKernel.plain(
        request,
        b -> {
          var x = b.in(0);
          var step = op.isStochastic() ? b.longsIn(1) : null;
          var exponents = new IntPointer(b.room());
          var y = b.out(0);
          return () -> eb_quantize_f32(q, x, step, exponents, y);
        });
  }

  private static OwnKernel narrow(KernelRequest request, Quantize op, Quantization q) {
    return OwnKernel.activations(
        request,
        0,
        DType.BF16,
        b -> {
          var x = b.in(0);
          var step = op.isStochastic() ? b.longsIn(1) : null;
          var exponents = new IntPointer(b.room());
          var y = b.shortsOut(0);
          return () -> eb_quantize_f32_bf16(q, x, step, exponents, y);
        });
  }

  /** Format, rounding and extents as the library takes them. */
  static Quantization describe(Quantize op, Shape shape) {
    Quantize.Blocks blocks = op.blocks(shape);
    Quantization q =
        new Quantization()
            .stochastic(op.isStochastic() ? 1 : 0)
            .hash(Philox.hash(op.tensor(), "round"))
            .seed(op.seed())
            .outer(blocks.outer())
            .blocks(blocks.count())
            .inner(blocks.inner());
    if (op.format() instanceof BlockFloat f) {
      q.format(EB_BLOCK_FLOAT).word_length(f.wordLength());
    } else if (op.format() instanceof FixedPoint f) {
      q.format(EB_FIXED_POINT)
          .word_length(f.wordLength())
          .fraction_length(f.fractionLength())
          .clamp(f.clamp() ? 1 : 0)
          .symmetric(f.symmetric() ? 1 : 0)
          .ties_away(f.ties() == FixedPoint.Ties.AWAY_FROM_ZERO ? 1 : 0);
    } else if (op.format() instanceof FloatingPoint f) {
      q.format(EB_FLOATING_POINT).exponent_bits(f.exponentBits()).mantissa_bits(f.mantissaBits());
    }
    return q;
  }
}
