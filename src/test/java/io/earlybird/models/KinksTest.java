package io.earlybird.models;

import static io.earlybird.models.Kinks.less;
import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.golden.Closeness;
import io.earlybird.golden.Generator;
import io.earlybird.tensor.HostTensor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Jumps of gradients are found again in a difference that they make up, and no more than them. */
class KinksTest {
  private final Kinks kinks = kinks();

  /** A network with ReLU and max pooling, so coarse a rounding that some values lie within it. */
  private static Kinks kinks() {
    NetworkSpec spec =
        NetworkSpec.of("vgg", Cfg.parse("[4, 'M', 6, 'M', 8, 8, 'M', 9, 9, 'M', 9, 9]"), 10);
    StandardNetwork network = Network.of(spec);
    int[] shape = {2, 3, NetworkSpec.CIFAR_SIZE, NetworkSpec.CIFAR_SIZE};
    HostTensor pictures = GoldenNetworks.pictures(Generator.input(3, shape));
    HostTensor labels = HostTensor.of(Generator.labels(3, 2, 10), 2);
    return new Kinks(network, network.initialState(3), pictures, labels, 1e-4);
  }

  @Test
  void jumpsAreFound() {
    assertThat(kinks.size()).isBetween(3, 40);
    Map<String, double[]> difference =
        less(kinks.gradients(List.of(0, 2)), kinks.gradients(List.of(1)));
    assertThat(largest(difference)).isPositive();
    assertThat(largest(less(difference, kinks.explain(difference))))
        .isLessThan(1e-3 * largest(difference));
  }

  @Test
  void noMoreThanAJump() {
    Map<String, double[]> jump = less(kinks.gradients(List.of(0)), kinks.gradients(List.of()));
    Map<String, double[]> nothing = less(jump, jump);
    Map<String, double[]> thrice = less(less(jump, less(nothing, jump)), less(nothing, jump));
    assertThat(largest(less(thrice, kinks.explain(thrice)))).isGreaterThan(0.5 * largest(jump));
  }

  private static double largest(Map<String, double[]> gradients) {
    return gradients.values().stream().mapToDouble(Closeness::largest).max().orElseThrow();
  }
}
