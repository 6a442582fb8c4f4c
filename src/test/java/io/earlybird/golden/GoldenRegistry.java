package io.earlybird.golden;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.function.ThrowingConsumer;

/**
 * Maps each kind of recorded case to the test that runs it, or says why none does yet. A kind that
 * is missing here fails {@code GoldenRegistryGoldenTest}.
 *
 * <p>To run a kind: put its line from {@code pending} to {@code test} and write, in the named
 * class, a {@code @TestFactory} that returns {@link #tests}.
 */
public final class GoldenRegistry {
  private static final String LOW_PRECISION_TEST =
      "io.earlybird.lowprecision.LowPrecisionGoldenTest";
  private static final String CHECKPOINTS = "io.earlybird.checkpoint.pth.CheckpointGoldenTest";

  private static final Map<String, Entry> KINDS = new TreeMap<>();

  static {
    test("generator", "io.earlybird.golden.GeneratorGoldenTest");
    test("earlybird", "io.earlybird.tickets.EarlyBirdGoldenTest");
    test("models/vgg/structure", "io.earlybird.models.ModelStructureGoldenTest");
    test("models/vgg/numeric", "io.earlybird.models.ModelNumericGoldenTest");
    test("models/preresnet/structure", "io.earlybird.models.ModelStructureGoldenTest");
    test("models/preresnet/numeric", "io.earlybird.models.ModelNumericGoldenTest");
    test("models/initial-values", "io.earlybird.models.ModelStructureGoldenTest");
    test("optim/fp32", "io.earlybird.optim.OptimizerGoldenTest");
    test("prune/vgg", "io.earlybird.tickets.PruneGoldenTest");
    test("prune/vgg-own-inputs", "io.earlybird.tickets.PruneGoldenTest");
    test("prune/preresnet", "io.earlybird.tickets.PruneGoldenTest");
    test("prune/preresnet-rewind", "io.earlybird.tickets.PruneGoldenTest");

    test("models/vgg/structure-lowprecision", "io.earlybird.models.ModelStructureGoldenTest");
    test("models/preresnet/structure-lowprecision", "io.earlybird.models.ModelStructureGoldenTest");
    test("optim/lowprecision", LOW_PRECISION_TEST);
    test("optim/lowprecision-one-step", LOW_PRECISION_TEST);
    test("optim/swa", LOW_PRECISION_TEST);
    test("optim/wrapper-facts", LOW_PRECISION_TEST);
    for (String pruner : List.of("vgg-lowprecision", "preresnet-lowprecision", "vgg-protective")) {
      test("prune/" + pruner, "io.earlybird.tickets.LowPrecisionPruneGoldenTest");
    }
    for (String quantizer : List.of("block", "autograd", "fixed", "float", "stochastic")) {
      test("quant/" + quantizer, "io.earlybird.lowprecision.QuantizerGoldenTest");
    }
    pending("quant/extremes", "for information: our own rule is another, see BlockFloat");

    for (String family : List.of("resnet18", "resnet50")) {
      test("models/" + family + "/structure", "io.earlybird.models.ModelStructureGoldenTest");
      test("models/" + family + "/numeric", "io.earlybird.models.ModelNumericGoldenTest");
      test("prune/" + family, "io.earlybird.tickets.PruneGoldenTest");
    }
    test("data/imagenet", "io.earlybird.data.picture.FolderImageGoldenTest");
    test("prune/crashes", "io.earlybird.cli.OriginalCrashesGoldenTest");

    test("checkpoints/object", CHECKPOINTS);
    test("checkpoints/malformed", CHECKPOINTS);
    test("checkpoints/training-run", CHECKPOINTS);
    test("checkpoints/retraining-behaviour", CHECKPOINTS);
    test("data/cifar/augmented", "io.earlybird.data.CifarImageGoldenTest");
    test("data/cifar/lowpass", "io.earlybird.data.ImageFilterGoldenTest");
    test("data/cifar/highpass", "io.earlybird.data.ImageFilterGoldenTest");
    test("data/behaviour", "io.earlybird.data.ImageFilterGoldenTest");
  }

  private GoldenRegistry() {}

  /**
   * What is done with a kind: exactly one of the two is given.
   *
   * @param testClass the class that runs it, or null
   * @param pending why nothing runs it yet, or null
   */
  public record Entry(String testClass, String pending) {}

  /** Every registered kind. */
  public static Map<String, Entry> kinds() {
    return Collections.unmodifiableMap(KINDS);
  }

  /** All cases of the folder in use. */
  public static List<GoldenCase> cases() {
    return GoldenWalk.cases(GoldenFolder.locate());
  }

  /** The cases of one kind in the folder in use; maybe none. */
  public static List<GoldenCase> cases(String kind) {
    return cases().stream().filter(c -> c.kind().equals(kind)).toList();
  }

  /**
   * One test for each case of the kind.
   *
   * @param test the class that calls; it must be the one registered for the kind
   */
  public static Stream<DynamicTest> tests(
      Class<?> test, String kind, ThrowingConsumer<GoldenCase> check) {
    Entry entry = KINDS.get(kind);
    if (entry == null || !test.getName().equals(entry.testClass())) {
      throw new IllegalStateException(kind + " is not registered for " + test.getName());
    }
    return cases(kind).stream()
        .map(c -> DynamicTest.dynamicTest(c.toString(), () -> check.accept(c)));
  }

  /** The cases whose kind is not registered. */
  static List<GoldenCase> unregistered(List<GoldenCase> cases) {
    return cases.stream().filter(c -> !KINDS.containsKey(c.kind())).toList();
  }

  private static void test(String kind, String testClass) {
    register(kind, new Entry(testClass, null));
  }

  private static void pending(String kind, String reason) {
    register(kind, new Entry(null, reason));
  }

  private static void register(String kind, Entry entry) {
    if (KINDS.put(kind, entry) != null) {
      throw new IllegalStateException(kind + " twice");
    }
  }
}
