package io.earlybird.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class GoldenRegistryGoldenTest {
  @Test
  void everyCaseIsOfARegisteredKind() {
    List<GoldenCase> cases = GoldenRegistry.cases();
    assertThat(cases).isNotEmpty();
    assertThat(GoldenRegistry.unregistered(cases)).isEmpty();
  }

  @Test
  void everyCaseOfTheSmallCopiesIsOfARegisteredKind() {
    List<GoldenCase> cases = GoldenWalk.cases(GoldenFolder.smallCopies());
    assertThat(cases).isNotEmpty();
    assertThat(GoldenRegistry.unregistered(cases)).isEmpty();
  }

  @Test
  void everyRegisteredTestExistsAndMakesTests() throws ClassNotFoundException {
    for (Map.Entry<String, GoldenRegistry.Entry> kind : GoldenRegistry.kinds().entrySet()) {
      String testClass = kind.getValue().testClass();
      if (testClass != null) {
        assertThat(testClass).as(kind.getKey()).endsWith("GoldenTest");
        assertThat(Class.forName(testClass).getDeclaredMethods())
            .as(testClass + " for " + kind.getKey())
            .anyMatch(m -> m.isAnnotationPresent(TestFactory.class));
      }
    }
  }

  @Test
  void onlyTheRegisteredClassMayRunAKind() {
    assertThatThrownBy(() -> GoldenRegistry.tests(getClass(), "generator", c -> {}))
        .isInstanceOf(IllegalStateException.class);
    Stream<DynamicTest> tests =
        GoldenRegistry.tests(GeneratorGoldenTest.class, "generator", c -> {});
    assertThat(tests).hasSize(1);
  }

  @Test
  void anUnknownKindIsNoticedWhereverItStands(@TempDir Path folder) throws IOException {
    write(folder, "somethingnew/x.json", "{}");
    write(folder, "optim/a/meta.json", "{\"steps\": []}");
    write(folder, "models/b/meta.json", "{\"arch\": \"densenet\"}");
    write(folder, "models/structure/c.json", "{\"arch\": \"densenet\"}");
    write(folder, "prune/d/meta.json", "{\"script\": \"otherprune\"}");
    write(folder, "prune/d/p0.5.json", "{}");
    write(folder, "prune/e/p0.5.json", "{}");
    write(folder, "prune/f/meta.json", "{\"script\": \"vggprune\"}");
    write(folder, "quant/ternary/index.json", "[]");
    write(folder, "earlybird/g/meta.json", "{}");
    write(folder, "checkpoints/h.json", "{}");
    write(folder, "data/svhn/index.json", "{}");
    write(folder, "other_vectors.json", "{}");
    List<GoldenCase> cases = GoldenWalk.cases(folder);
    assertThat(cases).hasSize(12);
    assertThat(GoldenRegistry.unregistered(cases)).isEqualTo(cases);
  }

  @Test
  void kindsDoNotDependOnTheCasesNames(@TempDir Path folder) throws IOException {
    Path golden = GoldenFolder.smallCopies();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(golden)) {
      files = walk.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      Path relative = golden.relativize(file);
      boolean namedCase =
          relative.getNameCount() == 3
              && !relative.startsWith("models/structure")
              && !relative.startsWith("checkpoints")
              && !relative.startsWith("data");
      Path renamed =
          namedCase
              ? folder
                  .resolve(relative.getName(0))
                  .resolve("case" + Math.abs(relative.getName(1).hashCode()))
                  .resolve(relative.getName(2))
              : folder.resolve(relative);
      Files.createDirectories(renamed.getParent());
      Files.copy(file, renamed);
    }
    assertThat(countByKind(GoldenWalk.cases(folder)))
        .isEqualTo(countByKind(GoldenWalk.cases(golden)));
  }

  @Test
  void theSummaryCountsFoundRunAndPending() {
    List<GoldenCase> cases = GoldenWalk.cases(GoldenFolder.smallCopies());
    GoldenCase generator =
        cases.stream().filter(c -> c.kind().equals("generator")).findFirst().orElseThrow();
    long pending =
        cases.stream().filter(c -> GoldenRegistry.kinds().get(c.kind()).pending() != null).count();
    String text = GoldenSummary.text(cases, Set.of(generator.toString()), Set.of());
    assertThat(text)
        .contains("found " + cases.size() + " cases, run 1 (failed 0), pending " + pending);
  }

  private static Map<String, Long> countByKind(List<GoldenCase> cases) {
    return cases.stream()
        .collect(Collectors.groupingBy(GoldenCase::kind, TreeMap::new, Collectors.counting()));
  }

  private static void write(Path folder, String file, String text) throws IOException {
    Path path = folder.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }
}
