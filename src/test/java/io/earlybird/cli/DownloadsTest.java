package io.earlybird.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commands and data that are not there, against a server of our own in the place of the authors'.
 */
class DownloadsTest {
  private static final String MIRROR = "earlybird.cifar.mirror";
  private static final String TINY =
      "search --backend reference --cfg 2,M,2,M,2,M,2,M,2 --epochs 1 --schedule 1";

  @TempDir private Path temp;
  private final AtomicInteger requests = new AtomicInteger();
  private HttpServer server;
  private String err;
  private String out;

  @BeforeEach
  void startServer() throws IOException {
    byte[] content = new byte[3_000_000];
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          requests.incrementAndGet();
          exchange.sendResponseHeaders(200, content.length);
          try (OutputStream body = exchange.getResponseBody()) {
            body.write(content);
          }
        });
    server.start();
    System.setProperty(MIRROR, "http://127.0.0.1:" + server.getAddress().getPort() + "/mirror");
  }

  @AfterEach
  void stopServer() {
    System.clearProperty(MIRROR);
    server.stop(0);
  }

  private int earlybird(String words) {
    StringWriter outText = new StringWriter();
    StringWriter errText = new StringWriter();
    int code =
        Main.run(words.split(" +"), new PrintWriter(outText, true), new PrintWriter(errText, true));
    out = outText.toString();
    err = errText.toString();
    return code;
  }

  private String cifar(String more) {
    return TINY + " --data " + temp.resolve("data") + " --save " + temp.resolve("run") + more;
  }

  @Test
  void absentDataAreFetchedWithProgressAndAWrongChecksumIsTold() {
    assertThat(earlybird(cifar(""))).isEqualTo(1);
    assertThat(err.lines().findFirst().orElseThrow())
        .startsWith("downloading http://127.0.0.1:")
        .contains("/mirror/cifar-10-binary.tar.gz (3.0 MB) to " + temp.resolve("data"));
    assertThat(err).contains("  50%, ", " MB/s, ", " left", "  100%, ");
    assertThat(err.lines().reduce((a, b) -> b).orElseThrow())
        .startsWith("earlybird: CIFAR-10 is not in ")
        .contains("MD5");
    assertThat(temp.resolve("run")).doesNotExist();
    assertThat(earlybird(cifar(" --dataset cifar100"))).isEqualTo(1);
    assertThat(err).contains("/mirror/cifar-100-binary.tar.gz");
  }

  @Test
  void whereNothingMayBeFetchedNothingIs() {
    assertThat(earlybird(cifar(" --no-download"))).isEqualTo(1);
    assertThat(err.lines()).hasSize(1);
    assertThat(err).contains("not found in");
    assertThat(requests).hasValue(0);
    assertThat(temp.resolve("data")).doesNotExist();
  }

  @Test
  void withoutANetworkOneLineSaysWhatToPutWhere() {
    server.stop(0);
    assertThat(earlybird(cifar(""))).isEqualTo(1);
    assertThat(err.lines()).hasSize(1);
    assertThat(err)
        .startsWith("earlybird: CIFAR-10 is not in " + temp.resolve("data"))
        .contains("cannot be downloaded", "by hand: put http://", "--data");
  }

  @Test
  void aMirrorThatIsNoAddressIsTold() {
    System.setProperty(MIRROR, "http://a b");
    assertThat(earlybird(cifar(""))).isEqualTo(1);
    assertThat(err).contains("is no address");
  }

  @Test
  void progressBeginsWhereACutDownloadEnded() {
    StringWriter text = new StringWriter();
    Downloads downloads = new Downloads(new PrintWriter(text));
    Path file = temp.resolve("data/archive");
    downloads.begins(URI.create("http://host/archive"), file, 55, 100);
    for (int present = 55; present <= 100; present++) {
      downloads.advances(present);
    }
    downloads.ends(file);
    assertThat(text.toString().lines())
        .hasSize(7)
        .anyMatch(l -> l.startsWith("  60%, "))
        .noneMatch(l -> l.startsWith("  50%, "))
        .last()
        .isEqualTo("  complete, and its checksum is right");
  }

  @Test
  void heldBackTrainingPicturesTakeThePlaceOfTestPictures() {
    String run =
        "run --backend reference --dataset shapes --train-images 40 --test-images 5"
            + " --cfg 2,M,2,M,2,M,2,M,2 --epochs 2 --schedule 1 --batch-size 10 --ratios 0.5"
            + " --queue 2 --limit 1 --val-split 0.25 --save ";
    assertThat(earlybird(run + temp.resolve("a"))).isZero();
    assertThat(out).contains("judged by 10 held-back training pictures (--val-split)");
    String pruned = temp.resolve("a/ticket-50/pruned.safetensors").toString();
    assertThat(
            earlybird(
                "evaluate --backend reference --dataset shapes --test-images 5 --model " + pruned))
        .isZero();
    assertThat(out).contains("of 5 pictures");
    assertThat(earlybird(run.replace("0.25", "40") + temp.resolve("b"))).isEqualTo(1);
    assertThat(err).contains("leaves one part empty");
    assertThat(earlybird(run.replace("0.25", "x") + temp.resolve("b"))).isEqualTo(1);
    assertThat(err).contains("validation split");
  }
}
