package io.earlybird.bench.peer;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.Backends;
import io.earlybird.backend.Precision;
import io.earlybird.backend.cpu.CpuBackend;
import io.earlybird.backend.cpu.CpuCeilings;
import io.earlybird.bench.Median;
import io.earlybird.models.Costs;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import io.earlybird.optim.Sgd;
import io.earlybird.random.Philox;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Variable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The engine and libtorch side by side on the same processors: the same weights, the same batch,
 * the same number of threads. First both train three steps in fp32 and must then hold the same
 * weights; then their steps alternate, in the backend's precision, each side's threads asleep while
 * another works. Libtorch runs in both of its layouts, and the faster one counts.
 */
public final class PeerBench {
  /** Libtorch's layouts. */
  private static final List<String> LAYOUTS = List.of("contiguous", "channels_last");

  /** Decay and L1 term weigh as much as gradients here, so that a wrong one would show. */
  private static final Sgd.Settings SGD = new Sgd.Settings(0.9f, 1e-2f, 1e-2f);

  /** Small enough that rounding errors of two correct programs stay rounding errors. */
  private static final double LEARNING_RATE = 0.01;

  private static final int CHECKED_STEPS = 3;

  /**
   * Noise put on the pictures, relative to each value: about what a sum of some thousand terms in
   * fp32 is off by. A deep network amplifies it: a ReLU near zero opens on one side and not on the
   * other, which moves whole tensors of gradients by a percent.
   */
  private static final double NOISE = 0x1p-20;

  /** The peer may differ from us by so many times what that noise does to ourselves. */
  private static final double NOISE_FACTOR = 4;

  private static final double LEAST_TOLERANCE = 1e-3;

  /** Decay, L1 term, momentum or a gradient left out moves some tensor by more than that. */
  private static final double MOST_TOLERANCE = 0.25;

  /** Threads of a side that has just worked spin for some milliseconds. */
  private static final long FALL_ASLEEP_MS = 60;

  private static final long SEED = 1;
  private static final int FORWARDS_PER_STEP = 3;
  private static final int CLASSES = 10;

  private PeerBench() {}

  /**
   * What is compared.
   *
   * @param network the network
   * @param batch pictures per step
   * @param repeat alternations
   * @param module folder of the peer's Maven module
   */
  public record Options(NetworkSpec network, int batch, int repeat, Path module) {
    /**
     * Checks the numbers.
     *
     * @throws EarlybirdException if one is not positive
     */
    public Options {
      if (batch < 1 || repeat < 1) {
        throw new EarlybirdException(
            "--batch and --repeat must be at least 1, not " + batch + " and " + repeat);
      }
    }
  }

  /**
   * One side's times.
   *
   * @param who {@code earlybird}, or the peer and its layout
   * @param milliseconds one per repetition
   */
  public record Side(String who, double[] milliseconds) {
    /** Median time. */
    public double medianMs() {
      return Median.of(milliseconds);
    }

    /** Shortest time. */
    public double minMs() {
      return Arrays.stream(milliseconds).min().orElseThrow();
    }

    /** Longest time. */
    public double maxMs() {
      return Arrays.stream(milliseconds).max().orElseThrow();
    }
  }

  /**
   * One kind of step, measured on all sides.
   *
   * @param what {@code train} or {@code evaluate}
   * @param gflop nominal GFLOP of a step
   * @param sides ours first, then the peer by layout
   */
  public record Comparison(String what, double gflop, List<Side> sides) {
    /** The peer in its faster layout. */
    public Side fastestPeer() {
      return sides.stream().skip(1).min(Comparator.comparingDouble(Side::medianMs)).orElseThrow();
    }

    /** How many times as fast as the peer we are, by medians. */
    public double ratio() {
      return fastestPeer().medianMs() / sides.get(0).medianMs();
    }

    /** The same by shortest times, which other load on the machine disturbs less. */
    public double ratioOfMinima() {
      double peer = sides.stream().skip(1).mapToDouble(Side::minMs).min().orElseThrow();
      return peer / sides.get(0).minMs();
    }
  }

  /**
   * What was found.
   *
   * @param peer version, threads and build of the peer
   * @param threads ours
   * @param weightDifference the largest difference of a tensor's change after three steps, relative
   *     to that change, both as root mean squares
   * @param tolerance what it had to stay below: four times what noise of 2^-20 on the pictures does
   *     to our own weights, within 0.001 and 0.25
   * @param fmaPeak multiply-add peak of this run in GFLOP/s, the best of before and after
   * @param peerPeakBytes peak resident memory of the peer's process in its more frugal layout
   */
  public record Result(
      String peer,
      int threads,
      double weightDifference,
      double tolerance,
      double fmaPeak,
      long peerPeakBytes,
      List<Comparison> comparisons) {}

  /**
   * Compares.
   *
   * @throws EarlybirdException if the peer cannot be built or started, or trains to other weights
   */
  public static Result run(Backend backend, Options options) {
    String classPath = PeerBuild.classPath(options.module());
    Path folder = null;
    try {
      folder = Files.createTempDirectory("earlybird-peer");
      return run(backend, options, classPath, folder);
    } catch (IOException e) {
      throw new EarlybirdException("the peer's files: " + e.getMessage(), e);
    } finally {
      delete(folder);
    }
  }

  private static Result run(Backend backend, Options options, String classPath, Path folder)
      throws IOException {
    Network network = Network.of(options.network());
    Map<String, HostTensor> state = network.initialState(SEED);
    int size = options.network().inputSize();
    HostTensor pictures = pictures(options.batch(), size);
    HostTensor labels = labels(options.batch());
    NetworkDescription.write(folder, network, state, SGD, LEARNING_RATE, pictures, labels);
    int threads = Backends.threads(backend);
    Precision precision = Backends.precision(backend);
    Agreement agreement;
    if (precision == Precision.FP32) {
      agreement = agree(backend, network, state, pictures, labels, classPath, folder);
    } else {
      try (Backend full = new CpuBackend(threads)) {
        agreement = agree(full, network, state, pictures, labels, classPath, folder);
      }
    }
    double peak = CpuCeilings.fmaGflops(threads);
    Map<String, PeerProcess> peers = new LinkedHashMap<>();
    try (OwnStep own = own(backend, network, state, pictures, labels)) {
      start(peers, classPath, folder, precision, threads);
      own.run(false, CHECKED_STEPS);
      for (PeerProcess peer : peers.values()) {
        peer.run("train", CHECKED_STEPS);
      }
      double gflop = (double) Costs.of(network).flops() * options.batch() * 1e-9;
      List<Comparison> comparisons =
          List.of(
              compare("train", FORWARDS_PER_STEP * gflop, own, peers, options.repeat()),
              compare("evaluate", gflop, own, peers, options.repeat()));
      long memory = peers.values().stream().mapToLong(PeerProcess::peakBytes).min().orElseThrow();
      return new Result(
          peers.values().iterator().next().describe(),
          threads,
          agreement.difference(),
          agreement.tolerance(),
          Math.max(peak, CpuCeilings.fmaGflops(threads)),
          memory,
          comparisons);
    } finally {
      peers.values().forEach(PeerProcess::close);
    }
  }

  private static void start(
      Map<String, PeerProcess> peers,
      String classPath,
      Path folder,
      Precision precision,
      int threads) {
    for (String layout : LAYOUTS) {
      peers.put(layout, new PeerProcess(classPath, folder, precision.label(), layout, threads));
    }
  }

  private static OwnStep own(
      Backend backend,
      Network network,
      Map<String, HostTensor> state,
      HostTensor pictures,
      HostTensor labels) {
    return new OwnStep(backend, network, state, SGD, (float) LEARNING_RATE, pictures, labels);
  }

  /** How far the weights of both sides differ after some steps, and what they may. */
  private record Agreement(double difference, double tolerance) {}

  /**
   * Trains both sides in fp32 from the same weights.
   *
   * @throws EarlybirdException if they do not come to the same weights
   */
  private static Agreement agree(
      Backend backend,
      Network network,
      Map<String, HostTensor> state,
      HostTensor pictures,
      HostTensor labels,
      String classPath,
      Path folder)
      throws IOException {
    Map<String, PeerProcess> peers = new LinkedHashMap<>();
    try (OwnStep own = own(backend, network, state, pictures, labels)) {
      start(peers, classPath, folder, Precision.FP32, Backends.threads(backend));
      Map<Variable, float[]> before = own.values();
      own.start(state, noisy(pictures));
      own.run(false, CHECKED_STEPS);
      Map<Variable, float[]> disturbed = own.values();
      own.start(state, pictures);
      own.run(false, CHECKED_STEPS);
      Map<Variable, float[]> after = own.values();
      double noise = largestDifference(before, after, disturbed).relative();
      double tolerance = Math.min(MOST_TOLERANCE, Math.max(LEAST_TOLERANCE, NOISE_FACTOR * noise));
      double worst = 0;
      for (Map.Entry<String, PeerProcess> peer : peers.entrySet()) {
        peer.getValue().run("train", CHECKED_STEPS);
        Path file = folder.resolve(peer.getKey() + ".bin");
        peer.getValue().save(file);
        var theirs = NetworkDescription.readValues(file, network);
        worst = Math.max(worst, check(before, after, theirs, peer.getKey(), tolerance));
      }
      return new Agreement(worst, tolerance);
    } finally {
      peers.values().forEach(PeerProcess::close);
    }
  }

  private static Comparison compare(
      String what, double gflop, OwnStep own, Map<String, PeerProcess> peers, int repeat) {
    boolean eval = what.equals("evaluate");
    List<double[]> times = new ArrayList<>();
    for (int i = 0; i <= peers.size(); i++) {
      times.add(new double[repeat]);
    }
    for (int r = 0; r < repeat; r++) {
      // The first step of a turn finds another side's data in the caches; the second one counts.
      sleep();
      times.get(0)[r] = own.run(eval, 2)[1];
      int side = 1;
      for (PeerProcess peer : peers.values()) {
        sleep();
        times.get(side++)[r] = peer.run(eval ? "eval" : "train", 2)[1];
      }
    }
    List<Side> sides = new ArrayList<>(List.of(new Side("earlybird", times.get(0))));
    int side = 1;
    for (String layout : peers.keySet()) {
      sides.add(new Side("libtorch " + layout, times.get(side++)));
    }
    return new Comparison(what, gflop, sides);
  }

  /** A tensor and by how much two sides' changes of it differ, relative to the change. */
  private record Difference(Variable variable, double relative) {}

  private static Difference largestDifference(
      Map<Variable, float[]> before, Map<Variable, float[]> ours, Map<Variable, float[]> theirs) {
    Difference worst = new Difference(null, -1);
    for (Variable v : before.keySet()) {
      float[] old = before.get(v);
      double change = 0;
      double difference = 0;
      for (int i = 0; i < old.length; i++) {
        change += square(ours.get(v)[i] - old[i]);
        difference += square(ours.get(v)[i] - theirs.get(v)[i]);
      }
      double relative = Math.sqrt(difference / Math.max(change, Float.MIN_NORMAL));
      if (!(relative <= worst.relative())) { // also where it is no number
        worst = new Difference(v, relative);
      }
    }
    return worst;
  }

  /**
   * The largest relative difference of two changes of weights and statistics.
   *
   * @throws EarlybirdException if it is above the tolerance
   */
  static double check(
      Map<Variable, float[]> before,
      Map<Variable, float[]> ours,
      Map<Variable, float[]> theirs,
      String layout,
      double tolerance) {
    Difference worst = largestDifference(before, ours, theirs);
    if (!(worst.relative() <= tolerance)) {
      throw new EarlybirdException(
          String.format(
              Locale.ROOT,
              "after %d steps %s differs from libtorch's (%s) by %.2e of its change, allowed are"
                  + " %.1e: the two do not compute the same",
              CHECKED_STEPS,
              worst.variable().name(),
              layout,
              worst.relative(),
              tolerance));
    }
    return worst.relative();
  }

  private static double square(double x) {
    return x * x;
  }

  private static HostTensor pictures(int batch, int size) {
    float[] values = new float[batch * size * size * 3];
    Philox.fillNormal(SEED, 0, Philox.hash("bench", "pictures"), 0, 1, values);
    return HostTensor.of(values, batch, size, size, 3);
  }

  private static HostTensor noisy(HostTensor pictures) {
    float[] values = pictures.floats();
    float[] noise = new float[values.length];
    Philox.fillNormal(SEED, 0, Philox.hash("bench", "noise"), 0, NOISE, noise);
    for (int i = 0; i < values.length; i++) {
      values[i] += values[i] * noise[i];
    }
    return HostTensor.of(values, pictures.shape().dims());
  }

  private static HostTensor labels(int batch) {
    int[] labels = new int[batch];
    Arrays.setAll(labels, i -> i % CLASSES);
    return HostTensor.of(labels, batch);
  }

  private static void sleep() {
    try {
      Thread.sleep(FALL_ASLEEP_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EarlybirdException("interrupted", e);
    }
  }

  private static void delete(Path folder) {
    if (folder == null) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
