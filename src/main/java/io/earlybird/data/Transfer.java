package io.earlybird.data;

import io.earlybird.EarlybirdException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/** One connection of a download: asks for what the file lacks and appends it. */
final class Transfer {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int BUFFER = 1 << 16;

  /** Room that a download leaves on the disk. */
  private static final long SPARE = 16 << 20;

  private final URI address;
  private final FileChannel file;
  private final Path path;
  private final DownloadProgress progress;

  /** The connection broke or did not come about; the cause says why. */
  static final class Broken extends Exception {
    private static final long serialVersionUID = 1L;

    Broken(IOException cause) {
      super(cause);
    }

    @Override
    public synchronized IOException getCause() {
      return (IOException) super.getCause();
    }
  }

  Transfer(URI address, FileChannel file, Path path, DownloadProgress progress) {
    this.address = address;
    this.file = file;
    this.path = path;
    this.progress = progress;
  }

  /**
   * Appends until the file is complete.
   *
   * @throws Broken if the connection failed; what came is kept
   * @throws EarlybirdException if the server refuses or the disk has no room
   * @throws IOException if the file cannot be written
   */
  void run() throws Broken, IOException {
    long present = file.size();
    HttpResponse<InputStream> response = ask(present);
    if (response.statusCode() == 416) {
      // Nothing behind what is there: it is complete, or it is not this file at all.
      response.body().close();
      if (total(response, 0) == present) {
        return;
      }
      present = 0;
      response = ask(0);
    }
    int status = response.statusCode();
    try (InputStream body = response.body()) {
      if (status != 200 && status != 206) {
        if (present == 0 && file.size() == 0) {
          Files.deleteIfExists(path);
        }
        throw new EarlybirdException("%s: the server answers %d".formatted(address, status));
      }
      if (status == 200) {
        present = 0;
      }
      file.truncate(present);
      file.position(present);
      long total = total(response, present);
      requireRoom(total - present);
      progress.begins(address, path, present, total);
      append(body, present, total);
    }
  }

  private HttpResponse<InputStream> ask(long from) throws Broken {
    HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(PATIENCE).GET();
    if (from > 0) {
      request.header("Range", "bytes=" + from + "-");
    }
    HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();
    try {
      return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    } catch (IOException e) {
      throw new Broken(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EarlybirdException(address + ": the download was interrupted", e);
    }
  }

  /** Bytes of the whole file: of a part's {@code Content-Range}, or counted from the length. */
  private static long total(HttpResponse<?> response, long present) {
    String range = response.headers().firstValue("Content-Range").orElse("");
    String whole = range.substring(range.indexOf('/') + 1);
    if (!range.isEmpty() && whole.matches("\\d{1,18}")) {
      return Long.parseLong(whole);
    }
    long length = response.headers().firstValueAsLong("Content-Length").orElse(-1);
    return length < 0 ? -1 : present + length;
  }

  private void requireRoom(long bytes) {
    // Not by FileStore, which looks for the mount point and finds none in a changed root.
    long free = path.toFile().getUsableSpace();
    if (bytes + SPARE > free) {
      throw new EarlybirdException(
          String.format(
              Locale.ROOT,
              "%s: needs %.1f MB more, %.1f MB are free on its disk",
              path,
              bytes / 1e6,
              free / 1e6));
    }
  }

  private void append(InputStream body, long present, long total) throws Broken, IOException {
    AtomicLong arrived = new AtomicLong(present);
    byte[] buffer = new byte[BUFFER];
    try (Watchdog watchdog = new Watchdog(body, arrived)) {
      watchdog.start();
      for (int count = receive(body, buffer); count >= 0; count = receive(body, buffer)) {
        ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, count);
        while (bytes.hasRemaining()) {
          file.write(bytes);
        }
        progress.advances(arrived.addAndGet(count));
      }
    }
    if (total >= 0 && arrived.get() != total) {
      throw new Broken(
          new EOFException("ended after %d of %d bytes".formatted(arrived.get(), total)));
    }
  }

  private static int receive(InputStream body, byte[] buffer) throws Broken {
    try {
      return body.read(buffer);
    } catch (IOException e) {
      throw new Broken(e);
    }
  }

  /** Closes a stream from which nothing has come for a while; the reader then gets an exception. */
  private static final class Watchdog implements AutoCloseable {
    private final Thread thread;

    Watchdog(InputStream body, AtomicLong arrived) {
      thread = new Thread(() -> watch(body, arrived), "download-watchdog");
      thread.setDaemon(true);
    }

    void start() {
      thread.start();
    }

    private static void watch(InputStream body, AtomicLong arrived) {
      try {
        long before = -1;
        while (before != arrived.get()) {
          before = arrived.get();
          Thread.sleep(PATIENCE.toMillis());
        }
        body.close();
      } catch (InterruptedException | IOException e) {
        // The transfer has ended by itself.
      }
    }

    @Override
    public void close() {
      thread.interrupt();
    }
  }
}
