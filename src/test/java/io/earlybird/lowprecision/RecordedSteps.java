package io.earlybird.lowprecision;

import static io.earlybird.golden.Closeness.assertClose;
import static io.earlybird.golden.Closeness.doubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.autograd.Gradients;
import io.earlybird.backend.Backend;
import io.earlybird.checkpoint.Npy;
import io.earlybird.golden.Closeness;
import io.earlybird.golden.GeneratedState;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenTensor;
import io.earlybird.models.GoldenNetworks;
import io.earlybird.models.Network;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.ForwardPass;
import io.earlybird.optim.Sgd;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.tensor.Assign;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.format.Rounding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A recorded case of training in low precision, on one backend. */
final class RecordedSteps {
  /** Share of a quantized tensor's elements that may be off by one unit. */
  private static final double FLIPS = 0.005;

  /** What such elements of activations may move in what follows, relative to the largest value. */
  private static final double FLIPPED = 1e-3;

  /** Distance of gradients behind ten layers of rounded errors, relative to their length. */
  private static final double DISTANCE = 0.25;

  /** The same of the state after one step. */
  private static final double STATE_DISTANCE = 0.01;

  /**
   * An activation so near the middle between two multiples of its unit that the order of a sum
   * decides which one it becomes, and with it, layer by layer, how some errors are rounded.
   *
   * @param layer the convolution whose result it is
   * @param element its place in {@code [N,H,W,C]}
   * @param nudge what brings it to the side on which the original's lies
   */
  record Tie(String layer, int element, float nudge) {}

  /** Our name: without the level that quantizers add to the names of convolutions. */
  private static String plain(GoldenTensor t) {
    return t.shape().length == 4 ? t.name().replaceFirst("\\.0\\.weight$", ".weight") : t.name();
  }

  private final GoldenCase recorded;
  private final Backend backend;
  private final Tie tie;
  private final JsonNode meta;
  private final LowPrecision precision;
  private final Network network;
  private final Sgd sgd;
  private final Tensor x;
  private final Tensor labels;
  private final Tensor logits;
  private final Tensor loss;
  private final Sgd.Step step;
  private final ForwardPass pass;
  private Tensor nudges;

  /**
   * Not run yet.
   *
   * @param tie the activation that is nudged; null for none
   */
  RecordedSteps(GoldenCase recorded, Backend backend, Tie tie) {
    this.recorded = recorded;
    this.backend = backend;
    this.tie = tie;
    meta = recorded.meta();
    assertThat(meta.required("rounding").asText()).isEqualTo("nearest");
    JsonNode bits = meta.required("low_precision");
    precision =
        new LowPrecision(
            bits.required("weight").asInt(),
            bits.required("grad").asInt(),
            bits.required("activate").asInt(),
            bits.required("error").asInt(),
            bits.required("momentum").asInt(),
            Rounding.NEAREST);
    ForwardPass.Around quantizers = precision.quantizers(0, null);
    int batch = meta.required("batch").asInt();
    network = Network.of(GoldenNetworks.spec(meta));
    x = Tensor.placeholder("x", network.inputSpec(batch));
    labels = Tensor.placeholder("labels", TensorSpec.of(DType.I32, batch));
    pass = ForwardPass.training(tie == null ? quantizers : nudged(quantizers));
    logits = network.forward(x, pass);
    loss = logits.softmaxCrossEntropy(labels).output(0);
    sgd =
        new Sgd(
            network.parameters(),
            network.batchNorms().stream().map(BatchNorm2d::weight).toList(),
            new Sgd.Settings(
                (float) meta.required("momentum").asDouble(),
                (float) meta.required("weight_decay").asDouble(),
                (float) meta.required("s").asDouble()),
            precision.optimizer(0, null));
    step = sgd.step(loss);
  }

  /** Quantizers, before one of which the tie is nudged. */
  private ForwardPass.Around nudged(ForwardPass.Around quantizers) {
    return new ForwardPass.Around() {
      @Override
      public Tensor result(Tensor y, String layer) {
        if (!layer.equals(tie.layer)) {
          return quantizers.result(y, layer);
        }
        nudges = Tensor.placeholder("nudges", y.spec());
        return quantizers.result(y.add(nudges), layer);
      }
    };
  }

  /** Whether few elements, if any, are rounded to another neighbour than the original's. */
  private boolean isClose() {
    return tie != null || meta.has("steps");
  }

  void check() {
    try (Session session = new Session(backend)) {
      List<Tensor> outputs = new ArrayList<>(List.of(logits, loss));
      for (Map<Variable, Tensor> tensors :
          List.of(step.gradients(), step.regularized(), step.received())) {
        tensors.values().stream().filter(t -> !outputs.contains(t)).forEach(outputs::add);
      }
      List<Assign> assigns = new ArrayList<>(pass.assigns());
      assigns.addAll(step.assigns());
      // Reading intermediate values hinders fusion; the bare plan does not read any.
      try (Plan whole = session.plan(outputs, assigns);
          Plan bare = session.plan(List.of(logits, loss), assigns)) {
        run(session, whole, true);
        run(session, bare, false);
      }
      intermediate(session);
      sums(session);
    }
  }

  /**
   * Sums of magnitudes of every layer's output and of the gradient that reaches it, where the
   * values themselves were not recorded: all but a few elements are the same.
   */
  private void sums(Session session) {
    if (meta.has("module_call_order")) {
      Gradients gradients =
          Gradients.of(loss, network.parameters().stream().map(Variable::read).toList());
      sums(session, meta.required("module_call_order"), Function.identity(), 2e-5);
      sums(session, meta.required("gradient_order"), gradients::of, isClose() ? 1e-6 : 1e-2);
    }
  }

  private void sums(Session session, JsonNode list, Function<Tensor, Tensor> of, double tolerance) {
    Map<String, Tensor> wanted = new LinkedHashMap<>();
    list.forEach(e -> wanted.put(e.required("name").asText(), null));
    Map<String, Node> layers = GoldenNetworks.layers(logits);
    wanted.replaceAll((name, t) -> of.apply(layers.get(layer(name)).output(0)));
    wanted.put("loss", loss);
    start(session);
    try (Plan p = session.plan(wanted.values().stream().distinct().toList(), List.of())) {
      feed(p, 0);
      p.run();
      for (JsonNode e : list) {
        String name = e.required("name").asText();
        double expected = e.required("abssum").asDouble();
        double sum = Arrays.stream(p.read(wanted.get(name)).doubles()).map(Math::abs).sum();
        assertThat(sum).as(name).isCloseTo(expected, within(tolerance * expected));
      }
    }
  }

  /** Our name of a recorded layer; quantizers are numbered in the order of convolutions. */
  private String layer(String name) {
    if (!name.startsWith("quant")) {
      return name.replaceFirst("(conv\\d|downsample\\.0)\\.0$", "$1");
    }
    List<String> convolutions = new ArrayList<>();
    for (JsonNode e : meta.required("module_call_order")) {
      String module = e.required("name").asText();
      if (module.matches(".*(conv\\d|downsample\\.0)\\.0")) {
        convolutions.add(layer(module));
      }
    }
    return convolutions.get(Integer.parseInt(name.substring(5))) + ".quantizer";
  }

  private void start(Session session) {
    network.writeState(initial(), session::write);
    session.write(sgd.learningRate(), HostTensor.scalar((float) meta.required("lr").asDouble()));
    sgd.momenta().forEach(m -> session.write(m, HostTensor.zeros(m.spec())));
  }

  /** Recorded, or generated by the names without quantizers. */
  private Map<String, HostTensor> initial() {
    if (recorded.hasBundle("init")) {
      return ours(recorded.bundle("init").tensors());
    }
    Map<String, GoldenTensor> state =
        GeneratedState.fill(recorded.seed(), GoldenNetworks.shapes(network));
    for (BatchNorm2d norm : network.batchNorms()) {
      float[] mean = new float[norm.channels()];
      float[] variance = mean.clone();
      Arrays.fill(variance, 1);
      put(state, norm.runningMean(), mean);
      put(state, norm.runningVar(), variance);
      put(state, norm.weight(), state.get(norm.weight().name()).floats()).floats()[1] = 0;
      String tracked = norm.batchesTracked().name();
      state.put(tracked, GoldenTensor.of(tracked, new int[0], new long[1]));
    }
    Map<String, Long> sums = new HashMap<>();
    for (JsonNode c : meta.required("init_checks")) {
      int rank = c.required("shape").size();
      String name = c.required("name").asText();
      sums.put(
          rank == 4 ? name.replaceFirst("\\.0\\.weight$", ".weight") : name,
          c.required("crc32").asLong());
    }
    state.forEach((name, t) -> assertThat(t.crc32()).as(name).isEqualTo(sums.get(name)));
    return GoldenNetworks.state(state);
  }

  private static GoldenTensor put(Map<String, GoldenTensor> state, Variable v, float[] values) {
    GoldenTensor t = GoldenTensor.of(v.name(), v.shape().dims(), values.clone());
    state.put(v.name(), t);
    return t;
  }

  private static Map<String, HostTensor> ours(Map<String, GoldenTensor> tensors) {
    Map<String, HostTensor> out = new LinkedHashMap<>();
    tensors.values().forEach(t -> out.put(plain(t), GoldenNetworks.host(t)));
    return out;
  }

  private void run(Session session, Plan plan, boolean readsAll) {
    start(session);
    boolean single = !meta.has("steps");
    Iterable<JsonNode> steps = single ? List.of(meta) : meta.required("steps");
    int number = 0;
    for (JsonNode description : steps) {
      number++;
      feed(plan, single ? 0 : description.required("batch").asInt());
      plan.run();
      String prefix = "step" + number + ".";
      double expected = description.required("loss").asDouble();
      assertThat(plan.read(loss).get(0))
          .as(prefix + "loss")
          .isCloseTo(expected, within(Closeness.RELATIVE * expected));
      near(prefix + "logits", plan.read(logits), recorded.floats(prefix + "logits.npy"), 0);
      if (readsAll) {
        close(prefix + "grads", by(step.gradients(), plan));
        if (recorded.hasBundle(prefix + "grads_after_l1")) {
          close(prefix + "grads_after_l1", by(step.regularized(), plan));
        }
        quantized(prefix + "grads_quantized", precision.grad(), by(step.received(), plan));
      }
      quantized(prefix + "state", precision.weight(), network.readState(session::read)::get);
      Map<String, HostTensor> momenta = new HashMap<>();
      network.parameters().forEach(p -> momenta.put(p.name(), session.read(sgd.momentumOf(p))));
      quantized(prefix + "momentum", precision.momentum(), momenta::get);
    }
  }

  private static Function<String, HostTensor> by(Map<Variable, Tensor> tensors, Plan plan) {
    Map<String, HostTensor> out = new HashMap<>();
    tensors.forEach((v, t) -> out.put(v.name(), plan.read(t)));
    return out::get;
  }

  private void feed(Plan p, int batch) {
    Npy pictures = recorded.npy("x" + batch + ".npy");
    p.write(x, GoldenNetworks.pictures(GoldenTensor.of("x", pictures.shape(), pictures.floats())));
    long[] classes = recorded.npy("labels" + batch + ".npy").longs();
    p.write(
        labels,
        HostTensor.of(Arrays.stream(classes).mapToInt(Math::toIntExact).toArray(), classes.length));
    if (tie != null) {
      HostTensor zeros = HostTensor.zeros(nudges.spec());
      zeros.buffer().putFloat(Float.BYTES * tie.element, tie.nudge);
      p.write(nudges, zeros);
    }
  }

  private void close(String name, Function<String, HostTensor> actual) {
    Map<String, GoldenTensor> tensors = recorded.bundle(name).tensors();
    double scale =
        tensors.values().stream()
            .mapToDouble(t -> Closeness.largest(doubles(t.floats())))
            .max()
            .orElseThrow();
    for (GoldenTensor t : tensors.values()) {
      near(name + " " + t.name(), actual.apply(plain(t)), t.floats(), 1e-6 * scale);
    }
  }

  /**
   * Within the tolerance of full precision, to which, where intermediate values were not recorded,
   * comes what a few activations or errors that are off by one unit may add.
   */
  private void near(String what, HostTensor actual, float[] recordedValues, double noise) {
    double[] expected = doubles(recordedValues);
    boolean flips = tie == null && !recorded.hasBundle("step1.intermediate");
    if (flips && what.contains("grads")) {
      distance(what, actual.doubles(), expected, DISTANCE);
      return;
    }
    double flipped = flips ? FLIPPED * Closeness.largest(expected) : 0;
    assertClose(what, actual.doubles(), expected, Math.max(noise, flipped));
  }

  /** Equal bits, but for few elements that are off by one unit of their block. */
  private void quantized(String name, int wordLength, Function<String, HostTensor> actual) {
    int flips = 0;
    int elements = 0;
    for (GoldenTensor t : recorded.bundle(name).tensors().values()) {
      HostTensor ours = actual.apply(plain(t));
      String what = name + " " + t.name();
      if (!t.isFloat()) {
        assertThat(ours.buffer().getLong(0)).as(what).isEqualTo(t.longs()[0]);
      } else if (t.name().contains("running_")) {
        near(what, ours, t.floats(), 0);
      } else if (!t.name().endsWith(".indexes")) {
        if (isClose()) {
          flips += flips(what, wordLength, ours, t.floats());
          elements += t.size();
        } else {
          // Weights that were zero are made of rounded gradients alone.
          distance(
              what,
              ours.doubles(),
              doubles(t.floats()),
              name.endsWith("state") ? STATE_DISTANCE : DISTANCE);
        }
      }
    }
    assertThat(flips)
        .as(name + ": elements off by one unit, of " + elements)
        .isLessThanOrEqualTo((int) Math.ceil(FLIPS * elements));
  }

  private static int flips(String what, int wordLength, HostTensor actual, float[] expected) {
    float[] ours = actual.floats();
    int blocks = actual.shape().dim(0);
    int size = expected.length / blocks;
    int flips = 0;
    for (int b = 0; b < blocks; b++) {
      int exponent = 0;
      for (int i = b * size; i < (b + 1) * size; i++) {
        exponent = Math.max(exponent, BlockFloat.exponentBits(expected[i]));
      }
      double unit = Math.scalb(1.0, exponent - 127 + 2 - wordLength);
      for (int i = b * size; i < (b + 1) * size; i++) {
        if (ours[i] != expected[i]) {
          flips++;
          assertThat((double) ours[i]).as(what).isCloseTo(expected[i], within(unit));
        }
      }
    }
    return flips;
  }

  private static void distance(String what, double[] actual, double[] expected, double limit) {
    double difference = 0;
    double length = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
      length += expected[i] * expected[i];
    }
    assertThat(Math.sqrt(difference / length)).as(what).isLessThan(limit);
  }

  /** Every layer's output in the first step, and the gradient that reaches it. */
  private void intermediate(Session session) {
    if (!recorded.hasBundle("step1.intermediate")) {
      return;
    }
    Gradients gradients =
        Gradients.of(loss, network.parameters().stream().map(Variable::read).toList());
    Map<String, Tensor> wanted = new LinkedHashMap<>();
    Map<String, GoldenTensor> expected = recorded.bundle("step1.intermediate").tensors();
    Map<String, Node> layers = GoldenNetworks.layers(logits);
    String convolution = null;
    for (GoldenTensor t : expected.values()) {
      String[] parts = t.name().split("\\|");
      boolean out = parts[1].equals("out");
      String layer = parts[0];
      if (layer.startsWith("quant")) {
        // In the order of calls, or for gradients in the reverse of it.
        convolution = nthConvolution(expected, Integer.parseInt(layer.substring(5)));
        layer = convolution + ".quantizer";
      } else if (layer.matches("feature\\.\\d+\\.0")) {
        layer = layer.substring(0, layer.length() - 2);
      }
      Tensor y = layers.get(layer).output(0);
      wanted.put(t.name(), out ? y : gradients.of(y));
    }
    assertThat(convolution).isNotNull();
    start(session);
    wanted.put("loss", loss);
    try (Plan p = session.plan(wanted.values().stream().distinct().toList(), List.of())) {
      feed(p, 0);
      p.run();
      for (GoldenTensor t : expected.values()) {
        HostTensor actual = p.read(wanted.get(t.name()));
        HostTensor plain = actual.shape().rank() == 4 ? actual.permute(0, 3, 1, 2) : actual;
        assertClose(t.name(), plain.doubles(), doubles(t.floats()));
      }
    }
  }

  private static String nthConvolution(Map<String, GoldenTensor> expected, int n) {
    return expected.keySet().stream()
        .filter(k -> k.matches("feature\\.\\d+\\.0\\|out"))
        .skip(n)
        .findFirst()
        .orElseThrow()
        .replace(".0|out", "");
  }
}
