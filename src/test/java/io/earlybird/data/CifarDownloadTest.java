package io.earlybird.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Downloads from a server on this machine. */
class CifarDownloadTest {
  private static final CifarLayout TEN = CifarLayout.CIFAR10.withRecords(7);
  private static final String ARCHIVE = TEN.binary().archive();

  @TempDir Path folder;
  private Path data;
  private byte[] archive;
  private Checksum checksum;
  private HttpServer server;
  private final List<String> ranges = new ArrayList<>();

  /** Bytes after which the server cuts the connection, one per request; then it sends all. */
  private final List<Integer> cuts = new ArrayList<>();

  private boolean knowsRanges = true;

  @BeforeEach
  void startServer() throws Exception {
    Path made = Files.createDirectory(folder.resolve("made"));
    new CifarFiles(TEN, made).writeArchive(TEN.binary());
    Path file = made.resolve(ARCHIVE);
    archive = Files.readAllBytes(file);
    checksum = new Checksum("MD5", new Checksum("MD5", "").of(file));
    data = folder.resolve("data here");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/~kriz/" + ARCHIVE, this::serve);
    server.start();
  }

  @AfterEach
  void stopServer() {
    server.stop(0);
  }

  private void serve(HttpExchange exchange) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    ranges.add(String.valueOf(range));
    int from = range == null || !knowsRanges ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
    if (from >= archive.length) {
      exchange.getResponseHeaders().add("Content-Range", "bytes */" + archive.length);
      exchange.sendResponseHeaders(416, -1);
      exchange.close();
      return;
    }
    exchange
        .getResponseHeaders()
        .add("Content-Range", "bytes %d-%d/%d".formatted(from, archive.length - 1, archive.length));
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, archive.length - from);
    int until = cuts.isEmpty() ? archive.length : from + cuts.remove(0);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(archive, from, until - from);
    }
    exchange.close();
  }

  private CifarSource fetch(DownloadProgress progress) {
    URI place = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/~kriz/");
    return new CifarDownload(TEN, place, checksum).findOrFetch(data, progress);
  }

  private CifarSource fetch() {
    return fetch(DownloadProgress.SILENT);
  }

  private void failsWith(ThrowingCallable call, String... words) {
    assertThatThrownBy(call)
        .isInstanceOf(EarlybirdException.class)
        .hasMessageStartingWith("CIFAR-10 is not in " + data + " and cannot be downloaded: ")
        .hasMessageContainingAll(words)
        .hasMessageContaining(ARCHIVE + " there, or name another folder with --data")
        .message()
        .doesNotContain("\n");
  }

  @Test
  void whatIsMissingIsFetchedOnceAndRead() throws IOException {
    List<Long> seen = new ArrayList<>();
    CifarSource source =
        fetch(
            new DownloadProgress() {
              @Override
              public void begins(URI from, Path to, long present, long total) {
                seen.add(present);
                seen.add(total);
              }

              @Override
              public void advances(long present) {
                seen.add(present);
              }

              @Override
              public void ends(Path file) {
                seen.add((long) file.getFileName().toString().length());
              }
            });
    assertThat(source.load(Split.TEST).size()).isEqualTo(7);
    assertThat(seen).startsWith(0L, (long) archive.length);
    assertThat(seen.subList(seen.size() - 2, seen.size()))
        .containsExactly((long) archive.length, (long) ARCHIVE.length());
    assertThat(fetch().load(Split.TRAIN).size()).isEqualTo(35);
    assertThat(ranges).containsExactly("null");
    try (var files = Files.list(data)) {
      assertThat(files).containsExactly(data.resolve(ARCHIVE));
    }
  }

  @Test
  void aCutConnectionIsTakenUpAgain() throws IOException {
    cuts.addAll(List.of(1000, 2000));
    fetch();
    assertThat(ranges).containsExactly("null", "bytes=1000-", "bytes=3000-");
    assertThat(data.resolve(ARCHIVE)).hasBinaryContent(archive);
  }

  @Test
  void afterManyCutsThePartIsKeptForTheNextTime() throws IOException {
    cuts.addAll(List.of(100, 100, 100, 100));
    failsWith(this::fetch, "the connection broke", ".part, the next try goes on there");
    assertThat(data.resolve(ARCHIVE + ".part")).hasBinaryContent(Arrays.copyOf(archive, 400));
    fetch();
    assertThat(ranges).last().isEqualTo("bytes=400-");
    assertThat(data.resolve(ARCHIVE)).hasBinaryContent(archive);
  }

  @Test
  void aServerWithoutRangesSendsAllAgain() throws IOException {
    knowsRanges = false;
    cuts.add(1000);
    fetch();
    assertThat(ranges).containsExactly("null", "bytes=1000-");
    assertThat(data.resolve(ARCHIVE)).hasBinaryContent(archive);
  }

  @Test
  void aPartThatIsCompleteIsOnlyChecked() throws IOException {
    Files.createDirectories(data);
    Files.write(data.resolve(ARCHIVE + ".part"), archive);
    assertThat(fetch().load(Split.TEST).size()).isEqualTo(7);
    assertThat(ranges).hasSize(1);
  }

  @Test
  void aPartThatIsTooLongStartsAnew() throws IOException {
    Files.createDirectories(data);
    Files.write(data.resolve(ARCHIVE + ".part"), Arrays.copyOf(archive, archive.length + 5));
    fetch();
    assertThat(data.resolve(ARCHIVE)).hasBinaryContent(archive);
  }

  @Test
  void aWrongChecksumRemovesWhatCame() {
    archive[archive.length / 2] ^= 1;
    failsWith(this::fetch, "wrong MD5", checksum.value(), "was removed");
    assertThat(data).isEmptyDirectory();
  }

  @Test
  void aMissingFileOnTheServerIsSaid() {
    server.removeContext("/~kriz/" + ARCHIVE);
    failsWith(this::fetch, "the server answers 404");
    assertThat(data).isEmptyDirectory();
  }

  @Test
  void withoutANetworkTheMessageSaysWhatToPutWhere() throws IOException {
    int closed;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = socket.getLocalPort();
    }
    URI place = URI.create("http://127.0.0.1:" + closed + "/");
    CifarDownload offline = new CifarDownload(TEN, place, checksum);
    failsWith(
        () -> offline.findOrFetch(data, DownloadProgress.SILENT),
        "the server cannot be reached (no network?)");
    assertThat(data).isEmptyDirectory();
  }

  @Test
  void aFolderWithOtherThingsIsLeftAlone() throws IOException {
    Files.createDirectories(data);
    Files.writeString(data.resolve("thesis.txt"), "…");
    assertThatThrownBy(this::fetch).hasMessageStartingWith("CIFAR-10 not found in " + data);
    assertThat(ranges).isEmpty();
  }

  @Test
  void aFolderThatCannotBeMadeIsSaid() throws IOException {
    Files.writeString(folder.resolve("file"), "not a folder");
    data = folder.resolve("file/data");
    failsWith(this::fetch, "cannot be written: ");
    assertThat(ranges).isEmpty();
  }

  @Test
  void twoAtOnceDoNotMixTheirBytes() throws IOException {
    Files.createDirectories(data);
    Path part = data.resolve(ARCHIVE + ".part");
    try (var channel = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var lock = channel.lock()) {
      assertThat(lock.isValid()).isTrue();
      failsWith(this::fetch, "another process is downloading it");
    }
  }
}
