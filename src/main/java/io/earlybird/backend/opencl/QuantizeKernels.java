package io.earlybird.backend.opencl;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.random.Philox;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.FixedPoint;
import io.earlybird.tensor.format.FloatingPoint;
import io.earlybird.tensor.op.Quantize;

/** Rounding to a number format, on plain tensors: blocks and random numbers go by logical index. */
final class QuantizeKernels {
  private static final String FILE = "quantize";

  /** Values of a block that one work-item looks at. */
  private static final int PIECE = 4096;

  /** Values of the blocks that a processor takes whole: small ones are done together. */
  private static final long LEAST_BLOCK = 64;

  private static final long LARGEST_BLOCK = 98304;

  private QuantizeKernels() {}

  /**
   * A format as quantize.cl takes it.
   *
   * @param number EB_FORMAT
   * @param half EB_HALF
   * @param first word length or bits of the exponent
   * @param second fraction length or bits of the mantissa
   */
  private record Format(
      int number, int half, int first, int second, boolean clamp, boolean symmetric) {
    static Format of(Quantize op) {
      int bits = op.format().randomBits();
      if (op.format() instanceof BlockFloat f) {
        return new Format(0, 1 << (bits - 1), f.wordLength(), 0, false, false);
      } else if (op.format() instanceof FixedPoint f) {
        boolean away = f.ties() == FixedPoint.Ties.AWAY_FROM_ZERO && !op.isStochastic();
        return new Format(
            away ? 2 : 1, 1 << 23, f.wordLength(), f.fractionLength(), f.clamp(), f.symmetric());
      }
      FloatingPoint f = (FloatingPoint) op.format();
      return new Format(3, 1 << (bits - 1), f.exponentBits(), f.mantissaBits(), false, false);
    }

    String defines(Quantize op) {
      int bits = op.isStochastic() ? op.format().randomBits() : 0;
      return "-DEB_FORMAT=" + number + " -DEB_BITS=" + bits + " -DEB_HALF=" + half + "u";
    }
  }

  static Kernel quantize(KernelRequest request, OpenClBackend backend) {
    Quantize op = (Quantize) request.op();
    Format format = Format.of(op);
    Quantize.Blocks blocks = op.blocks(request.inputs().get(0).shape());
    int n = (int) request.inputs().get(0).size();
    boolean shared = op.format() instanceof BlockFloat && n > 0;
    int pieces = (int) ((blocks.inner() + PIECE - 1) / PIECE);
    long parts = shared ? blocks.outer() * pieces : 0;
    long exponentBytes = Math.max(1, blocks.count()) * Integer.BYTES;
    if (shared && fitCaches(blocks, backend)) {
      return inCaches(request, backend, op, format, blocks);
    }
    return OwnOpenClKernel.plain(
            request,
            backend,
            calls -> {
              boolean lines = !shared || blocks.inner() % Spread.LINE == 0;
              String defines = format.defines(op) + " " + (lines ? calls.streaming(0) : "");
              long tile = calls.spread().tile();
              if (shared) {
                calls
                    .call(FILE, defines, "block_exponents_f32")
                    .in(0)
                    .numbers(
                        (int) blocks.outer(),
                        (int) blocks.count(),
                        (int) blocks.inner(),
                        PIECE,
                        pieces)
                    .room(exponentBytes, Integer.BYTES)
                    .items(blocks.count() * parts);
                calls
                    .call(FILE, defines, "join_exponents")
                    .room(exponentBytes, Integer.BYTES)
                    .numbers((int) blocks.count(), (int) parts)
                    .room(0, Integer.BYTES)
                    .items(blocks.count());
              }
              calls
                  .call(FILE, defines, "quantize_f32")
                  .in(0)
                  .slice(calls.input(op.isStochastic() ? 1 : 0), Long.BYTES)
                  .number(op.seed())
                  .numbers(
                      Philox.hash(op.tensor(), "round"),
                      format.first,
                      format.second,
                      format.clamp ? 1 : 0,
                      format.symmetric ? 1 : 0)
                  .room(0, Integer.BYTES)
                  .numbers((int) blocks.count(), (int) blocks.inner(), n)
                  .out(0)
                  .items((n + tile - 1) / tile);
            })
        .withScratch(exponentBytes + blocks.count() * parts * Integer.BYTES)
        .overwriting((output, input) -> input == 0);
  }

  /** Whether a processor's threads can each take whole blocks, which stay in their caches. */
  private static boolean fitCaches(Quantize.Blocks blocks, OpenClBackend backend) {
    return backend.spread().isProcessor()
        && blocks.outer() == 1
        && blocks.count() >= 4L * backend.device().computeUnits()
        && blocks.inner() >= LEAST_BLOCK
        && blocks.inner() <= LARGEST_BLOCK;
  }

  private static Kernel inCaches(
      KernelRequest request,
      OpenClBackend backend,
      Quantize op,
      Format format,
      Quantize.Blocks blocks) {
    return OwnOpenClKernel.plain(
            request,
            backend,
            calls -> {
              boolean lines = blocks.inner() % Spread.LINE == 0;
              calls
                  .call(
                      FILE,
                      format.defines(op) + " " + (lines ? calls.streaming(0) : ""),
                      "quantize_blocks_f32")
                  .in(0)
                  .slice(calls.input(op.isStochastic() ? 1 : 0), Long.BYTES)
                  .number(op.seed())
                  .numbers(Philox.hash(op.tensor(), "round"), format.first, (int) blocks.inner())
                  .out(0)
                  .over(blocks.count(), 1);
            })
        .overwriting((output, input) -> input == 0);
  }
}
