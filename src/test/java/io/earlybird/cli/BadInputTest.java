package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every bad input gets one clear line and an exit code, and leaves nothing half-written. */
class BadInputTest {
  private static final String DATA =
      " --backend reference --dataset shapes --train-images 20 --test-images 10";
  private static final String TINY = DATA + " --cfg 2,M,2,M,2,M,2,M,2 --epochs 1 --schedule 1";

  @TempDir static Path files;
  private static Path checkpoint;
  @TempDir Path temp;

  private static int earlybird(String words, StringWriter err) {
    return Main.run(
        words.trim().split(" +"), new PrintWriter(new StringWriter()), new PrintWriter(err));
  }

  /** One good search, a data folder with a short file and one with a wrong label. */
  @BeforeAll
  static void makeFiles() throws IOException {
    Path run = files.resolve("run");
    assertThat(earlybird("search" + TINY + " --save " + run, new StringWriter())).isZero();
    checkpoint = run.resolve("checkpoint.safetensors");
    byte[] bytes = Files.readAllBytes(checkpoint);
    Files.write(files.resolve("truncated.safetensors"), java.util.Arrays.copyOf(bytes, 900));
    bytes[bytes.length - 5] ^= 1;
    Files.write(files.resolve("corrupted.safetensors"), bytes);
    String text =
        new String(Files.readAllBytes(checkpoint), java.nio.charset.StandardCharsets.ISO_8859_1);
    Files.write(
        files.resolve("version.safetensors"),
        text.replace("\"format_version\":\"1\"", "\"format_version\":\"9\"")
            .getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
    Files.writeString(files.resolve("text.safetensors"), "not a checkpoint");
    Files.writeString(files.resolve("file"), "a file");
    cifar("short", 30_730_000 - 7, 0);
    cifar("label", 30_730_000, 10);
    Files.createDirectories(files.resolve("empty"));
  }

  private static void cifar(String name, long bytes, int label) throws IOException {
    Path folder = Files.createDirectories(files.resolve(name));
    for (int i = 1; i <= 5; i++) {
      try (RandomAccessFile file =
          new RandomAccessFile(folder.resolve("data_batch_" + i + ".bin").toFile(), "rw")) {
        file.setLength(bytes);
        file.write(label);
      }
    }
    try (RandomAccessFile file =
        new RandomAccessFile(folder.resolve("test_batch.bin").toFile(), "rw")) {
      file.setLength(bytes);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // options | what the line says
        "--no-download --dataset cifar10 --data FILES/nowhere | not found in",
        "--no-download --dataset cifar10 --data FILES/empty | cifar-10-binary.tar.gz",
        "--no-download --dataset cifar10 --data FILES/short | data_batch_1.bin",
        "--no-download --dataset cifar10 --data FILES/label | label",
        "--dataset svhn                         | unknown data set",
        "--dataset imagenet --data FILES/empty  | no folder 'train'",
        "--image-size 64                        | --image-size is for --dataset imagenet",
        "--workers -1                           | --workers",
        "--filter lowpass --sigma -1            | --sigma",
        "--filter highpass --sigma 0            | --sigma",
        "--sparsity_gt 1                        | --sparsity_gt",
        "--train-images 700000                  | has only",
        "--train-images -1                      | --train-images",
        "--arch alexnet                         | unknown arch",
        "--depth 17                             | unknown depth",
        "--depth 0                              | --depth",
        "--arch resnet --depth 100              | unknown depth",
        "--cfg 4,x                              | cfg",
        "--cfg 4,M                              | cfg",
        "--epochs 0                             | --epochs must be at least 1",
        "--epochs -3                            | --epochs must be at least 1",
        "--batch-size 0                         | --batch-size must be at least 1",
        "--test-batch-size -1                   | --test-batch-size must be at least 1",
        "--lr 0                                 | learning rate",
        "--lr NaN                               | learning rate",
        "--momentum 1                           | --momentum",
        "--wd -1                                | --weight-decay",
        "--schedule 3 2                         | comes after",
        "--schedule -1                          | is negative",
        "--schedule 2,2                         | is repeated",
        "--ratios 1                             | ratio 1.0",
        "--ratios 0.3,-0.1                      | ratio -0.1",
        "--ratios 0.3 0.3                       | twice",
        "--limit 2                              | limit",
        "--queue 1                              | queue",
        "--wl-weight 1                          | --wl-weight must be 2 to 16 bits",
        "--wl-momentum 17                       | --wl-momentum must be 2 to 16 bits",
        "--wl-error 0                           | --wl-error must be 2 to 16 bits, or -1",
        "--precision bfp8 --rounding up         | --rounding must be nearest or stochastic",
        "--precision int3                       | unknown precision 'int3'",
        "--precision bfp8 --lp-flow half        | --lp-flow must be",
        "--precision bfp8 --swa --swa_start 9   | --swa_start 9: there is no network to average",
        "--swa --swa_start -1                   | --swa_start must be at least 0",
        "--retrain-precision half               | --retrain-precision must be same or fp32",
        "--keep none                            | keep",
        "--checkpoint-seconds -1                | --checkpoint-seconds",
        "--threads 2000                         | --threads",
        "--backend metal                        | unknown backend",
        "--resume FILES/nowhere                 | no such run folder",
        "--resume FILES/empty                   | no run to resume",
      })
  void wrongOptionsOfARun(String options, String line) {
    Path save = temp.resolve("out");
    // The wrong option comes last; earlier ones are taken out where it gives them again.
    String given = options.replace("FILES", files.toString());
    String base = TINY;
    for (String word : given.split(" ")) {
      if (word.startsWith("--")) {
        base = base.replaceAll(" " + word + " [^ ]+", "");
      }
    }
    if (given.contains("--arch") || given.contains("--depth")) {
      base = base.replaceAll(" --cfg [^ ]+", "");
    }
    String target = given.contains("--resume") ? "" : " --save " + save;
    StringWriter err = new StringWriter();
    int code = earlybird("run" + base + target + " " + given, err);
    assertFails(code, 1, err, line);
    assertThat(save).doesNotExist();
  }

  private static void assertFails(int code, int expected, StringWriter err, String line) {
    assertThat(err.toString()).contains(line).startsWith("earlybird: ");
    assertThat(err.toString().lines()).hasSize(1);
    assertThat(code).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nowhere.safetensors   | no such file",
        "truncated.safetensors | truncated",
        "corrupted.safetensors | damaged",
        "version.safetensors   | version",
        "text.safetensors      | safetensors",
      })
  void damagedCheckpoints(String name, String line) throws IOException {
    Path file = files.resolve(name);
    for (String command :
        new String[] {
          "evaluate" + DATA + " --model " + file,
          "prune" + DATA + " --percent 0.5 --save " + temp.resolve("p") + " --model " + file,
          "retrain"
              + DATA
              + " --epochs 1 --schedule 1 --save "
              + temp.resolve("r")
              + " --scratch "
              + file
        }) {
      StringWriter err = new StringWriter();
      assertFails(earlybird(command, err), 1, err, line);
    }
    try (Stream<Path> left = Files.list(temp)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void aRunWithADamagedCheckpointIsNotResumedAndStaysAsItIs() throws IOException {
    Path run = temp.resolve("run");
    assertThat(earlybird("search" + TINY + " --save " + run, new StringWriter())).isZero();
    Path newest = run.resolve("checkpoint.safetensors");
    Files.delete(newest);
    Files.copy(files.resolve("corrupted.safetensors"), newest);
    StringWriter err = new StringWriter();
    assertFails(earlybird("search --epochs 2 --resume " + run, err), 1, err, "damaged");
    assertThat(newest).hasSameBinaryContentAs(files.resolve("corrupted.safetensors"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--percent 1    | ratio 1.0",
        "--percent -0.1 | ratio -0.1",
        "               | --percent",
        "--percent 0.5 --test-batch-size 0 | --test-batch-size",
        "--percent 0.5 --no-download --dataset cifar10 --data FILES/nowhere | not found in",
      })
  void wrongOptionsOfPrune(String options, String line) {
    Path save = temp.resolve("p");
    String given = options == null ? "" : options.replace("FILES", files.toString());
    String base = given.contains("--dataset") ? " --backend reference" : DATA;
    StringWriter err = new StringWriter();
    int code =
        earlybird("prune" + base + " --model " + checkpoint + " --save " + save + " " + given, err);
    assertFails(code, 1, err, line);
    assertThat(save.resolve("pruned.safetensors")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "FILES/file          | file",
        "FILES/file/folder   | file",
        "/proc/no/such/place | cannot be created",
        "FILES/run           | holds a run already",
      })
  void foldersThatCannotHoldARun(String folder, String line) {
    String path = folder.replace("FILES", files.toString());
    StringWriter err = new StringWriter();
    assertFails(earlybird("search" + TINY + " --save " + path, err), 1, err, line);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "retrain --scratch CHECKPOINT --start-epoch 5 --epochs 5 --schedule 1 | nothing to train",
        "retrain --scratch CHECKPOINT --start-epoch -5                        | --start-epoch",
        "retrain                                                              | --scratch",
        "bench step --precision fp8                                           | unknown precision",
        "bench step --batch 0                                                 | --batch",
        "bench step --repeat 0                                                | --repeat",
        "bench step --batch 10000000                                          | at most 699050",
        "verify --op Nothing --backend reference                              | Nothing",
      })
  void wrongOptionsOfOtherCommands(String words, String line) {
    String data = words.startsWith("retrain") ? DATA + " --save " + temp.resolve("r") : "";
    StringWriter err = new StringWriter();
    int code = earlybird(words.replace("CHECKPOINT", checkpoint.toString()) + data, err);
    assertFails(code, 1, err, line);
    assertThat(temp.resolve("r")).doesNotExist();
  }

  @Test
  void milestonesBeyondTheLastEpochOnlyWarn() {
    StringWriter out = new StringWriter();
    String words = "search" + TINY.replace("--schedule 1", "--schedule 80 120") + " --save " + temp;
    assertThat(
            Main.run(words.split(" +"), new PrintWriter(out), new PrintWriter(new StringWriter())))
        .isZero();
    assertThat(out.toString()).contains("warning: the learning rate will not fall at [80, 120]");
  }
}
