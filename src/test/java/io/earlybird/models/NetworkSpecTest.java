package io.earlybird.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.EarlybirdException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NetworkSpecTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          lenet  | 5  | 10 | 32 | unknown arch 'lenet': expected vgg or resnet
          vgg    | 15 | 10 | 32 | vgg: unknown depth 15, expected one of [11, 13, 16, 19] or a cfg
          vgg    | 0  | 10 | 32 | vgg: unknown depth 0, expected one of [11, 13, 16, 19] or a cfg
          vgg    | 16 | 10 | 64 | vgg: 4 poolings and the final average pooling want pictures of 2^5
          vgg    | 16 | 0  | 32 | classes: expected at least 1, got 0
          resnet | 18 | 10 | 32 | resnet: unknown depth 18, expected 9n+2: 11, 20, 29
          resnet | 2  | 10 | 32 | resnet: unknown depth 2, expected 9n+2
          resnet | -7 | 10 | 32 | resnet: unknown depth -7, expected 9n+2
          resnet | 20 | 10 | 30 | resnet: expected pictures of a multiple of 4 pixels a side, got 30
          """)
  void saysWhatIsPossible(String arch, int depth, int classes, int size, String message) {
    assertThatThrownBy(() -> new NetworkSpec(arch, depth, null, classes, size))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageStartingWith(message)
        .hasMessageNotContaining("\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          vgg    | 8,M,8,M,8,M,8,M   | vgg: cfg must end in a width
          vgg    | M                 | vgg: cfg must end in a width
          vgg    | 8,M,8             | vgg: 1 poolings and the final average pooling want
          vgg    | 8,0,8             | cfg: expected positive widths and 'M', found 0
          vgg    | 8,x               | cfg: expected positive widths and 'M', found x
          vgg    | 99999999999,8     | cfg: expected positive widths and 'M', found 99999999999
          resnet | 1,2,3             | resnet: unknown depth 4
          resnet | 1,M,3,4,5,6,7,8,9,9 | resnet: depth 11 wants a cfg of 10 widths
          """)
  void refusesImpossibleWidths(String arch, String cfg, String message) {
    assertThatThrownBy(() -> NetworkSpec.of(arch, Cfg.parse(cfg), 10))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageStartingWith(message)
        .hasMessageNotContaining("\n");
  }

  @Test
  void derivesTheDepthFromTheWidths() {
    assertThat(NetworkSpec.of("vgg", Cfg.parse("[4, 'M', 6, 'M', 8, 8, 'M', 9, 9, 'M', 9, 9]"), 10))
        .hasToString("vgg11 [4, 'M', 6, 'M', 8, 8, 'M', 9, 9, 'M', 9, 9] (10 classes)");
    NetworkSpec full = NetworkSpec.of("resnet", 20, 10);
    assertThat(NetworkSpec.of("resnet", full.widths(), 10).depth()).isEqualTo(20);
  }

  @Test
  void survivesJson() throws Exception {
    for (NetworkSpec spec :
        new NetworkSpec[] {
          NetworkSpec.of("resnet", 20, 100),
          NetworkSpec.of("vgg", Cfg.parse("4,M,6,M,8,8,M,9,9,M,9,9"), 10)
        }) {
      String json = JSON.writeValueAsString(spec);
      assertThat(JSON.readValue(json, NetworkSpec.class)).as(json).isEqualTo(spec);
    }
    assertThat(JSON.writeValueAsString(NetworkSpec.of("vgg", 16, 10)))
        .isEqualTo("{\"arch\":\"vgg\",\"depth\":16,\"classes\":10,\"inputSize\":32}");
  }

  @Test
  void countsTrainingAsThePaperDoes() {
    Costs costs = Costs.of(Network.of(NetworkSpec.of("vgg", 16, 10)));
    assertThat(costs.trainingFlops(50_000, 160) / Costs.PAPER_UNIT).isBetween(301.0, 302.5);
  }
}
