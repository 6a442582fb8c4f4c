import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.lowprecision.LowPrecision;
import io.earlybird.optim.Sgd;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.tensor.Assign;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.Quantizer;
import io.earlybird.tensor.format.Rounding;
import io.earlybird.tensor.op.Increment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The optimizer of SWALP on a graph of one's own: gradients, weights and momenta in eight bits. */
public class LowPrecisionOptimizer {
  private static final int BATCH = 64;
  private static final int INPUTS = 16;
  private static final int CLASSES = 4;

  public static void main(String[] args) {
    // A linear classifier as a graph; nothing is computed yet.
    Tensor x = Tensor.placeholder("x", TensorSpec.f32(BATCH, INPUTS));
    Tensor labels = Tensor.placeholder("labels", TensorSpec.of(DType.I32, BATCH));
    Variable weight = Variable.parameter("weight", CLASSES, INPUTS);
    Variable bias = Variable.parameter("bias", CLASSES);
    Variable step = new Variable("step", TensorSpec.of(DType.I64, 1), Variable.Kind.CONTROL);
    Tensor loss = x.linear(weight.read(), bias.read()).softmaxCrossEntropy(labels).output(0);

    // Rounding is stochastic: the random numbers depend on seed, step and the tensors' names alone.
    LowPrecision swalp = LowPrecision.of(8, Rounding.STOCHASTIC);
    Sgd sgd =
        new Sgd(
            List.of(weight, bias),
            List.of(),
            new Sgd.Settings(0.9f, 1e-4f, 0),
            swalp.optimizer(1, step.read()));
    List<Assign> update = new ArrayList<>(sgd.step(loss).assigns());
    update.add(step.assign(step.read().apply(new Increment(1))));

    try (Backend backend = Backends.open("cpu", 1, Map.of()).backend();
        Session session = new Session(backend);
        Plan plan = session.plan(List.of(loss), update)) {
      session.write(sgd.learningRate(), HostTensor.scalar(0.1f));
      Random random = new Random(1);
      for (int i = 0; i < 100; i++) {
        batch(plan, x, labels, random);
        plan.run();
        if (i == 0 || i == 99) {
          System.out.printf("step %d: loss %.3f%n", i + 1, plan.read(loss).get(0));
        }
      }
      float[] w = session.read(weight).floats();
      Quantizer nearest = new Quantizer(new BlockFloat(8, 0), Rounding.NEAREST);
      boolean fits = Arrays.equals(nearest.quantize(w, weight.shape()), w);
      System.out.println("every weight is a number of eight bits: " + fits);
    }
  }

  /** Pictures whose class is the quarter with the largest sum. */
  private static void batch(Plan plan, Tensor x, Tensor labels, Random random) {
    float[] values = new float[BATCH * INPUTS];
    int[] classes = new int[BATCH];
    for (int n = 0; n < BATCH; n++) {
      double[] sums = new double[CLASSES];
      for (int i = 0; i < INPUTS; i++) {
        values[n * INPUTS + i] = (float) random.nextGaussian();
        sums[i * CLASSES / INPUTS] += values[n * INPUTS + i];
      }
      for (int c = 1; c < CLASSES; c++) {
        classes[n] = sums[c] > sums[classes[n]] ? c : classes[n];
      }
    }
    plan.write(x, HostTensor.of(values, BATCH, INPUTS));
    plan.write(labels, HostTensor.of(classes, BATCH));
  }
}
