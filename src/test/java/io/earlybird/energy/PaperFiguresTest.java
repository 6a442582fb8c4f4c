package io.earlybird.energy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.earlybird.models.Costs;
import io.earlybird.models.Network;
import io.earlybird.models.NetworkSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The paper's column of FLOPs from our counts. */
class PaperFiguresTest {
  private static final double DENSE =
      PaperFigures.trainingUnits(
          Costs.of(Network.of(NetworkSpec.of("vgg", 16, 10))).flops(), PaperFigures.EPOCHS);

  @Test
  void aDenseTrainingAndALotteryTicket() {
    assertThat(Math.round(DENSE)).isEqualTo(302);
    assertThat(Math.round(2 * DENSE)).isEqualTo(605);
    double hundred =
        PaperFigures.trainingUnits(
            Costs.of(Network.of(NetworkSpec.of("vgg", 16, 100))).flops(), PaperFigures.EPOCHS);
    assertThat(Math.round(hundred)).isEqualTo(302);
    assertThat(PaperFigures.CELLS)
        .filteredOn(c -> c.method().equals(Methods.LOTTERY))
        .hasSize(6)
        .allMatch(c -> c.flopUnits() == 605);
    assertThat(PaperFigures.CELLS)
        .filteredOn(c -> c.method().equals(Methods.SNIP))
        .hasSize(6)
        .allMatch(c -> c.flopUnits() == 302);
  }

  /** The search is shared, the pruned network trained for the epochs after the drawing. */
  @ParameterizedTest
  @CsvSource({
    "cifar100, 0.1, 25",
    "cifar100, 0.3, 20",
    "cifar100, 0.5, 13",
    "cifar10, 0.3, 23",
    "cifar10, 0.5, 20"
  })
  void inheritedAgainstFresh(String dataset, double ratio, int epoch) {
    double reinit = PaperFigures.find(dataset, Methods.REINIT, ratio).orElseThrow().flopUnits();
    double inherited = PaperFigures.find(dataset, Methods.EB, ratio).orElseThrow().flopUnits();
    assertThat(PaperFigures.inherited(DENSE, reinit, epoch)).isCloseTo(inherited, within(1.0));
    // The other way round: our composition of both figures from the same pruned network.
    double pruned = reinit - DENSE * epoch / PaperFigures.EPOCHS;
    assertThat(pruned).isBetween(0.3 * DENSE, DENSE);
  }

  @Test
  void thePrintedFiguresOfCifar100() {
    assertThat(flops("cifar100", Methods.REINIT)).containsExactly(326, 273, 212);
    assertThat(flops("cifar100", Methods.EB)).containsExactly(282, 243, 197);
  }

  private static double[] flops(String dataset, String method) {
    return PaperFigures.CELLS.stream()
        .filter(c -> c.dataset().equals(dataset) && c.method().equals(method))
        .mapToDouble(PaperFigures.Cell::flopUnits)
        .toArray();
  }

  @Test
  void theInconsistentCellIsNamed() {
    assertThat(PaperFigures.inconsistencies())
        .containsExactly(
            "cifar10, EB Train, p = 70%: 197 units, above the 189 of EB Train re-init");
  }

  @Test
  void everyRowIsThere() {
    assertThat(PaperFigures.CELLS).hasSize(48);
    assertThat(PaperFigures.find("cifar10", Methods.LL, 0.7).orElseThrow().kilojoules())
        .isEqualTo(36.5);
    assertThat(PaperFigures.find("cifar10", Methods.DENSE, 0)).isEmpty();
  }
}
