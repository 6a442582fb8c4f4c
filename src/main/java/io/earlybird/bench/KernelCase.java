package io.earlybird.bench;

import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.Rounding;
import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.AddSign;
import io.earlybird.tensor.op.Augment;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.AvgPool2dBackward;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormBackward;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.BatchNormInferenceRelu;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.BatchNormReluBackward;
import io.earlybird.tensor.op.BatchNormReluBackwardAdd;
import io.earlybird.tensor.op.BatchNormReluConv2d;
import io.earlybird.tensor.op.BatchNormReluConv2dBackward;
import io.earlybird.tensor.op.BatchNormReluConv2dBackwardWeight;
import io.earlybird.tensor.op.BatchNormStatistics;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Conv2dEpilogue;
import io.earlybird.tensor.op.CountMetrics;
import io.earlybird.tensor.op.Fill;
import io.earlybird.tensor.op.Increment;
import io.earlybird.tensor.op.Linear;
import io.earlybird.tensor.op.LinearBackwardData;
import io.earlybird.tensor.op.LinearBackwardWeight;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.MaxPool2dBackward;
import io.earlybird.tensor.op.MultiQuantizedSgdUpdate;
import io.earlybird.tensor.op.MultiSgdUpdate;
import io.earlybird.tensor.op.NormProductOp;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.Quantize;
import io.earlybird.tensor.op.Relu;
import io.earlybird.tensor.op.ReluBackward;
import io.earlybird.tensor.op.Select;
import io.earlybird.tensor.op.SelectBackward;
import io.earlybird.tensor.op.SgdUpdate;
import io.earlybird.tensor.op.SoftmaxCrossEntropy;
import io.earlybird.tensor.op.SoftmaxCrossEntropyBackward;
import io.earlybird.tensor.op.UpdateAverage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One kernel to measure.
 *
 * @param op the op
 * @param inputs its operands
 * @param reread operands that cannot but be read a second time (the second pass of batch norm)
 * @param inPlace whether results are written over operands of their form, as plans do with state
 * @param elements types of the operands', then of the results' elements in memory
 */
public record KernelCase(
    Op op, List<TensorSpec> inputs, List<Integer> reread, boolean inPlace, List<DType> elements) {
  private static final float EPSILON = 1e-5f;

  /** Copies the lists. */
  public KernelCase {
    inputs = List.copyOf(inputs);
    reread = List.copyOf(reread);
    elements = List.copyOf(elements);
  }

  /** With operands and results of the types that the graph has. */
  public KernelCase(Op op, List<TensorSpec> inputs, List<Integer> reread, boolean inPlace) {
    this(
        op,
        inputs,
        reread,
        inPlace,
        Stream.concat(inputs.stream(), op.infer(inputs).stream()).map(TensorSpec::dtype).toList());
  }

  /** The same by a kernel that holds them in its forms. */
  public KernelCase by(Kernel kernel) {
    return new KernelCase(
        op,
        inputs,
        reread,
        inPlace,
        Stream.concat(kernel.inputForms().stream(), kernel.outputForms().stream())
            .map(Form::element)
            .toList());
  }

  private static KernelCase of(Op op, TensorSpec... inputs) {
    return new KernelCase(op, List.of(inputs), List.of(), false);
  }

  private KernelCase rereading(Integer... operands) {
    return new KernelCase(op, inputs, List.of(operands), inPlace);
  }

  private KernelCase overOperands() {
    return new KernelCase(op, inputs, reread, true);
  }

  /** Bytes that the kernel must move: operands read, reread ones twice, results written. */
  public long bytes() {
    return bytesRead() + bytesWritten() + reread.stream().mapToLong(this::size).sum();
  }

  /** Bytes of operands, each read once. */
  public long bytesRead() {
    long bytes = IntStream.range(0, inputs.size()).mapToLong(this::size).sum();
    return op instanceof Augment ? bytes - unusedPictures() : bytes;
  }

  /** Bytes of results. */
  public long bytesWritten() {
    List<TensorSpec> results = op.infer(inputs);
    return IntStream.range(0, results.size())
        .mapToLong(i -> results.get(i).size() * elements.get(inputs.size() + i).bytes())
        .sum();
  }

  /** Of the data set, only the batch is read. */
  private long unusedPictures() {
    TensorSpec pictures = inputs.get(0);
    return size(0) / pictures.shape().dim(0) * (pictures.shape().dim(0) - ((Augment) op).batch());
  }

  private long size(int operand) {
    return inputs.get(operand).size() * elements.get(operand).bytes();
  }

  /** Whether it is a convolution, a matrix product or one of their gradients. */
  public boolean isProduct() {
    return flops() > 0;
  }

  /** Nominal floating-point operations of a product, two per multiply-add; 0 for other ops. */
  public long flops() {
    if (op instanceof Conv2d || op instanceof Conv2dEpilogue || op instanceof Linear) {
      return flops(op.infer(inputs).get(0), inputs.get(1));
    } else if (op instanceof Conv2dBackwardData || op instanceof LinearBackwardData) {
      return flops(inputs.get(0), inputs.get(1));
    } else if (op instanceof Conv2dBackwardWeight || op instanceof LinearBackwardWeight) {
      return flops(inputs.get(1), op.infer(inputs).get(0));
    }
    return op instanceof NormProductOp product ? flops(product) : 0;
  }

  private long flops(NormProductOp op) {
    TensorSpec other = inputs.get(NormProductOp.NORM_OPERANDS);
    TensorSpec result = op.infer(inputs).get(0);
    return op instanceof BatchNormReluConv2d ? flops(result, other) : flops(other, result);
  }

  private static long flops(TensorSpec y, TensorSpec w) {
    return 2 * y.size() * (w.size() / w.shape().dim(0));
  }

  /** 32-bit random numbers that the kernel must make. */
  public long randomWords() {
    if (op instanceof Quantize quantize) {
      return words(quantize, inputs.get(0));
    } else if (op instanceof MultiQuantizedSgdUpdate update) {
      long words = 0;
      for (int i = 0; i < update.items().size(); i++) {
        for (Quantize quantize : update.items().get(i).quantizers()) {
          words += words(quantize, inputs.get(3 * i));
        }
      }
      return words;
    }
    return 0;
  }

  private static long words(Quantize op, TensorSpec x) {
    return op.isStochastic() ? x.size() / (op.format().randomBits() <= 16 ? 2 : 1) : 0;
  }

  /** What is measured, in one line: op, first operands, and whether results are written over. */
  public String describe() {
    String operands =
        inputs.stream().limit(2).map(TensorSpec::toString).collect(Collectors.joining(" "));
    return op.name() + " " + operands + (inPlace ? " in place" : "");
  }

  /**
   * One case and more for every op.
   *
   * @param batch images in a batch; 64 makes activations of 16 MiB
   */
  public static List<KernelCase> all(int batch) {
    TensorSpec x = TensorSpec.f32(batch, 32, 32, 64);
    List<KernelCase> cases = new ArrayList<>(elementwise(x));
    for (int c : new int[] {64, 45, 16}) {
      cases.addAll(norms(TensorSpec.f32(batch, 32, 32, c)));
    }
    cases.addAll(norms(TensorSpec.f32(batch, 8, 8, 256)));
    cases.addAll(selections(x));
    cases.addAll(pooling(batch, x));
    cases.addAll(step(batch));
    cases.addAll(products(batch));
    return cases;
  }

  private static List<KernelCase> elementwise(TensorSpec x) {
    return List.of(
        of(new Fill(1, x.shape())),
        of(new Relu(), x),
        of(new ReluBackward(), x, x),
        of(new ReluBackward(), x, x).overOperands(),
        of(new Add(), x, x),
        of(new Add(), x, x).overOperands());
  }

  private static List<KernelCase> norms(TensorSpec x) {
    TensorSpec c = TensorSpec.f32(x.shape().dim(-1));
    return List.of(
        of(new BatchNorm(EPSILON), x, c, c).rereading(0),
        of(new BatchNormInference(EPSILON), x, c, c, c, c),
        of(new BatchNormInferenceRelu(EPSILON, null), x, c, c, c, c),
        of(new BatchNormBackward(EPSILON), x, x, c, c, c).rereading(0, 1),
        of(new BatchNormRelu(EPSILON, null), x, c, c).rereading(0),
        of(new BatchNormStatistics(EPSILON), x, c, c),
        of(new BatchNormReluBackward(EPSILON, null), x, x, c, c, c, c).rereading(0, 1),
        of(new BatchNormReluBackwardAdd(EPSILON, null), x, x, x, c, c, c, c).rereading(0, 1));
  }

  private static List<KernelCase> selections(TensorSpec x) {
    int extent = x.shape().dim(-1);
    TensorSpec c = TensorSpec.f32(extent);
    Channels half = Channels.of(IntStream.range(0, extent).filter(i -> i * i % 7 < 3).toArray());
    TensorSpec few = TensorSpec.f32(x.shape().withLast(half.count()).dims());
    return List.of(
        of(new Select(half), x),
        of(new SelectBackward(half, extent), few),
        of(new BatchNormRelu(EPSILON, half), x, c, c).rereading(0),
        of(new BatchNormInferenceRelu(EPSILON, half), x, c, c, c, c),
        of(new BatchNormReluBackward(EPSILON, half), x, few, c, c, c, c).rereading(0, 1));
  }

  private static List<KernelCase> pooling(int batch, TensorSpec x) {
    TensorSpec y = TensorSpec.f32(batch, 16, 16, 64);
    TensorSpec places = TensorSpec.of(DType.U8, batch, 16, 16, 64);
    return List.of(
        of(new MaxPool2d(2, 2, 0), x),
        of(new MaxPool2dBackward(2, 2, 0, 32, 32), y, places),
        of(new MaxPool2d(3, 2, 1), x),
        of(new MaxPool2dBackward(3, 2, 1, 32, 32), y, places),
        of(new AvgPool2d(2, 2), x),
        of(new AvgPool2dBackward(2, 2, 32, 32), y));
  }

  private static List<KernelCase> step(int batch) {
    TensorSpec w = TensorSpec.f32(8 * batch, 512, 3, 3);
    TensorSpec vector = TensorSpec.f32(512);
    TensorSpec one = TensorSpec.f32(1);
    TensorSpec count = TensorSpec.of(DType.I64, 1);
    TensorSpec logits = TensorSpec.f32(batch, 1000);
    TensorSpec labels = TensorSpec.of(DType.I32, batch);
    int pictures = Math.max(1000, batch);
    return List.of(
        of(
            new Augment(batch, 4, true, 1),
            TensorSpec.of(DType.U8, pictures, 32, 32, 3),
            TensorSpec.of(DType.I32, pictures),
            TensorSpec.of(DType.I32, batch),
            count,
            count,
            TensorSpec.f32(3, 256)),
        of(new SoftmaxCrossEntropy(), logits, labels),
        of(new SoftmaxCrossEntropyBackward(), logits, labels, one).overOperands(),
        of(
                new CountMetrics(),
                TensorSpec.of(DType.F64, CountMetrics.SIZE),
                logits,
                labels,
                one,
                count)
            .overOperands(),
        of(Quantize.nearest(new BlockFloat(8, 0)), w).overOperands(),
        of(eightBits("w"), w, count),
        of(eightBits("w"), w, count).overOperands(),
        of(eightBits("x"), TensorSpec.f32(batch, 32, 32, 64), count).overOperands(),
        of(new AddSign(1e-4f), vector, vector).overOperands(),
        of(new SgdUpdate(0.9f, 1e-4f), w, w, w, one).overOperands(),
        of(
                new MultiSgdUpdate(Collections.nCopies(4, new MultiSgdUpdate.Item(0.9f, 1e-4f, 0))),
                w,
                w,
                w,
                w,
                w,
                w,
                w,
                w,
                w,
                vector,
                vector,
                vector,
                one)
            .overOperands(),
        of(swalpUpdate(), w, w, w, w, w, w, vector, vector, vector, one, count).overOperands(),
        of(new UpdateAverage(1), vector, vector, one).overOperands(),
        of(new Increment(1), count).overOperands());
  }

  private static MultiQuantizedSgdUpdate swalpUpdate() {
    List<MultiQuantizedSgdUpdate.Item> items = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      items.add(
          new MultiQuantizedSgdUpdate.Item(
              new MultiSgdUpdate.Item(0.9f, 1e-4f, 0),
              eightBits("gradient." + name),
              eightBits(name),
              eightBits("momentum." + name)));
    }
    return new MultiQuantizedSgdUpdate(items);
  }

  private static Quantize eightBits(String name) {
    return new Quantize(new BlockFloat(8, 0), Rounding.STOCHASTIC, 1, name);
  }

  /** Image side, channels in and out, and kernel of layers of VGG-16, PreResNet-101 and tickets. */
  private static final int[][] CONVOLUTIONS = {
    {32, 3, 64, 3},
    {32, 64, 64, 3},
    {32, 45, 45, 3},
    {16, 128, 128, 3},
    {8, 256, 256, 3},
    {4, 512, 512, 3},
    {2, 512, 512, 3},
    {32, 64, 16, 1},
    {32, 16, 64, 1},
    {32, 64, 11, 1},
    {32, 16, 16, 3},
    {8, 256, 64, 1},
  };

  private static List<KernelCase> products(int batch) {
    List<KernelCase> cases = new ArrayList<>();
    for (int[] c : CONVOLUTIONS) {
      TensorSpec x = TensorSpec.f32(batch, c[0], c[0], c[1]);
      TensorSpec y = TensorSpec.f32(batch, c[0], c[0], c[2]);
      TensorSpec w = TensorSpec.f32(c[2], c[1], c[3], c[3]);
      int padding = c[3] / 2;
      cases.add(of(new Conv2d(1, padding), x, w));
      TensorSpec v = TensorSpec.f32(c[2]);
      cases.add(of(new Conv2dEpilogue(1, padding, true, EPSILON, false, true), x, w, v, v, v, v));
      cases.add(of(new Conv2dEpilogue(1, padding, false, 0, true, false), x, w, y));
      cases.add(of(new Conv2dBackwardData(1, padding, c[0], c[0]), y, w));
      cases.add(of(new Conv2dBackwardWeight(1, padding, c[3], c[3]), x, y));
      TensorSpec u = TensorSpec.f32(c[1]);
      cases.add(
          of(
              new BatchNormReluConv2d(
                  EPSILON, null, new Conv2dEpilogue(1, padding, false, 0, true, false)),
              x,
              u,
              u,
              u,
              u,
              w,
              y));
      cases.add(
          of(
              new BatchNormReluConv2dBackwardWeight(EPSILON, null, 1, padding, c[3], c[3]),
              x,
              u,
              u,
              u,
              u,
              y));
      if (c[3] == 1 && c[2] < c[1]) {
        cases.add(
            of(new BatchNormReluConv2dBackward(EPSILON, null, true), x, u, u, u, u, w, y, x)
                .rereading(0, BatchNormReluConv2dBackward.DY));
      }
    }
    TensorSpec x = TensorSpec.f32(batch, 512);
    TensorSpec w = TensorSpec.f32(10, 512);
    TensorSpec y = TensorSpec.f32(batch, 10);
    cases.add(of(new Linear(), x, w, TensorSpec.f32(10)));
    cases.add(of(new LinearBackwardData(), y, w));
    cases.add(of(new LinearBackwardWeight(), x, y));
    return cases;
  }
}
