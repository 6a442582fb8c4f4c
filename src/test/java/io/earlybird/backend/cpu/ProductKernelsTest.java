package io.earlybird.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.Form;
import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Program;
import io.earlybird.backend.Slice;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Linear;
import io.earlybird.tensor.op.LinearBackwardData;
import io.earlybird.tensor.op.LinearBackwardWeight;
import io.earlybird.tensor.op.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ProductKernelsTest {
  private static final int[] WIDTHS = {1, 3, 7, 8, 16, 17, 32, 33};

  /** Of the design's tolerance {@code c u sqrt(K) sum |a b|}. */
  private static final double C = 4;

  private static CpuBackend one;
  private static CpuBackend two;
  private static OneOp onOne;
  private static OneOp onTwo;

  private record Case(Op op, List<HostTensor> inputs) {
    List<TensorSpec> specs() {
      return inputs.stream().map(HostTensor::spec).toList();
    }
  }

  @BeforeAll
  static void open() {
    one = new CpuBackend(1);
    two = new CpuBackend(2);
    onOne = new OneOp(one);
    onTwo = new OneOp(two);
  }

  @AfterAll
  static void close() {
    onOne.close();
    onTwo.close();
    assertThat(one.liveBytes()).isZero();
    assertThat(two.liveBytes()).isZero();
    one.close();
    two.close();
  }

  /** The three products of a convolution of seeded random shape. */
  private static List<Case> convolution(long seed) {
    Random random = new Random(seed);
    int kernel = new int[] {1, 1, 3, 3, 3, 5}[random.nextInt(6)];
    int stride = 1 + random.nextInt(2);
    int padding = random.nextInt(kernel / 2 + 1);
    int n = 1 + random.nextInt(4);
    int h = kernel + random.nextInt(8);
    int w = kernel + random.nextInt(8);
    int in = WIDTHS[random.nextInt(WIDTHS.length)];
    int out = WIDTHS[random.nextInt(WIDTHS.length)];
    Conv2d op = new Conv2d(stride, padding);
    HostTensor x = OneOp.random(seed, TensorSpec.f32(n, h, w, in));
    HostTensor weight = OneOp.random(seed + 1, TensorSpec.f32(out, in, kernel, kernel));
    HostTensor dy = OneOp.random(seed + 2, op.infer(List.of(x.spec(), weight.spec())).get(0));
    return List.of(
        new Case(op, List.of(x, weight)),
        new Case(new Conv2dBackwardData(stride, padding, h, w), List.of(dy, weight)),
        new Case(new Conv2dBackwardWeight(stride, padding, kernel, kernel), List.of(x, dy)));
  }

  /** The three products of a linear layer of seeded random shape. */
  private static List<Case> linear(long seed) {
    Random random = new Random(seed);
    int n = 1 + random.nextInt(20);
    int in = 1 + random.nextInt(70);
    int out = WIDTHS[random.nextInt(WIDTHS.length)];
    HostTensor x = OneOp.random(seed, TensorSpec.f32(n, in));
    HostTensor weight = OneOp.random(seed + 1, TensorSpec.f32(out, in));
    HostTensor bias = OneOp.random(seed + 2, TensorSpec.f32(out));
    HostTensor dy = OneOp.random(seed + 3, TensorSpec.f32(n, out));
    return List.of(
        new Case(new Linear(), List.of(x, weight, bias)),
        new Case(new LinearBackwardData(), List.of(dy, weight)),
        new Case(new LinearBackwardWeight(), List.of(x, dy)));
  }

  private static List<Case> cases(int count) {
    List<Case> cases = new ArrayList<>();
    for (int seed = 0; seed < count; seed++) {
      cases.addAll(convolution(1000 + seed));
      cases.addAll(linear(2000 + seed));
    }
    return cases;
  }

  @Test
  void randomShapesAgreeWithTheReference() {
    for (Case test : cases(14)) {
      OneOp.check(test.op, test.inputs, onTwo.run(test.op, test.inputs), C);
    }
    assertThat(two.choices().values()).noneMatch(name -> name.contains("ref"));
  }

  /** oneDNN's code for such weight gradients is wrong where channels don't fill a vector. */
  @Test
  void stridedPixelwiseGradientsOfFewChannelsAreRight() {
    for (int in : new int[] {1, 3, 7, 9, 15, 17}) {
      HostTensor x = OneOp.random(in, TensorSpec.f32(2, 8, 8, in));
      HostTensor dy = OneOp.random(100 + in, TensorSpec.f32(2, 4, 4, 6));
      Conv2dBackwardWeight op = new Conv2dBackwardWeight(2, 0, 1, 1);
      OneOp.check(op, List.of(x, dy), onTwo.run(op, List.of(x, dy)), C);
    }
  }

  @Test
  void everyCandidateAgreesWithTheReferenceAndNoneIsOneDnnsOwnReference() {
    for (Case test : cases(5)) {
      Form weight =
          test.op instanceof Conv2dBackwardData ? formOfWeight(new Conv2d(1, 0), test) : null;
      KernelRequest request =
          weight == null
              ? OneOp.request(test.op, test.specs())
              : OneOp.request(test.op, test.specs(), Form.plain(test.specs().get(0)), weight);
      List<Candidate> candidates = ProductKernels.candidates(request, one);
      assertThat(candidates).isNotEmpty();
      for (Candidate candidate : candidates) {
        assertThat(candidate.name()).doesNotContain("ref");
        try (Kernel kernel = candidate.kernel().get()) {
          assertThat(kernel.choice()).isEqualTo(candidate.name());
          OneOp.check(test.op, test.inputs, onOne.run(kernel, test.op, test.inputs), C);
        }
      }
    }
  }

  /** The form that the weight of a case has after a forward product chose it. */
  private static Form formOfWeight(Conv2d forward, Case test) {
    TensorSpec weight = test.specs().get(1);
    TensorSpec x = TensorSpec.f32(2, 8, 8, weight.shape().dim(1));
    KernelRequest request = OneOp.request(forward, List.of(x, weight), Form.plain(x), null);
    try (Kernel kernel = one.prepare(request)) {
      return kernel.inputForms().get(1);
    }
  }

  @Test
  void aWeightWithoutStorageMayTakeAnyForm() {
    TensorSpec x = TensorSpec.f32(2, 8, 8, 17);
    TensorSpec w = TensorSpec.f32(33, 17, 3, 3);
    KernelRequest request = OneOp.request(new Conv2d(1, 1), List.of(x, w), Form.plain(x), null);
    try (Kernel kernel = one.prepare(request)) {
      Form form = kernel.inputForms().get(1);
      assertThat(form.isPlain()).isFalse();
      assertThat(form.bytes()).isGreaterThanOrEqualTo(Form.plain(w).bytes());
      assertThat(kernel.inputForms().get(0)).isEqualTo(Form.plain(x));
      assertThat(kernel.outputForms()).containsExactly(Form.plain(request.outputs().get(0)));
      try (Kernel again = one.prepare(request)) {
        assertThat(again.inputForms()).isEqualTo(kernel.inputForms());
        assertThat(again.inputForms().hashCode()).isEqualTo(kernel.inputForms().hashCode());
      }
    }
  }

  @Test
  void reordersThereAndBackChangeNothingAndPadWithZeros() {
    for (int width : WIDTHS) {
      TensorSpec w = TensorSpec.f32(width, 50 - width, 3, 3);
      Case test =
          new Case(
              new Conv2dBackwardData(1, 1, 6, 6),
              List.of(HostTensor.zeros(TensorSpec.f32(2, 6, 6, width)), OneOp.random(width, w)));
      Form forward = formOfWeight(new Conv2d(1, 1), test);
      try (Kernel kernel = one.prepare(OneOp.request(test.op, test.specs()))) {
        Form backward = kernel.inputForms().get(1);
        HostTensor value = test.inputs.get(1);
        Form plain = Form.plain(w);
        Slice slice = onOne.slice(plain.bytes());
        one.write(slice, value);
        Slice there = onOne.reorder(w, slice, plain, forward);
        float[] stored = new float[(int) forward.elements()];
        CpuMemory.floats(there).get(stored);
        int padding = stored.length - (int) w.size();
        int zeros = 0;
        for (float v : stored) {
          assertThat(v).isNotNaN();
          zeros += v == 0 ? 1 : 0;
        }
        assertThat(zeros).isGreaterThanOrEqualTo(padding);
        Slice back = onOne.reorder(w, onOne.reorder(w, there, forward, backward), backward, plain);
        assertThat(one.read(back, w)).isEqualTo(value);
      }
    }
  }

  @Test
  void forwardAndBackwardDataHaveTheSameBitsForOneAndTwoThreads() {
    Map<String, String> chosen = one.choices();
    for (Case test : cases(6)) {
      if (test.op instanceof Conv2dBackwardWeight || test.op instanceof LinearBackwardWeight) {
        continue;
      }
      KernelRequest request = OneOp.request(test.op, test.specs());
      List<Candidate> single = ProductKernels.candidates(request, one);
      List<Candidate> pair = ProductKernels.candidates(request, two);
      for (Candidate candidate : single) {
        Candidate same =
            pair.stream().filter(c -> c.name().equals(candidate.name())).findFirst().orElseThrow();
        CpuLibrary.setThreads(1);
        List<HostTensor> first;
        try (Kernel kernel = candidate.kernel().get()) {
          first = onOne.run(kernel, test.op, test.inputs);
        }
        CpuLibrary.setThreads(2);
        try (Kernel kernel = same.kernel().get()) {
          assertThat(onTwo.run(kernel, test.op, test.inputs))
              .as("%s %s %s", candidate.name(), test.op, test.inputs)
              .isEqualTo(first);
        }
      }
    }
    assertThat(one.choices()).isEqualTo(chosen);
  }

  @Test
  void weightGradientsAreTheSameFromRunToRun() {
    for (Case test : cases(3)) {
      assertThat(onTwo.run(test.op, test.inputs))
          .as(test.op.toString())
          .isEqualTo(onTwo.run(test.op, test.inputs));
    }
  }

  @Test
  void aRecordedChoiceIsUsedAndAnUnknownOneRefused() {
    Case test = convolution(1001).get(0);
    KernelRequest request = OneOp.request(test.op, test.specs());
    String key = KernelChoices.key(request, one);
    List<Candidate> candidates = ProductKernels.candidates(request, one);
    String last = candidates.get(candidates.size() - 1).name();
    try (CpuBackend recorded = new CpuBackend(1, Map.of(key, last));
        Kernel kernel = recorded.prepare(request)) {
      assertThat(kernel.choice()).isEqualTo(last);
      assertThat(recorded.choices()).containsEntry(key, last);
    }
    try (CpuBackend unknown = new CpuBackend(1, Map.of(key, "magic"))) {
      assertThatThrownBy(() -> unknown.prepare(request))
          .isInstanceOf(EarlybirdException.class)
          .hasMessageContaining("\"magic\"")
          .hasMessageContaining(last);
    }
  }

  @Test
  void whereTheWeightDoesNotLieAsAChoiceWantsItAnotherIsMadeAndStays() {
    Case test = convolution(1001).get(0);
    KernelRequest request = OneOp.request(test.op, test.specs());
    String key = KernelChoices.key(request, one);
    String first = ProductKernels.candidates(request, one).get(0).name();
    for (String code : List.of(first, "magic")) {
      String elsewhere = WeightLayout.AS_IS + code;
      try (CpuBackend recorded = new CpuBackend(1, Map.of(key, elsewhere));
          Kernel kernel = recorded.prepare(request);
          Kernel again = recorded.prepare(request)) {
        assertThat(kernel.choice()).isEqualTo(first);
        assertThat(again.choice()).isEqualTo(first);
        assertThat(recorded.choices()).containsEntry(key, elsewhere).containsValue(first);
      }
    }
  }

  @Test
  void largeProductsAreMeasuredAndTheChoiceStays() {
    Conv2d op = new Conv2d(1, 0);
    TensorSpec x = TensorSpec.f32(4, 32, 32, 64);
    TensorSpec w = TensorSpec.f32(32, 64, 1, 1);
    KernelRequest request = OneOp.request(op, List.of(x, w), Form.plain(x), null);
    long live = two.liveBytes();
    try (Kernel kernel = two.prepare(request);
        Kernel again = two.prepare(request)) {
      assertThat(names(request)).hasSizeGreaterThan(1).contains(kernel.choice());
      assertThat(again.choice()).isEqualTo(kernel.choice());
      assertThat(two.choices()).containsEntry(KernelChoices.key(request, two), kernel.choice());
    }
    assertThat(two.liveBytes()).isEqualTo(live);
  }

  @Test
  void buildingAndClosingKernelsLeavesNothingBehind() {
    Case test = convolution(1003).get(1);
    KernelRequest request = OneOp.request(test.op, test.specs());
    buildAndClose(request, 1);
    long objects = Pointer.totalCount();
    buildAndClose(request, 20);
    assertThat(Pointer.totalCount()).as("native objects").isEqualTo(objects);
  }

  private static void buildAndClose(KernelRequest request, int times) {
    Slice all = onOne.slice(1 << 20);
    for (int i = 0; i < times; i++) {
      try (Kernel kernel = one.prepare(request)) {
        kernel.bind(List.of(all, all), List.of(all), all);
      }
    }
  }

  @Test
  void aStepAllocatesNothingOnTheJavaHeap() {
    Case test = convolution(1003).get(2);
    try (Kernel kernel = two.prepare(OneOp.request(test.op, test.specs()))) {
      List<Slice> in = kernel.inputForms().stream().map(f -> onTwo.slice(f.bytes())).toList();
      List<Slice> out = kernel.outputForms().stream().map(f -> onTwo.slice(f.bytes())).toList();
      Slice scratch = onTwo.slice(kernel.scratchBytes());
      Program program =
          two.program(List.of(kernel.bind(in, out, kernel.scratchBytes() == 0 ? null : scratch)));
      assertThat(Allocations.ofHundredRuns(program::run)).isZero();
    }
  }

  @Test
  void operandsOfOtherTypesAndEmptyOnesAreNotSupported() {
    TensorSpec w = TensorSpec.f32(4, 3, 3, 3);
    assertThat(one.supports(new Conv2d(1, 1), List.of(TensorSpec.f32(1, 4, 4, 3), w)).ok())
        .isTrue();
    TensorSpec bytes = TensorSpec.of(DType.U8, 1, 4, 4, 3);
    assertThat(one.supports(new Conv2d(1, 1), List.of(bytes, w)).reason()).contains("f32");
    assertThat(one.supports(new Conv2d(1, 1), List.of(TensorSpec.f32(0, 4, 4, 3), w)).ok())
        .isFalse();
  }

  @Test
  void theListOfCandidatesIsTheSameEveryTime() {
    Case test = convolution(1001).get(1);
    KernelRequest request = OneOp.request(test.op, test.specs());
    List<String> before = names(request);
    one.prepare(request).close();
    try (Kernel open = one.prepare(request)) {
      assertThat(names(request)).contains(open.choice()).isEqualTo(before);
    }
  }

  private static List<String> names(KernelRequest request) {
    return ProductKernels.candidates(request, one).stream().map(Candidate::name).toList();
  }

  @Test
  void referenceImplementationsAreToldByName() {
    assertThat(Formulation.isReference("ref:any")).isTrue();
    assertThat(Formulation.isReference("ref_int8:any")).isTrue();
    assertThat(Formulation.isReference("brg_conv_fwd:avx2")).isFalse();
  }
}
