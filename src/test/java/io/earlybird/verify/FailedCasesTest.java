package io.earlybird.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.EarlybirdException;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.tensor.DType;
import io.earlybird.verify.FailedCases.Case;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FailedCasesTest {
  @TempDir Path folder;

  @Test
  void whatIsWrittenIsReadAgain() {
    FailedCases cases =
        new FailedCases(
            -7, List.of(new Case("Add", "cpu", 3, "differs"), new Case("Relu", "autograd", 0, "")));
    Path file = folder.resolve("failures.json");
    cases.write(file);
    assertThat(FailedCases.read(file)).isEqualTo(cases);
  }

  @Test
  void casesOfBothKindsRunAgain() {
    FailedCases cases =
        new FailedCases(
            5, List.of(new Case("Add", "reference", 3, ""), new Case("Relu", "autograd", 1, "")));
    try (ReferenceBackend reference = new ReferenceBackend(DType.F32)) {
      VerifyReport report = cases.replay(List.of(reference), row -> {});
      assertThat(report.ok()).isTrue();
      assertThat(report.rows()).extracting(VerifyRow::cases).containsExactly(1, 1);
      assertThat(report.seed()).isEqualTo(5);
    }
  }

  @Test
  void aBackendOrAnOpThatIsNotThereIsSaid() {
    try (ReferenceBackend reference = new ReferenceBackend(DType.F32)) {
      FailedCases gpu = new FailedCases(1, List.of(new Case("Add", "cuda", 0, "")));
      assertThatThrownBy(() -> gpu.replay(List.of(reference), row -> {}))
          .isInstanceOf(EarlybirdException.class)
          .hasMessage("the case is one of backend cuda, which is not among [reference]");
      FailedCases odd = new FailedCases(1, List.of(new Case("Subtract", "reference", 0, "")));
      assertThatThrownBy(() -> odd.replay(List.of(reference), row -> {}))
          .hasMessage("no op to verify is named Subtract");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{\"format\": \"other\", \"seed\": 1, \"cases\": [{}]}",
        "{\"format\": \"earlybird-failed-cases-1\", \"seed\": 1, \"cases\": []}",
        "{\"format\": \"earlybird-failed-cases-1\", \"seed\": 1, \"cases\": [{\"op\": \"Add\"}]}"
      })
  void anotherFileIsRefused(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("other.json"), text);
    assertThatThrownBy(() -> FailedCases.read(file))
        .isInstanceOf(EarlybirdException.class)
        .hasMessageStartingWith(file + ": not a file of failed cases");
  }
}
