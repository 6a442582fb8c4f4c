package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Builds a user's kernels as {@code docs/plugins.md} says. */
final class KernelLibrary {
  /** The page's example. */
  static final Path EXAMPLE = Path.of("docs/examples/my_relu.cpp");

  private KernelLibrary() {}

  static Path build(Path folder, String source) throws IOException, InterruptedException {
    Path library = folder.resolve("libmine.so");
    Path code = Files.writeString(folder.resolve("mine.cpp"), source);
    String compiler = System.getenv().getOrDefault("CXX", "c++");
    Process process =
        new ProcessBuilder(
                List.of(
                    compiler,
                    "-std=c++17",
                    "-O2",
                    "-fPIC",
                    "-shared",
                    "-Inative/include",
                    "-o",
                    library.toString(),
                    code.toString()))
            .inheritIO()
            .start();
    assertThat(process.waitFor()).isZero();
    return library;
  }
}
