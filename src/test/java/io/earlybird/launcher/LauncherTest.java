package io.earlybird.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher on a small project of its own, with a Maven that only notes its calls and hands over
 * a program which prints its arguments and ends with the number that the last one is.
 */
class LauncherTest {
  private static final Path LAUNCHER = Path.of("earlybird");

  /** Everything the launcher needs of a system, apart from what it looks for itself. */
  private static final List<String> SYSTEM_TOOLS =
      List.of(
          "awk",
          "bash",
          "cat",
          "cp",
          "cut",
          "df",
          "dirname",
          "find",
          "flock",
          "grep",
          "mkdir",
          "mv",
          "readlink",
          "rm",
          "sed",
          "sha256sum",
          "sleep",
          "sort",
          "tail",
          "tee",
          "touch",
          "uname",
          "xargs",
          "chmod");

  private static final String PROGRAM =
      """
      package io.earlybird.cli;
      public class Main {
        public static void main(String[] args) {
          System.out.println(String.join("|", args));
          if (args[0].equals("called")) {
            System.out.println(System.getenv("EARLYBIRD_COMMAND"));
          }
          System.exit(Integer.parseInt(args[args.length - 1]));
        }
      }
      """;

  private static final String MAVEN =
      """
      #!/bin/bash
      echo "$@" >>calls
      sleep 0.3
      if grep -q broken src/main/code; then
        echo '[INFO] --- exec-maven-plugin:exec (native-build) @ x ---'
        echo '[INFO] harmless'
        echo '/x/relu.cpp:3:1: error: the first error'
        echo '[ERROR] a later error'
        exit 1
      fi
      mkdir -p target/lib
      touch target/lib/some.jar
      cp program.jar target/earlybird.jar
      """;

  @TempDir private Path temporary;
  private Path project;
  private Path tools;

  record Outcome(int exitCode, String out, String err) {}

  @BeforeEach
  void makeProject() throws IOException {
    project = Files.createDirectory(temporary.resolve("a project"));
    Files.copy(LAUNCHER, project.resolve("earlybird"));
    assertThat(project.resolve("earlybird").toFile().setExecutable(true)).isTrue();
    for (String folder : List.of("src/main", "native", "cmake", "packaging")) {
      Files.createDirectories(project.resolve(folder));
    }
    Files.copy(Path.of("packaging/jvm.options"), project.resolve("packaging/jvm.options"));
    Files.writeString(project.resolve("pom.xml"), "<project/>");
    Files.writeString(project.resolve("src/main/code"), "first");
    packProgram(project.resolve("program.jar"));
    tools = Files.createDirectory(temporary.resolve("tools"));
    for (String tool : SYSTEM_TOOLS) {
      writeTool(tool, "#!/bin/sh\nexec " + find(tool) + " \"$@\"\n");
    }
    for (String tool : List.of("cmake", "make", "c++")) {
      writeTool(tool, "#!/bin/bash\n");
    }
    writeTool("mvn", MAVEN);
  }

  @Test
  void buildsOnceAndPassesArgumentsAndExitCodeOn() throws Exception {
    Outcome first = run("run", "--data", "a b", "0");
    assertThat(first.err())
        .startsWith("earlybird: the first start builds the program: ")
        .contains("\nearlybird: building (log: ");
    assertThat(first.out()).isEqualTo("run|--data|a b|0\n");
    assertThat(first.exitCode()).isZero();
    assertThat(run("7")).isEqualTo(new Outcome(7, "7\n", ""));
    assertThat(calls()).hasSize(1);
  }

  @Test
  void worksFromAnyFolderThroughALink() throws Exception {
    Path link = Files.createSymbolicLink(temporary.resolve("a link"), project.resolve("earlybird"));
    Path elsewhere = Files.createDirectory(temporary.resolve("else where"));
    assertThat(finish(start(link, elsewhere, "0")).out()).isEqualTo("0\n");
    assertThat(elsewhere).isEmptyDirectory();
  }

  @Test
  void theProgramKnowsHowItWasCalled() throws Exception {
    assertThat(run("called", "0").out())
        .isEqualTo("called|0\n" + project.resolve("earlybird") + "\n");
  }

  @Test
  void buildsAgainWhenASourceChangedButNotWhenItWasTouched() throws Exception {
    run("0");
    Files.writeString(project.resolve("src/main/code"), "first");
    run("0");
    assertThat(calls()).hasSize(1);
    Files.writeString(project.resolve("native/kernel"), "new");
    Outcome again = run("0");
    assertThat(again.exitCode()).isZero();
    assertThat(again.err()).startsWith("earlybird: building").doesNotContain("first start");
    assertThat(calls()).hasSize(2);
    assertThat(project.resolve(".earlybird/app").toFile().list()).hasSize(1);
  }

  @Test
  void aFailedBuildShowsItsFirstErrorAndIsTriedAgain() throws Exception {
    Files.writeString(project.resolve("src/main/code"), "broken");
    Outcome outcome = run("0");
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).contains("the build failed", "relu.cpp:3:1: error: the first error");
    assertThat(run("0").exitCode()).isEqualTo(1);
    assertThat(calls()).hasSize(2);
    Files.writeString(project.resolve("src/main/code"), "mended");
    assertThat(run("0").exitCode()).isZero();
  }

  @Test
  void afterAFailedBuildTheOlderOneIsStillThere() throws Exception {
    run("0");
    Files.writeString(project.resolve("src/main/code"), "broken");
    assertThat(run("0").exitCode()).isEqualTo(1);
    Files.writeString(project.resolve("src/main/code"), "first");
    assertThat(run("5")).isEqualTo(new Outcome(5, "5\n", ""));
    assertThat(calls()).hasSize(2);
  }

  @Test
  void aFirstBuildWithoutANetworkNamesWhatIsLacking() throws Exception {
    writeTool(
        "mvn",
        """
        #!/bin/bash
        echo '[ERROR] Could not transfer artifact a.group:a-plugin:pom:1.0 from/to central \
        (https://host/m2): transfer failed for https://host/m2/a.pom: no host -> [Help 1]'
        exit 1
        """);
    Outcome outcome = run("0");
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.err())
        .contains(
            "Could not transfer artifact a.group:a-plugin:pom:1.0: no host;"
                + " a first build needs the network, later ones do not");
  }

  @Test
  void anotherPlatformIsToldInOneLine() throws Exception {
    writeTool("uname", "#!/bin/bash\necho 'Linux aarch64'\n");
    assertThat(run("0"))
        .isEqualTo(new Outcome(1, "", "earlybird: needs Linux x86_64, found Linux aarch64\n"));
  }

  @Test
  void tooLittleDiskIsToldInOneLine() throws Exception {
    writeTool("df", "#!/bin/bash\necho header\necho 'disk 9000 4000 5000 45% /'\n");
    Outcome outcome = run("0");
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.err())
        .hasLineCount(1)
        .startsWith("earlybird: a build needs 1000 MB of disk in ")
        .endsWith("found 5 MB\n");
  }

  @Test
  void tooLittleMemoryIsToldInOneLine() throws Exception {
    String real = find("awk").toString();
    writeTool(
        "awk",
        "#!/bin/bash\n[[ $* == */proc/meminfo ]] && { echo 7; exit; }\nexec " + real + " \"$@\"\n");
    assertThat(run("0"))
        .isEqualTo(
            new Outcome(1, "", "earlybird: a build needs 1000 MB of free memory, found 7 MB\n"));
  }

  @Test
  void oneOfTwoAtOnceWaitsForTheOthersBuild() throws Exception {
    Process one = start(project.resolve("earlybird"), temporary, "0");
    Process other = start(project.resolve("earlybird"), temporary, "0");
    assertThat(finish(one).exitCode()).isZero();
    assertThat(finish(other).exitCode()).isZero();
    assertThat(calls()).hasSize(1);
  }

  @Test
  void whatIsMissingIsInstalledOrNamed() throws Exception {
    Files.delete(tools.resolve("mvn"));
    Files.delete(tools.resolve("make"));
    writeTool(
        "apt-get",
        """
        #!/bin/bash
        if [[ $* == *--assume-no* ]]; then
          echo 'Need to get 12.3 MB of archives.'
          exit 1
        fi
        echo "$@" >>"${0%/*}/installed"
        if [[ $* == *make* ]]; then
          for tool in mvn make; do cat >"${0%/*}/$tool" <<'END'
        MAVEN
        END
          chmod +x "${0%/*}/$tool"; done
        fi
        """
            .replace("MAVEN", MAVEN.strip()));
    Outcome outcome = run("0");
    if (isRoot()) {
      assertThat(outcome.exitCode()).isZero();
      assertThat(outcome.err()).contains("installing maven make, 12.3 MB to fetch (log: ");
      assertThat(Files.readString(tools.resolve("installed")))
          .isEqualTo("update\ninstall -y --no-install-recommends maven make\n");
    } else {
      assertThat(outcome.exitCode()).isEqualTo(1);
      assertThat(outcome.err()).contains("sudo apt-get install -y --no-install-recommends maven");
    }
  }

  @Test
  void aFailedInstallationIsToldInOneLine() throws Exception {
    assumeTrue(isRoot(), "only root installs");
    Files.delete(tools.resolve("mvn"));
    writeTool("apt-get", "#!/bin/bash\necho 'E: Unable to locate package maven'\nexit 100\n");
    Outcome outcome = run("0");
    assertThat(outcome.exitCode()).isEqualTo(1);
    assertThat(outcome.err())
        .contains("E: Unable to locate package maven", "could not install maven; see ");
  }

  private Outcome run(String... words) throws Exception {
    return finish(start(project.resolve("earlybird"), temporary, words));
  }

  private Process start(Path launcher, Path folder, String... words) throws IOException {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", tools.toString());
    builder.environment().put("HOME", temporary.toString());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    return builder.start();
  }

  private static Outcome finish(Process process) throws Exception {
    // What the launcher prints fits the pipes' buffers, so one may be read after the other.
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), out, err);
  }

  private List<String> calls() throws IOException {
    return Files.readAllLines(project.resolve("calls"));
  }

  private void writeTool(String name, String text) throws IOException {
    Files.writeString(tools.resolve(name), text);
    assertThat(tools.resolve(name).toFile().setExecutable(true)).isTrue();
  }

  private static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  private static Path find(String tool) {
    for (String folder : System.getenv("PATH").split(":")) {
      Path candidate = Path.of(folder, tool);
      if (Files.isExecutable(candidate)) {
        return candidate;
      }
    }
    throw new IllegalStateException(tool + " is not on the PATH");
  }

  private void packProgram(Path jar) throws IOException {
    Path source = temporary.resolve("Main.java");
    Files.writeString(source, PROGRAM);
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", temporary.toString(), source.toString());
    assertThat(status).isZero();
    String name = "io/earlybird/cli/Main.class";
    try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new JarEntry(name));
      out.write(Files.readAllBytes(temporary.resolve(name)));
    }
  }
}
