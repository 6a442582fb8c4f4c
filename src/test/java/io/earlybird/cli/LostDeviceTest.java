package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.earlybird.backend.DeviceException;
import io.earlybird.training.RunContext;
import io.earlybird.training.Search;
import io.earlybird.training.Settings;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A device that is lost in the middle of a run. */
class LostDeviceTest {
  @TempDir Path temp;

  /** Trains until its device is lost. */
  @Command(name = "search")
  static final class Unlucky implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private NetworkOptions network;
    @Mixin private DataOptions data;
    @Mixin private TrainingOptions training;
    @Mixin private TicketOptions tickets;
    @Mixin private EngineOptions engine;
    @Mixin private RunOptions run;

    @Option(names = "--trains-first")
    private boolean trains;

    @Override
    public Integer call() {
      Settings settings =
          new Settings(
              "search",
              network.settings(),
              data.settings(null),
              training.settings(),
              tickets.settings(),
              null,
              engine.settings(),
              run.saving());
      return new Runs(spec, run).execute(settings, this::loseIt);
    }

    private void loseIt(RunContext context) {
      if (trains) {
        try (Search search = new Search(context, context.folder().path())) {
          search.toTheEnd();
        }
      }
      throw new DeviceException("cuda: running a step: the device was lost (CUDA error 999)");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theLastCheckpointStandsAndTheUserIsToldHowToGoOn(boolean trained) {
    Path folder = temp.resolve("run");
    StringWriter err = new StringWriter();
    String words =
        "search --dataset shapes --train-images 16 --test-images 16 --arch vgg --cfg 4,M,4,M,4,M,4,M,4"
            + " --epochs 1 --batch-size 16 --schedule 1 --backend reference --powercap /nowhere"
            + (trained ? " --trains-first" : "")
            + " --save "
            + folder;
    int code =
        Main.run(
            List.of(Unlucky.class),
            words.split(" "),
            new PrintWriter(new StringWriter()),
            new PrintWriter(err));
    assertThat(code).isOne();
    assertThat(err.toString().lines()).hasSize(1).first().asString().contains("device was lost");
    assertThat(err.toString().contains("continue with: earlybird search --resume " + folder))
        .as(err.toString())
        .isEqualTo(trained);
    assertThat(Files.exists(folder.resolve("checkpoint.safetensors"))).isEqualTo(trained);
  }
}
