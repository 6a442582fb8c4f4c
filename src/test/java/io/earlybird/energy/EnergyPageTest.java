package io.earlybird.energy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of docs/energy.md, compiled and run as they stand there. */
class EnergyPageTest {
  @TempDir Path temp;

  @Test
  void theExamplesRun() throws Exception {
    String page = Files.readString(Path.of("docs/energy.md"));
    Path source = temp.resolve("Example.java");
    Files.writeString(
        source,
        "import io.earlybird.energy.*;\nimport java.io.IOException;\nimport java.nio.file.*;\n"
            + "public class Example {\n"
            + "static void work() throws Exception { Thread.sleep(20); }\n"
            + "static void report(String line) { System.out.println(\"reported \" + line); }\n"
            + "public static void main(String[] words) throws Exception {\n"
            + example(page, "energy-window")
            + "Path counter = Path.of(words[0]);\nFiles.writeString(counter, \"7.5\");\n"
            + "try (EnergyMonitor plugged = EnergyMonitor.of(java.util.List.of(new"
            + " WallPlug(counter)));\n"
            + "EnergyWindow window = plugged.window(\"work\")) {\n"
            + "Files.writeString(counter, \"7.75\");\n"
            + "report(window.result().meters() + \" \" + window.result().total());\n}\n}\nstatic "
            + example(page, "energy-meter")
            + "}\n");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                source.toString(),
                temp.resolve("watt-hours").toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output.lines().filter(l -> l.startsWith("reported "))).hasSize(2);
    assertThat(output)
        .contains("meter=wall plug, scope=MACHINE, joules=900.0")
        .contains("Energy[joules=900.0, source=MEASURED]");
  }

  @Test
  void theRuleIsTheOneThatFailuresName() throws Exception {
    assertThat(Files.readString(Path.of("docs/energy.md"))).contains(Rapl.UDEV_RULE);
  }

  private static String example(String page, String name) {
    Matcher found =
        Pattern.compile("```java\n// " + name + "\n(.*?)```", Pattern.DOTALL).matcher(page);
    assertThat(found.find()).as(name).isTrue();
    return found.group(1);
  }
}
