package io.earlybird.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.earlybird.EarlybirdException;
import java.util.ArrayList;
import java.util.List;
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
          lenet  | 5  | 10 | 32 | unknown arch 'lenet': expected vgg, resnet, resnet18, resnet34, resnet50_official or resnet50_prune
          vgg    | 15 | 10 | 32 | vgg: unknown depth 15, expected one of [11, 13, 16, 19] or a cfg
          vgg    | 0  | 10 | 32 | vgg: unknown depth 0, expected one of [11, 13, 16, 19] or a cfg
          vgg    | 16 | 10 | 64 | vgg: 4 poolings and the final average pooling want pictures of 2^5
          vgg    | 16 | 0  | 32 | classes: expected at least 1, got 0
          resnet | 18 | 10 | 32 | resnet: unknown depth 18, expected 9n+2: 11, 20, 29
          resnet | 2  | 10 | 32 | resnet: unknown depth 2, expected 9n+2
          resnet | -7 | 10 | 32 | resnet: unknown depth -7, expected 9n+2
          resnet18 | 50 | 10 | 32 | resnet18: its depth is 18, not 50
          resnet34 | 0  | 10 | 28 | resnet34: expected pictures of at least 32 pixels a side, got 28
          resnet50_prune | 18 | 10 | 32 | resnet50: its depth is 50, not 18
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
          resnet18 | 1,2,3           | resnet18: wants a cfg of 16 widths, 17 as the original writes
          resnet18 | 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,M | resnet18: wants a cfg of 16 widths
          resnet50_prune | 1,2,3     | resnet50: wants a cfg of 50 widths, or of 53 with one per
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
  void takesTheListsOfTheOriginal() {
    NetworkSpec standard = NetworkSpec.of("resnet18", 0, 10);
    assertThat(standard).hasToString("resnet18 (10 classes)");
    List<Object> widths = new ArrayList<>(standard.widths().toList());
    assertThat(widths).hasSize(16);
    widths.set(1, 40);
    NetworkSpec narrow = NetworkSpec.of("resnet18", Cfg.of(widths), 10);
    widths.add(418);
    assertThat(NetworkSpec.of("resnet18", Cfg.of(widths), 10)).as("17 entries").isEqualTo(narrow);
    widths.remove(16);
    widths.addAll(List.of(64, 128, 256, 512));
    assertThat(NetworkSpec.of("resnet18", Cfg.of(widths), 10)).as("streams").isEqualTo(narrow);
    assertThat(NetworkSpec.of("resnet34", 34, 10).widths().size()).isEqualTo(32);

    NetworkSpec fifty = NetworkSpec.of("resnet50_official", 50, 10);
    List<Object> perConvolution = new ArrayList<>(fifty.widths().toList());
    assertThat(perConvolution).hasSize(50);
    perConvolution.set(4, 200);
    NetworkSpec pruned = fifty.withCfg(Cfg.of(perConvolution));
    assertThat(pruned.arch()).isEqualTo("resnet50_prune");
    // Every block of a stage has the first one's stream.
    assertThat(pruned.cfg().width(7)).isEqualTo(200);
    List<Object> perNorm = new ArrayList<>(perConvolution);
    perNorm.remove(1);
    for (int first : new int[] {3, 13, 26, 45}) {
      perNorm.add(first, 1);
    }
    assertThat(fifty.withCfg(Cfg.of(perNorm))).as("53 entries").isEqualTo(pruned);
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
