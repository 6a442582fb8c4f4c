package io.earlybird.verify;

import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.BatchNormReluConv2d;
import io.earlybird.tensor.op.BatchNormReluConv2dBackward;
import io.earlybird.tensor.op.BatchNormReluConv2dBackwardWeight;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.Linear;
import io.earlybird.tensor.op.LinearBackwardData;
import io.earlybird.tensor.op.LinearBackwardWeight;
import java.util.ArrayList;
import java.util.List;

/** Cases of convolutions and matrix products. Special numbers stay out of the weights. */
final class ProductCases {
  /** Multiplications that one case may cost. */
  private static final long WORK = 3_000_000;

  private ProductCases() {}

  /** Shapes of one convolution. */
  private record Geometry(Shape x, Shape w, Shape y, int stride, int pad) {}

  /** Window, stride and padding. */
  private record Window(int height, int width, int stride, int pad) {}

  /** The convolutions of the networks here: stems, 3x3, pointwise, and those with a stride. */
  private static final Window[] USUAL = {
    new Window(3, 3, 1, 1),
    new Window(3, 3, 2, 1),
    new Window(1, 1, 1, 0),
    new Window(1, 1, 2, 0),
    new Window(7, 7, 2, 3)
  };

  /** Every other one is a usual one, all of these equally often. */
  private static Window window(CaseRandom r) {
    if (r.chance(0.5)) {
      return USUAL[r.between(0, USUAL.length - 1)];
    }
    int height = r.pick(1, 1, 3, 3, 3, 5, 7);
    int width = r.chance(0.05) ? r.pick(1, 2, 3) : height;
    int stride = r.pick(1, 1, 1, 2, 2, 3);
    return new Window(height, width, stride, r.chance(0.6) ? height / 2 : r.between(0, height / 2));
  }

  private static Geometry geometry(CaseRandom r) {
    while (true) {
      Window window = window(r);
      int kh = window.height();
      int kw = window.width();
      int stride = window.stride();
      int pad = window.pad();
      Shape x = r.images();
      Shape w = Shape.of(r.channels(), x.dim(3), kh, kw);
      int spanH = x.dim(1) + 2 * pad - kh;
      int spanW = x.dim(2) + 2 * pad - kw;
      if (spanH >= 0 && spanW >= 0) {
        Shape y = Shape.of(x.dim(0), spanH / stride + 1, spanW / stride + 1, w.dim(0));
        if (y.size() * w.size() / w.dim(0) <= WORK) {
          return new Geometry(x, w, y, stride, pad);
        }
      }
    }
  }

  static OpCase conv2d(CaseRandom r) {
    Geometry g = geometry(r);
    return OpCase.of(new Conv2d(g.stride, g.pad), r.wild(g.x), r.normal(g.w, 0, 1));
  }

  static OpCase conv2dEpilogue(CaseRandom r) {
    Geometry g = geometry(r);
    Conv2dEpilogue op = epilogue(r, g);
    List<HostTensor> in = new ArrayList<>(List.of(r.wild(g.x), r.normal(g.w, 0, 1)));
    in.addAll(operands(r, g, op));
    return new OpCase(op, in);
  }

  private static Conv2dEpilogue epilogue(CaseRandom r, Geometry g) {
    boolean norm = r.chance(0.7);
    boolean add = r.chance(0.5);
    boolean relu = r.chance(0.5) || !(norm || add);
    return new Conv2dEpilogue(g.stride, g.pad, norm, norm ? 1e-5f : 0, add, relu);
  }

  /** The operands of what follows a convolution. */
  private static List<HostTensor> operands(CaseRandom r, Geometry g, Conv2dEpilogue op) {
    int c = g.w.dim(0);
    List<HostTensor> in = new ArrayList<>();
    if (op.norm()) {
      in.addAll(List.of(r.normal(c), r.normal(c), r.normal(c), r.uniform(0, 3, c)));
    }
    if (op.add()) {
      in.add(r.wild(g.y));
    }
    return in;
  }

  static OpCase conv2dBackwardData(CaseRandom r) {
    Geometry g = geometry(r);
    var op = new Conv2dBackwardData(g.stride, g.pad, g.x.dim(1), g.x.dim(2));
    return OpCase.of(op, r.wild(g.y), r.normal(g.w, 0, 1));
  }

  static OpCase conv2dBackwardWeight(CaseRandom r) {
    Geometry g = geometry(r);
    var op = new Conv2dBackwardWeight(g.stride, g.pad, g.w.dim(2), g.w.dim(3));
    boolean wildInput = r.chance(0.5);
    HostTensor x = wildInput ? r.wild(g.x) : r.normal(g.x, 0, 1);
    HostTensor dy = wildInput ? r.normal(g.y, 0, 1) : r.wild(g.y);
    return OpCase.of(op, x, dy);
  }

  static OpCase batchNormReluConv2d(CaseRandom r) {
    Geometry g = geometryOfNorms(r);
    NormOperands norm = NormOperands.of(r, g);
    List<HostTensor> in = norm.before(r.normal(g.w, 0, 1));
    if (r.chance(0.3)) {
      return new OpCase(
          new BatchNormReluConv2d(1e-5f, norm.channels, new Conv2d(g.stride, g.pad)), in);
    }
    Conv2dEpilogue after = epilogue(r, g);
    in.addAll(operands(r, g, after));
    return new OpCase(new BatchNormReluConv2d(1e-5f, norm.channels, after), in);
  }

  static OpCase batchNormReluConv2dBackwardWeight(CaseRandom r) {
    Geometry g = geometryOfNorms(r);
    NormOperands norm = NormOperands.of(r, g);
    var op =
        new BatchNormReluConv2dBackwardWeight(
            1e-5f, norm.channels, g.stride, g.pad, g.w.dim(2), g.w.dim(3));
    return new OpCase(op, norm.before(norm.wild ? r.normal(g.y, 0, 1) : r.wild(g.y)));
  }

  static OpCase batchNormReluConv2dBackward(CaseRandom r) {
    Shape x = Shape.of(r.between(1, 4), r.between(1, 9), r.between(1, 9), r.between(1, 70));
    int c = x.dim(3);
    int out = r.between(1, Math.max(1, c - 1));
    Channels channels = r.chance(0.4) ? NormOperands.some(r, r.between(1, c), c) : null;
    Shape w = Shape.of(out, channels == null ? c : channels.count(), 1, 1);
    List<HostTensor> in = new ArrayList<>(List.of(r.normal(x, 0, 1)));
    in.addAll(List.of(r.normal(c), r.normal(c), r.normal(c), r.uniform(0.1, 3, c)));
    in.addAll(List.of(r.normal(w, 0, 1), r.normal(x.withLast(out), 0, 1)));
    boolean add = r.chance(0.6);
    if (add) {
      in.add(r.normal(x, 0, 1));
    }
    return new OpCase(new BatchNormReluConv2dBackward(1e-5f, channels, add), in);
  }

  /** Operands of a norm that makes a convolution's x: of as many channels, or of a few more. */
  private record NormOperands(List<HostTensor> operands, Channels channels, boolean wild) {
    static NormOperands of(CaseRandom r, Geometry g) {
      int kept = g.x.dim(3);
      boolean selects = g.w.dim(2) == 1 && g.w.dim(3) == 1 && r.chance(0.4);
      int c = selects ? kept + r.between(0, 30) : kept;
      Channels channels = selects ? some(r, kept, c) : null;
      Shape shape = g.x.withLast(c);
      boolean wild = r.chance(0.5);
      HostTensor x = wild ? r.wild(shape) : r.normal(shape, 0, 1);
      return new NormOperands(
          List.of(x, r.normal(c), r.normal(c), r.normal(c), r.uniform(0, 3, c)), channels, wild);
    }

    /** So many of so many channels. */
    private static Channels some(CaseRandom r, int kept, int of) {
      int[] chosen = new int[kept];
      int next = 0;
      for (int i = 0; i < of && next < kept; i++) {
        if (kept - next == of - i || r.chance((double) (kept - next) / (of - i))) {
          chosen[next++] = i;
        }
      }
      return Channels.of(chosen);
    }

    List<HostTensor> before(HostTensor other) {
      List<HostTensor> all = new ArrayList<>(operands);
      all.add(other);
      return all;
    }
  }

  /** Mostly those that are fused with a norm. */
  private static Geometry geometryOfNorms(CaseRandom r) {
    boolean fused = r.chance(0.75);
    Geometry g = geometry(r);
    while (fused && !(g.stride == 1 && (isSquare(g, 1, 0) || isSquare(g, 3, 1)))) {
      g = geometry(r);
    }
    return g;
  }

  private static boolean isSquare(Geometry g, int kernel, int pad) {
    return g.w.dim(2) == kernel && g.w.dim(3) == kernel && g.pad == pad;
  }

  private static int features(CaseRandom r) {
    return r.chance(0.2) ? r.pick(10, 100, 257, 512) : r.channels();
  }

  static OpCase linear(CaseRandom r) {
    int in = features(r);
    int out = features(r);
    return OpCase.of(new Linear(), r.wild(r.between(1, 40), in), r.normal(out, in), r.normal(out));
  }

  static OpCase linearBackwardData(CaseRandom r) {
    int out = features(r);
    return OpCase.of(
        new LinearBackwardData(), r.wild(r.between(1, 40), out), r.normal(out, features(r)));
  }

  static OpCase linearBackwardWeight(CaseRandom r) {
    int n = r.between(1, 40);
    return OpCase.of(new LinearBackwardWeight(), r.wild(n, features(r)), r.normal(n, features(r)));
  }
}
