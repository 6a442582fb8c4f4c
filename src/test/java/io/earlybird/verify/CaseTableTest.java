package io.earlybird.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.autograd.Gradients;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.op.FusedOp;
import io.earlybird.tensor.op.LeafOp;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.ViewOp;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CaseTableTest {
  static Stream<Class<?>> ops() {
    return concrete(Op.class);
  }

  private static Stream<Class<?>> concrete(Class<?> type) {
    return type.isSealed()
        ? Stream.of(type.getPermittedSubclasses()).flatMap(CaseTableTest::concrete)
        : Stream.of(type);
  }

  @ParameterizedTest
  @MethodSource("ops")
  void everyOpWithAKernelIsVerified(Class<?> type) {
    boolean hasKernel =
        !LeafOp.class.isAssignableFrom(type) && !ViewOp.class.isAssignableFrom(type);
    assertThat(CaseTable.has(type)).isEqualTo(hasKernel);
  }

  @ParameterizedTest
  @MethodSource("ops")
  void casesAreOfTheirOp(Class<?> type) {
    for (CaseTable.Entry entry : CaseTable.entries()) {
      if (entry.op() == type) {
        for (int seed = 0; seed < 20; seed++) {
          OpCase made = entry.factory().apply(new CaseRandom(seed, seed % 2 == 1, false));
          assertThat(made.op()).isInstanceOf(type);
          assertThat(made.op().infer(made.specs())).isNotEmpty();
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ops")
  void everyGradientRuleIsChecked(Class<?> type) {
    for (CaseTable.Entry entry : CaseTable.entries()) {
      if (entry.op() == type && !FusedOp.class.isAssignableFrom(type)) {
        OpCase made = entry.factory().apply(new CaseRandom(1, false, false));
        assertThat(GradientCases.has(type)).isEqualTo(hasRule(made));
      }
    }
  }

  private static boolean hasRule(OpCase made) {
    List<Tensor> operands =
        made.specs().stream().map(spec -> Tensor.placeholder("operand", spec)).toList();
    Tensor y = Node.of(made.op(), operands).output(0);
    try {
      Gradients gradients = Gradients.of(y, Tensor.placeholder("dy", y.spec()), operands);
      return operands.stream().anyMatch(operand -> gradients.of(operand) != null);
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageContaining("no gradient rule");
      return false;
    }
  }
}
