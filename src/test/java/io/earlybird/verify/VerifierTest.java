package io.earlybird.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.EarlybirdException;
import io.earlybird.backend.Backend;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.Add;
import io.earlybird.tensor.op.AvgPool2d;
import io.earlybird.tensor.op.BatchNorm;
import io.earlybird.tensor.op.BatchNormBackward;
import io.earlybird.tensor.op.BatchNormRelu;
import io.earlybird.tensor.op.BatchNormReluBackward;
import io.earlybird.tensor.op.Conv2d;
import io.earlybird.tensor.op.Conv2dBackwardData;
import io.earlybird.tensor.op.Conv2dBackwardWeight;
import io.earlybird.tensor.op.Linear;
import io.earlybird.tensor.op.MaxPool2d;
import io.earlybird.tensor.op.MultiQuantizedSgdUpdate;
import io.earlybird.tensor.op.MultiSgdUpdate;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.Relu;
import io.earlybird.tensor.op.Select;
import io.earlybird.tensor.op.SgdUpdate;
import io.earlybird.tensor.op.SoftmaxCrossEntropy;
import io.earlybird.verify.VerifyRow.Verdict;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class VerifierTest {
  private static final int CASES = 20;

  private static VerifyReport verify(Backend backend, VerifyOptions options) {
    try (backend) {
      VerifyReport report = new Verifier(List.of(backend), options).run();
      assertThat(backend.liveBytes()).isZero();
      return report;
    }
  }

  @Test
  void theReferenceAgreesWithItself() {
    VerifyReport report = verify(new ReferenceBackend(DType.F32), VerifyOptions.quick());
    assertThat(report.ok()).as(report.toTable()).isTrue();
    assertThat(report.rows())
        .filteredOn(row -> row.verdict() == Verdict.UNSUPPORTED)
        .extracting(VerifyRow::op)
        .containsExactlyInAnyOrder(
            "Conv2dEpilogue",
            "BatchNormRelu",
            "BatchNormInferenceRelu",
            "BatchNormReluBackward",
            "BatchNormReluBackwardAdd",
            "BatchNormStatistics",
            "BatchNormReluConv2d",
            "BatchNormReluConv2dBackward",
            "BatchNormReluConv2dBackwardWeight",
            "MultiSgdUpdate",
            "MultiQuantizedSgdUpdate");
    assertThat(report.rows())
        .filteredOn(row -> row.verdict() == Verdict.OK)
        .allSatisfy(row -> assertThat(row.worstShare()).isBetween(0., 1.));
  }

  @Test
  void fp64StorageStaysWithinTheToleranceOfFp32() {
    VerifyOptions options =
        VerifyOptions.quick().withOps(Set.of("Conv2d", "BatchNorm", "SoftmaxCrossEntropy"));
    VerifyReport report = verify(new ReferenceBackend(DType.F64), options);
    assertThat(report.ok()).as(report.toTable()).isTrue();
  }

  @Test
  void fusedOpsAreJudgedAgainstTheirConstituents() {
    FaultyBackend.Fault none = (right, backend, request, in, out) -> right;
    VerifyReport report = verify(new FaultyBackend(Add.class, none), VerifyOptions.quick());
    assertThat(report.rows()).allMatch(row -> row.verdict() == Verdict.OK);
  }

  static Stream<Arguments> faults() {
    FaultyBackend.Fault channel = Faults::lastChannelWrong;
    FaultyBackend.Fault past = Faults::onePastTheEnd;
    FaultyBackend.Fault skipped = Faults::lastElementSkipped;
    FaultyBackend.Fault operand = Faults::operandChanged;
    FaultyBackend.Fault clears = Faults::clearsBeforeItReads;
    FaultyBackend.Fault nan = Faults::nanLost;
    FaultyBackend.Fault narrow = Faults::accumulatorTooNarrow;
    return Stream.of(
        Arguments.of(Conv2d.class, channel, "result 0 differs first at ["),
        Arguments.of(BatchNorm.class, channel, "result 0 differs"),
        Arguments.of(BatchNormBackward.class, channel, "result 0 differs"),
        Arguments.of(SgdUpdate.class, channel, "result 0 differs"),
        Arguments.of(SoftmaxCrossEntropy.class, channel, "result 0 differs"),
        Arguments.of(Conv2d.class, past, "wrote byte 0 past the end of result 0"),
        Arguments.of(Relu.class, past, "wrote byte 0 past the end of result 0"),
        Arguments.of(AvgPool2d.class, past, "wrote byte 0 past the end of result 0"),
        Arguments.of(Linear.class, skipped, "found NaN"),
        Arguments.of(Select.class, skipped, "found NaN"),
        Arguments.of(Conv2dBackwardWeight.class, skipped, "found NaN"),
        Arguments.of(Add.class, operand, "changed byte 0 of operand 0"),
        Arguments.of(Relu.class, clears, "result 0 written over operand 0 differs"),
        Arguments.of(BatchNormRelu.class, channel, "result 0 differs first at ["),
        Arguments.of(BatchNormReluBackward.class, channel, "result 0 differs first at ["),
        Arguments.of(MultiSgdUpdate.class, channel, "result 0 differs first at ["),
        Arguments.of(MultiQuantizedSgdUpdate.class, channel, "result 0 differs first at ["),
        Arguments.of(BatchNormRelu.class, past, "past the end of result 0"),
        Arguments.of(MaxPool2d.class, nan, "expected NaN, found 0.0"),
        Arguments.of(Conv2d.class, nan, "expected NaN, found 0.0"),
        Arguments.of(Conv2d.class, narrow, "tolerance"));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void anInjectedFaultTurnsItsOpRed(
      Class<? extends Op> op, FaultyBackend.Fault fault, String detail) {
    String name = op.getSimpleName();
    VerifyOptions options = new VerifyOptions(CASES, 0, 5, Set.of(name, "Fill"));
    VerifyReport report = verify(new FaultyBackend(op, fault), options);
    assertThat(report.ok()).isFalse();
    assertThat(report.rows())
        .filteredOn(row -> row.verdict() == Verdict.FAILED)
        .singleElement()
        .satisfies(
            row -> {
              assertThat(row.op()).isEqualTo(name);
              assertThat(row.detail()).contains(detail).contains("of seed 5").contains(name);
            });
    assertThat(report.toTable()).contains("failed " + name + " on faulty: case ");
    assertThat(report.verdict()).startsWith("FAILED: 1 of 2 rows agree");
  }

  @Test
  void anExceptionIsAFailureOfItsOp() {
    FaultyBackend.Fault crash =
        (right, backend, request, in, out) -> {
          throw new IllegalStateException("status 7");
        };
    VerifyReport report =
        verify(new FaultyBackend(Add.class, crash), new VerifyOptions(2, 0, 1, Set.of("Add")));
    assertThat(report.rows().get(0).detail()).contains("status 7");
    assertThat(report.ok()).isFalse();
  }

  @Test
  void theSameSeedGivesTheSameReport() {
    VerifyOptions options = new VerifyOptions(3, 1, 9, Set.of("Conv2d", "Linear"));
    String first = verify(new ReferenceBackend(DType.F32), options).toJson();
    assertThat(verify(new ReferenceBackend(DType.F32), options).toJson()).isEqualTo(first);
  }

  @Test
  void jsonHoldsEveryRow() throws IOException {
    VerifyOptions options = new VerifyOptions(2, 1, 1, Set.of("Relu"));
    JsonNode json =
        new ObjectMapper().readTree(verify(new ReferenceBackend(DType.F32), options).toJson());
    assertThat(json.get("ok").asBoolean()).isTrue();
    assertThat(json.get("rows")).hasSize(2);
    assertThat(json.get("rows").get(0).get("op").asText()).isEqualTo("Relu");
    assertThat(json.get("rows").get(0).get("exact").asBoolean()).isTrue();
    assertThat(json.get("rows").get(1).get("direction").asText()).isEqualTo("gradient");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Conv2d", "Conv2dBackwardData", "Conv2dBackwardWeight"})
  void theNetworksOwnConvolutionsAreAmongTheCases(String op) {
    Verifier verifier = new Verifier(List.of(), VerifyOptions.full());
    CaseTable.Entry entry =
        StreamSupport.stream(CaseTable.entries().spliterator(), false)
            .filter(e -> e.name().equals(op))
            .findFirst()
            .orElseThrow();
    Map<String, Integer> seen = new TreeMap<>();
    for (int i = 0; i < VerifyOptions.full().cases(); i++) {
      seen.merge(window(verifier.make(entry, i)), 1, Integer::sum);
    }
    for (String usual :
        List.of("3x3 / 1, 1", "3x3 / 2, 1", "1x1 / 1, 0", "1x1 / 2, 0", "7x7 / 2, 3")) {
      assertThat(seen.getOrDefault(usual, 0)).as("%s of %s", usual, seen).isGreaterThan(2);
    }
  }

  /** Extents of the window, stride and padding. */
  private static String window(OpCase made) {
    if (made.op() instanceof Conv2dBackwardWeight w) {
      return w.kernelHeight() + "x" + w.kernelWidth() + " / " + w.stride() + ", " + w.padding();
    }
    Shape weight = made.specs().get(1).shape();
    String extents = weight.dim(2) + "x" + weight.dim(3) + " / ";
    return made.op() instanceof Conv2d c
        ? extents + c.stride() + ", " + c.padding()
        : made.op() instanceof Conv2dBackwardData d
            ? extents + d.stride() + ", " + d.padding()
            : "";
  }

  @Test
  void anUnknownOpIsAClearError() {
    VerifyOptions options = VerifyOptions.quick().withOps(Set.of("Conv3d"));
    assertThatThrownBy(() -> new Verifier(List.of(), options))
        .isInstanceOf(EarlybirdException.class)
        .hasMessage("no op to verify is named Conv3d");
  }
}
