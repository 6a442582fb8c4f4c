package io.earlybird.cli;

import static io.earlybird.golden.Closeness.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.checkpoint.pth.TorchPython;
import io.earlybird.data.ShapesSource;
import io.earlybird.data.Split;
import io.earlybird.models.Network;
import io.earlybird.nn.ForwardPass;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.training.SavedNetwork;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What search, prune and retrain write gives the same logits in a plain PyTorch implementation of
 * the network, where a Python has PyTorch.
 */
class TorchCommandsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String DATA =
      " --dataset shapes --train-images 24 --test-images 10 --backend cpu";
  private static final String RECIPE =
      " --epochs 2 --schedule 1 --batch-size 12 --lr 0.05 --test-batch-size 10";

  /** Widths of blocks and of their streams. */
  private static final String BASIC = "6,4,6,4,6,5,7,5,7,6,8,6,8,6,9,6,6,7,8,9";

  private static final String BOTTLENECK =
      "6,6,4,4,7,4,4,7,4,4,7,4,4,8,4,4,8,4,4,8,4,4,8,5,5,9,5,5,9,5,5,9,5,5,9,5,5,9,5,5,9,"
          + "5,5,10,5,5,10,5,5,10";

  @TempDir private static Path folder;
  private static JsonNode report;

  @BeforeAll
  static void exchange() throws Exception {
    TorchPython.require(folder);
    ArrayNode jobs = JSON.createArrayNode();
    chain("vgg", " --arch vgg --cfg 4,M,6,M,8,M,8,M,8", jobs);
    chain("resnet", " --arch resnet --depth 11", jobs);
    chain("resnet18", " --arch resnet18 --cfg " + BASIC, jobs);
    chain("resnet50", " --arch resnet50_prune --cfg " + BOTTLENECK, jobs);
    JSON.writeValue(folder.resolve("jobs.json").toFile(), jobs);
    TorchPython.run(TorchCommandsTest.class, "networks.py", folder);
    report = JSON.readTree(folder.resolve("report.json").toFile());
  }

  /** Search, prune what was drawn, retrain what was pruned, each from the file for PyTorch. */
  private static void chain(String arch, String network, ArrayNode jobs) {
    Path search = folder.resolve(arch + "-search");
    earlybird(
        "search"
            + network
            + DATA
            + RECIPE
            + " --ratios 0.4 --queue 2 --limit 1 --pth --save "
            + search);
    Path ticket = search.resolve("EB-40-2.pth.tar");
    Path pruned = folder.resolve(arch + "-pruned");
    earlybird("prune --pth" + DATA + " --save " + pruned + " --model " + ticket);
    Path retrained = folder.resolve(arch + "-retrain");
    earlybird(
        "retrain --pth --start-epoch 1"
            + DATA
            + RECIPE
            + " --save "
            + retrained
            + " --scratch "
            + pruned.resolve("pruned.pth.tar"));
    job(jobs, arch, "init", search.resolve("init.pth.tar"));
    job(jobs, arch, "ticket", ticket);
    job(jobs, arch, "pruned", pruned.resolve("pruned.pth.tar"));
    job(jobs, arch, "best", retrained.resolve("model_best.pth.tar"));
  }

  private static void earlybird(String words) {
    StringWriter err = new StringWriter();
    int code =
        Main.run(words.split(" +"), new PrintWriter(new StringWriter()), new PrintWriter(err));
    assertThat(code).as(words + ": " + err).isZero();
  }

  private static void job(ArrayNode jobs, String arch, String name, Path file) {
    jobs.addObject()
        .put("name", arch + " " + name)
        .put("arch", arch)
        .put("file", file.toString())
        .set("cfg", JSON.valueToTree(SavedNetwork.read(file).network().spec().widths()));
  }

  @ParameterizedTest
  @CsvSource({
    "vgg, init, vgg-search/init",
    "vgg, ticket, vgg-search/EB-40-2",
    "vgg, pruned, vgg-pruned/pruned",
    "vgg, best, vgg-retrain/model_best",
    "resnet, init, resnet-search/init",
    "resnet, ticket, resnet-search/EB-40-2",
    "resnet, pruned, resnet-pruned/pruned",
    "resnet, best, resnet-retrain/model_best",
    "resnet18, init, resnet18-search/init",
    "resnet18, ticket, resnet18-search/EB-40-2",
    "resnet18, pruned, resnet18-pruned/pruned",
    "resnet18, best, resnet18-retrain/model_best",
    "resnet50, init, resnet50-search/init",
    "resnet50, ticket, resnet50-search/EB-40-2",
    "resnet50, pruned, resnet50-pruned/pruned",
    "resnet50, best, resnet50-retrain/model_best",
  })
  void itGivesTheSameLogits(String arch, String name, String file) {
    JsonNode theirs = report.get(arch + " " + name);
    double[] expected = new double[theirs.get("logits").size()];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = theirs.get("logits").get(i).asDouble();
    }
    SavedNetwork saved = at32(SavedNetwork.read(folder.resolve(file + ".pth.tar")));
    assertClose("logits", logits(saved), expected);
    boolean floats = theirs.has("lr");
    if (!floats || report.get("weights_only_knows_floats").asBoolean()) {
      assertThat(theirs.get("weights_only").asBoolean()).as("weights_only=True").isTrue();
    }
  }

  @Test
  void itFindsKeysEpochsAndRates() {
    for (String arch : List.of("vgg", "resnet", "resnet18", "resnet50")) {
      assertThat(report.get(arch + " init").get("keys")).hasToString("[\"state_dict\"]");
      assertThat(report.get(arch + " pruned").get("keys")).hasToString("[\"cfg\",\"state_dict\"]");
      JsonNode ticket = report.get(arch + " ticket");
      assertThat(ticket.get("keys"))
          .hasToString("[\"epoch\",\"state_dict\",\"best_prec1\",\"optimizer\"]");
      assertThat(ticket.get("epoch").asInt()).isEqualTo(2);
      assertThat(ticket.get("lr").asDouble()).isEqualTo(0.05);
      assertThat(report.get(arch + " best").get("lr").asDouble()).isEqualTo(0.005);
    }
  }

  /** The files of networks for larger pictures don't say how large. */
  private static SavedNetwork at32(SavedNetwork saved) {
    return saved.fitTo(new ShapesSource(1, 1, 1).load(Split.TEST));
  }

  /** The network's logits for the pictures that the script makes too. */
  private static double[] logits(SavedNetwork saved) {
    float[] pixels = new float[4 * 3 * 32 * 32];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (i % 251) / 125f - 1;
    }
    Network network = saved.network();
    Tensor x = Tensor.placeholder("x", network.inputSpec(4));
    Tensor logits = network.forward(x, ForwardPass.evaluation());
    try (Session session = new Session(new ReferenceBackend(DType.F32))) {
      Plan plan = session.plan(List.of(logits), List.of());
      network.writeState(saved.state(), session::write);
      plan.write(x, HostTensor.of(pixels, 4, 3, 32, 32).permute(0, 2, 3, 1));
      plan.run();
      return plan.read(logits).doubles();
    }
  }
}
