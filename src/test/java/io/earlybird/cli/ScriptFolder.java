package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A folder in which scripts run: their command lines are recorded by a stand-in for the launcher;
 * what they ask for is then done here, without another Java.
 */
final class ScriptFolder {
  /** Added to the scripts' environment. */
  Map<String, String> environment = Map.of();

  private final Path folder;
  private final Path recorder;
  private final Path record;

  ScriptFolder(Path folder) throws IOException {
    this.folder = folder;
    record = folder.resolve("words");
    recorder = folder.resolve("earlybird");
    Files.writeString(recorder, "#!/bin/sh\nprintf '%s\\n' \"$@\" >" + record + "\n");
    Files.setPosixFilePermissions(recorder, PosixFilePermissions.fromString("rwx------"));
  }

  /** Where a script is. */
  static Path path(String script) {
    return Path.of("scripts").toAbsolutePath().resolve(script);
  }

  /** The words that a script gives to the launcher. */
  List<String> words(String script, String... more) throws Exception {
    List<String> command = new ArrayList<>(List.of("bash", path(script).toString()));
    command.addAll(List.of(more));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().put("EARLYBIRD", recorder.toString());
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile());
    Process process = builder.start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(folder.resolve("log"))).isZero();
    return Files.readAllLines(record);
  }

  /** Does what a script asks for; gives what was printed. */
  String run(String script, String more) throws Exception {
    String[] args =
        words(script, more.trim().split(" +")).stream()
            .map(w -> w.startsWith("./") ? folder.resolve(w.substring(2)).toString() : w)
            .toArray(String[]::new);
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.run(args, new PrintWriter(out), new PrintWriter(err));
    assertThat(code).as(script + ": " + err).isZero();
    return out.toString();
  }
}
