package io.earlybird.verify;

import io.earlybird.backend.Backend;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Launch;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2d;
import java.util.List;

/** Mistakes that kernels make. */
final class Faults {
  private Faults() {}

  /** The last channel of every row comes out one thousandth too large. */
  static Launch lastChannelWrong(
      Launch right, Backend backend, KernelRequest request, List<Slice> in, List<Slice> out) {
    TensorSpec spec = request.outputs().get(0);
    return () -> {
      right.run();
      HostTensor y = backend.read(out.get(0), spec);
      int channels = spec.shape().dim(-1);
      for (int i = channels - 1; i < spec.size(); i += channels) {
        y.buffer().putFloat(4 * i, (float) y.get(i) * 1.001f);
      }
      backend.write(out.get(0), y);
    };
  }

  /** One element is written past the end of the first result. */
  static Launch onePastTheEnd(
      Launch right, Backend backend, KernelRequest request, List<Slice> in, List<Slice> out) {
    Slice y = out.get(0);
    return () -> {
      right.run();
      backend.write(new Slice(y.memory(), y.offset() + y.bytes(), 4), HostTensor.scalar(0f));
    };
  }

  /** The last element of the first result is never written. */
  static Launch lastElementSkipped(
      Launch right, Backend backend, KernelRequest request, List<Slice> in, List<Slice> out) {
    Slice y = out.get(0);
    return () -> {
      Slice last = new Slice(y.memory(), y.offset() + y.bytes() - 4, 4);
      HostTensor before = backend.read(last, TensorSpec.f32(1));
      right.run();
      backend.write(last, before);
    };
  }

  /** The first operand is used as scratch. */
  static Launch operandChanged(
      Launch right, Backend backend, KernelRequest request, List<Slice> in, List<Slice> out) {
    Slice x = in.get(0);
    return () -> {
      right.run();
      backend.write(new Slice(x.memory(), x.offset(), 4), HostTensor.scalar(0.123f));
    };
  }

  /** The first result is cleared before the operands are read. */
  static Launch clearsBeforeItReads(
      Launch right, Backend backend, KernelRequest request, List<Slice> in, List<Slice> out) {
    HostTensor zeros = HostTensor.zeros(request.outputs().get(0));
    return () -> {
      backend.write(out.get(0), zeros);
      right.run();
    };
  }

  /** NaN is taken for zero, as a kernel does that compares the wrong way round. */
  static Launch nanLost(
      Launch right, Backend backend, KernelRequest request, List<Slice> in, List<Slice> out) {
    TensorSpec spec = request.outputs().get(0);
    return () -> {
      right.run();
      HostTensor y = backend.read(out.get(0), spec);
      for (int i = 0; i < spec.size(); i++) {
        y.buffer().putFloat(4 * i, Double.isNaN(y.get(i)) ? 0 : (float) y.get(i));
      }
      backend.write(out.get(0), y);
    };
  }

  /** A convolution whose accumulator keeps the 11 significant bits of TF32 or half precision. */
  static Launch accumulatorTooNarrow(
      Launch right, Backend backend, KernelRequest request, List<Slice> in, List<Slice> out) {
    return () -> {
      HostTensor x = backend.read(in.get(0), request.inputs().get(0));
      HostTensor w = backend.read(in.get(1), request.inputs().get(1));
      backend.write(
          out.get(0), narrowConvolution((Conv2d) request.op(), x, w, request.outputs().get(0)));
    };
  }

  private static HostTensor narrowConvolution(
      Conv2d op, HostTensor x, HostTensor w, TensorSpec spec) {
    Shape xs = x.shape();
    Shape ws = w.shape();
    Shape ys = spec.shape();
    float[] xv = x.floats();
    float[] wv = w.floats();
    float[] y = new float[(int) ys.size()];
    for (int i = 0; i < y.length; i++) {
      int o = i % ys.dim(3);
      int pixel = i / ys.dim(3);
      int image = pixel / (ys.dim(1) * ys.dim(2));
      for (int k = 0; k < ws.dim(2) * ws.dim(3); k++) {
        int row = pixel / ys.dim(2) % ys.dim(1) * op.stride() - op.padding() + k / ws.dim(3);
        int column = pixel % ys.dim(2) * op.stride() - op.padding() + k % ws.dim(3);
        if (row >= 0 && row < xs.dim(1) && column >= 0 && column < xs.dim(2)) {
          int at = ((image * xs.dim(1) + row) * xs.dim(2) + column) * xs.dim(3);
          for (int c = 0; c < xs.dim(3); c++) {
            int from = (o * xs.dim(3) + c) * ws.dim(2) * ws.dim(3) + k;
            y[i] = narrow(y[i] + xv[at + c] * wv[from]);
          }
        }
      }
    }
    return HostTensor.of(y, ys.dims());
  }

  private static float narrow(float value) {
    if (!Float.isFinite(value)) {
      return value;
    }
    return Float.intBitsToFloat((Float.floatToRawIntBits(value) + 0x1000) & 0xFFFFE000);
  }
}
