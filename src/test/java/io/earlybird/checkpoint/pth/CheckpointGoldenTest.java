package io.earlybird.checkpoint.pth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import io.earlybird.EarlybirdException;
import io.earlybird.checkpoint.Npy;
import io.earlybird.checkpoint.pickle.PickleDict;
import io.earlybird.golden.GoldenCase;
import io.earlybird.golden.GoldenRegistry;
import io.earlybird.golden.GoldenTensor;
import io.earlybird.models.GoldenNetworks;
import io.earlybird.models.Network;
import io.earlybird.tensor.HostTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Files written by PyTorch, in all forms, and files that must be refused. */
class CheckpointGoldenTest {
  private static final String SUFFIX = ".pth.tar";

  @TestFactory
  Stream<DynamicTest> objects() {
    return GoldenRegistry.tests(getClass(), "checkpoints/object", CheckpointGoldenTest::object);
  }

  @TestFactory
  Stream<DynamicTest> malformed() {
    return GoldenRegistry.tests(
        getClass(), "checkpoints/malformed", CheckpointGoldenTest::malformed);
  }

  @TestFactory
  Stream<DynamicTest> trainingRun() {
    return GoldenRegistry.tests(
        getClass(), "checkpoints/training-run", CheckpointGoldenTest::trainingRun);
  }

  @TestFactory
  Stream<DynamicTest> retraining() {
    return GoldenRegistry.tests(
        getClass(), "checkpoints/retraining-behaviour", CheckpointGoldenTest::retraining);
  }

  private static void object(GoldenCase c) throws IOException {
    List<Path> files = files(c.dir(), c.stem() + ".", SUFFIX);
    assertThat(files).isNotEmpty();
    for (Path path : files) {
      PthFile file = PthFile.read(path);
      PthFile.Layout layout =
          path.toString().endsWith(".zip.pth.tar") ? PthFile.Layout.ZIP : PthFile.Layout.LEGACY;
      assertThat(file.layout()).as(path.toString()).isEqualTo(layout);
      GoldenContents.compare(path.getFileName().toString(), c.meta().get("contents"), file.root());
      arrays(c, file);
      if (file.dict().contains("state_dict")) {
        bundles(c, OriginalCheckpoint.of(file));
      }
    }
  }

  /** The tensors that are recorded as arrays of their own. */
  private static void arrays(GoldenCase c, PthFile file) throws IOException {
    for (Path path : files(c.dir(), c.stem() + ".", ".npy")) {
      String name = path.getFileName().toString();
      if (!name.endsWith(".bundle.npy")) {
        name = name.substring(c.stem().length() + 1, name.length() - ".npy".length());
        HostTensor tensor =
            ((TorchTensor) ((PickleDict) file.dict().get("tensors")).get(name)).toHost();
        Npy expected = Npy.read(path);
        assertThat(tensor.shape().dims()).as(name).isEqualTo(expected.shape());
        double[] values =
            expected.type().isFloating()
                ? expected.doubles()
                : Arrays.stream(expected.longs()).mapToDouble(v -> v).toArray();
        assertThat(tensor.doubles()).as(name).isEqualTo(values);
      }
    }
  }

  private static void bundles(GoldenCase c, OriginalCheckpoint checkpoint) {
    if (c.hasBundle("")) {
      assertThat(checkpoint.state())
          .containsExactlyEntriesOf(GoldenNetworks.state(c.bundle("").tensors()));
    }
    if (c.hasBundle(".momentum")) {
      Map<String, HostTensor> expected = new LinkedHashMap<>();
      for (GoldenTensor tensor : c.bundle(".momentum").tensors().values()) {
        expected.put(parameter(checkpoint, tensor.name()), GoldenNetworks.host(tensor));
      }
      assertThat(checkpoint.momenta()).containsExactlyInAnyOrderEntriesOf(expected);
    }
  }

  /** Recorded momenta bear a parameter's name or its number. */
  private static String parameter(OriginalCheckpoint checkpoint, String name) {
    String digits = name.replaceAll("\\D", "");
    return checkpoint.state().containsKey(name)
        ? name
        : StateKeys.parameters(checkpoint.state().keySet()).get(Integer.parseInt(digits));
  }

  private static void malformed(GoldenCase c) throws IOException {
    List<String> names = new ArrayList<>();
    c.meta().fieldNames().forEachRemaining(names::add);
    assertThat(files(c.dir(), "", SUFFIX)).hasSize(names.size()).isNotEmpty();
    for (String name : names) {
      Path file = c.dir().resolve(name);
      assertThat(catchThrowable(() -> PthFile.read(file)))
          .as(name)
          .isInstanceOf(EarlybirdException.class)
          .hasMessageStartingWith(file.toString())
          .hasMessageMatching("(?s).*(offset|at byte) \\d+: .{10,}")
          .hasMessageNotContaining("\n");
      if (name.startsWith("runs_command")) {
        assertThat(catchThrowable(() -> PthFile.read(file)))
            .hasMessageContaining("it names posix.system, which is not allowed");
      }
    }
  }

  private static void trainingRun(GoldenCase c) throws IOException {
    List<String> written = new ArrayList<>();
    c.meta().get("files_written").forEach(f -> written.add(f.asText()));
    int epochs = c.meta().get("epochs").asInt();
    List<String> ours = new ArrayList<>(List.of(OriginalFiles.INIT, OriginalFiles.MODEL_BEST));
    for (int epoch = 0; epoch < epochs; epoch++) {
      ours.add(OriginalFiles.checkpoint(epoch));
    }
    assertThat(written).containsAll(ours);

    List<double[]> record = new ArrayList<>();
    for (String line : Files.readAllLines(c.dir().resolve("record.txt"))) {
      record.add(Stream.of(line.split(",")).mapToDouble(Double::parseDouble).toArray());
    }
    assertThat(record).hasSize(epochs).allMatch(row -> row.length == 3);
    double best = record.stream().mapToDouble(row -> row[2]).max().orElseThrow();
    assertThat(record.get(epochs - 1)[0]).as("the last row's first column").isEqualTo(best);

    c.meta()
        .get("checkpoint_epoch_field")
        .properties()
        .forEach(e -> saved(c, e.getKey(), e.getValue().asInt(), record));
  }

  private static void saved(GoldenCase c, String name, int epoch, List<double[]> record) {
    String stem = name.substring(0, name.length() - SUFFIX.length());
    Path file = c.dir().resolve(stem + ".zip" + SUFFIX);
    if (stem.startsWith("EB-")) {
      double ratio = Integer.parseInt(stem.split("-")[1]) / 100.0;
      assertThat(OriginalFiles.ticket(ratio, epoch - 1)).isEqualTo(name);
    }
    if (Files.exists(file)) {
      OriginalCheckpoint checkpoint = OriginalCheckpoint.read(file);
      assertThat(checkpoint.epoch()).hasValue(epoch);
      assertThat(checkpoint.learningRate())
          .hasValue(c.meta().get("checkpoint_lr").get(name).asDouble());
      assertThat(checkpoint.cfg()).isEmpty();
      assertThat(checkpoint.requireNetwork().widths())
          .isEqualTo(GoldenNetworks.cfg(c.meta().get("cfg")));
      double best = record.stream().limit(epoch).mapToDouble(row -> row[2]).max().orElseThrow();
      assertThat(checkpoint.best().orElseThrow()).isIn(best, 0.0, record.get(epoch - 1)[2]);
    }
  }

  /**
   * Two of the original's programs take only the structure from a pruned file, one the weights too.
   * Both must be there for ours, which do either when asked to.
   */
  private static void retraining(GoldenCase c) throws IOException {
    int programs = 0;
    for (JsonNode program : c.meta()) {
      programs += program.path("conv_and_linear_weights_taken_from_checkpoint").isBoolean() ? 1 : 0;
    }
    assertThat(programs).isPositive();
    for (Path path : files(c.dir(), "pruned.", SUFFIX)) {
      OriginalCheckpoint pruned = OriginalCheckpoint.read(path);
      assertThat(pruned.cfg()).contains(pruned.requireNetwork().widths());
      Network network = Network.of(pruned.requireNetwork(), pruned.state());
      Map<String, HostTensor> inherited = pruned.stateFor(network);
      Map<String, HostTensor> fresh = network.initialState(1);
      assertThat(inherited).containsExactlyEntriesOf(pruned.state());
      inherited.forEach(
          (name, tensor) -> {
            assertThat(fresh.get(name).spec()).as(name).isEqualTo(tensor.spec());
            if (tensor.shape().rank() > 1) {
              assertThat(fresh.get(name)).as(name).isNotEqualTo(tensor);
            }
          });
    }
  }

  private static List<Path> files(Path folder, String prefix, String suffix) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(f -> f.getFileName().toString().startsWith(prefix))
          .filter(f -> f.getFileName().toString().endsWith(suffix))
          .sorted()
          .toList();
    }
  }
}
