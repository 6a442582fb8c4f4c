package io.earlybird.cli;

import io.earlybird.BuildInfo;
import io.earlybird.backend.cpu.CpuLibrary;
import picocli.CommandLine.IVersionProvider;

/** The text of {@code --version}. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String commit = BuildInfo.commit().isEmpty() ? "unknown" : BuildInfo.commit();
    return new String[] {
      "earlybird " + BuildInfo.version(),
      "commit " + commit,
      "instruction set " + CpuLibrary.isaName(),
      "Java " + System.getProperty("java.version")
    };
  }
}
