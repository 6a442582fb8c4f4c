package io.earlybird.backend.cuda;

import io.earlybird.backend.Backend;
import io.earlybird.backend.Precision;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.lowprecision.FullFlowProducts;
import io.earlybird.models.Cfg;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.ForwardPass;
import io.earlybird.optim.Sgd;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.tensor.Assign;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.FusedOp;
import io.earlybird.verify.Verifier;
import io.earlybird.verify.VerifyOptions;
import io.earlybird.verify.VerifyRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * Judges the CUDA backend in a process of its own, on an emulated device. Prints a line per op,
 * then {@code passed}. Arguments: precision, cases per op, then the ops, none meaning all and a
 * training run.
 */
final class EmulatedCuda {
  private static final int BATCH = 3;
  private static final int STEPS = 3;

  /** A ticket's, which no group of channels divides. */
  private static final Cfg WIDTHS = Cfg.of(16, 13, 15, 49, 27, 30, 128, 61, 53, 201);

  /** The only engine of the emulated graph API that may be used. */
  private static final String ENGINE = "graph 1 2=7";

  /** Of losses, relative to them. */
  private static final Map<Precision, Double> TOLERANCES =
      Map.of(Precision.FP32, 1e-4, Precision.BF16, 5e-2);

  private EmulatedCuda() {}

  public static void main(String[] args) {
    Precision precision = Precision.of(args[0]);
    List<String> ops = Arrays.asList(args).subList(2, args.length);
    try (CudaBackend cuda = CudaBackend.open(new CudaOptions(0, precision, false, Map.of()))) {
      VerifyOptions options = new VerifyOptions(Integer.parseInt(args[1]), 0, 1, Set.copyOf(ops));
      boolean passed = true;
      // What the backend has no kernel for the plan takes apart.
      Set<String> fused = names(FusedOp.class);
      for (VerifyRow row : new Verifier(List.of(cuda), options).run().rows()) {
        System.out.println(row.op() + " " + row.verdict() + " " + row.detail());
        passed &=
            row.verdict() == VerifyRow.Verdict.OK
                || (row.verdict() == VerifyRow.Verdict.UNSUPPORTED && fused.contains(row.op()));
      }
      if (ops.isEmpty()) {
        try (Backend reference = new ReferenceBackend(DType.F32)) {
          passed &= close(train(cuda), train(reference), TOLERANCES.get(precision));
          passed &= precision != Precision.FP32 || areExact(cuda, reference);
        }
      }
      System.out.println("choices " + new TreeSet<>(cuda.choices().values()));
      passed &= ops.isEmpty() || recordedChoicesCompute(cuda);
      System.out.println(passed ? "passed" : "failed");
    }
  }

  private static Set<String> names(Class<?> sealed) {
    Set<String> names = new TreeSet<>();
    for (Class<?> permitted : sealed.getPermittedSubclasses()) {
      names.addAll(permitted.isSealed() ? names(permitted) : Set.of(permitted.getSimpleName()));
    }
    return names;
  }

  /** Whether a backend that is told another's choices takes them all, and computes right. */
  private static boolean recordedChoicesCompute(CudaBackend first) {
    CudaOptions options = new CudaOptions(0, first.options().precision(), false, first.choices());
    try (CudaBackend again = CudaBackend.open(options)) {
      Set<String> products = Set.of("Conv2d", "Conv2dBackwardData", "Conv2dBackwardWeight");
      VerifyOptions some = new VerifyOptions(4, 0, 1, products);
      return new Verifier(List.of(again), some)
              .run().rows().stream().allMatch(r -> r.verdict() == VerifyRow.Verdict.OK)
          && again.choices().equals(first.choices());
    }
  }

  /** Whether products of 8-bit operands, which travel as bf16, are those of the reference. */
  private static boolean areExact(Backend cuda, Backend reference) {
    FullFlowProducts found = FullFlowProducts.of(cuda, 8);
    System.out.println("products of 8 bits by " + found.choices());
    return found.values().equals(FullFlowProducts.of(reference, 8).values())
        && found.choices().stream().allMatch(("cudnn " + ENGINE)::equals);
  }

  private static boolean close(double[] found, double[] expected, double tolerance) {
    System.out.println(
        "losses " + Arrays.toString(found) + ", expected " + Arrays.toString(expected));
    for (int i = 0; i < STEPS; i++) {
      if (!(Math.abs(found[i] - expected[i]) <= tolerance * Math.abs(expected[i]))) {
        return false;
      }
    }
    return true;
  }

  /** The losses of a few training steps of a small network, with room as the device wants it. */
  private static double[] train(Backend backend) {
    Network network =
        Network.ofWidths(NetworkSpec.of("resnet", WIDTHS, 10)).inGroupsOf(backend.channelGroup());
    Tensor x = Tensor.placeholder("x", network.inputSpec(BATCH));
    Tensor labels = Tensor.placeholder("labels", TensorSpec.of(DType.I32, BATCH));
    ForwardPass pass = ForwardPass.training();
    Tensor loss = network.forward(x, pass).softmaxCrossEntropy(labels).output(0);
    Sgd sgd =
        new Sgd(
            network.parameters(),
            network.batchNorms().stream().map(BatchNorm2d::weight).toList(),
            new Sgd.Settings(0.9f, 1e-4f, 1e-4f));
    List<Assign> assigns = new ArrayList<>(pass.assigns());
    assigns.addAll(sgd.step(loss).assigns());
    double[] losses = new double[STEPS];
    try (Session session = new Session(backend);
        Plan plan = session.plan(List.of(loss), assigns)) {
      assigns.stream().map(Assign::variable).forEach(v -> session.write(v, start(v)));
      session.write(sgd.learningRate(), HostTensor.scalar(0.05f));
      plan.write(labels, HostTensor.of(new int[] {7, 0, 3}, BATCH));
      plan.write(x, random(x.spec(), 1, 1));
      for (int i = 0; i < STEPS; i++) {
        plan.run();
        losses[i] = plan.read(loss).get(0);
      }
    }
    return losses;
  }

  /** The same values for the same name. */
  private static HostTensor start(Variable variable) {
    TensorSpec spec = variable.spec();
    if (spec.dtype() != DType.F32 || variable.kind() == Variable.Kind.MOMENTUM) {
      return HostTensor.zeros(spec);
    }
    if (spec.shape().rank() == 1) {
      double[] ones = new double[(int) spec.size()];
      Arrays.fill(ones, variable.name().endsWith("bias") ? 0 : 1);
      return HostTensor.ofDoubles(spec, ones);
    }
    double fan = (double) spec.size() / spec.shape().dim(0);
    return random(spec, variable.name().hashCode(), Math.sqrt(2 / fan));
  }

  private static HostTensor random(TensorSpec spec, long seed, double deviation) {
    Random random = new Random(seed);
    double[] values = new double[(int) spec.size()];
    Arrays.setAll(values, i -> deviation * random.nextGaussian());
    return HostTensor.ofDoubles(spec, values);
  }
}
