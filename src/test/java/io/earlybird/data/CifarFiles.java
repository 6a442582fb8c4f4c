package io.earlybird.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/** Writes small sets in all the forms CIFAR is published in, byte for byte in the same layout. */
final class CifarFiles {
  final CifarLayout layout;
  private final Path folder;

  CifarFiles(CifarLayout layout, Path folder) {
    this.layout = layout;
    this.folder = folder;
  }

  /** One file's random content. */
  record Content(byte[][] planes, int[] labels) {
    static Content of(CifarLayout layout, CifarLayout.Part part) {
      Random random = new Random(part.file().replace(".bin", "").hashCode());
      byte[][] planes = new byte[part.records()][CifarLayout.IMAGE_BYTES];
      int[] labels = new int[part.records()];
      for (int i = 0; i < labels.length; i++) {
        random.nextBytes(planes[i]);
        labels[i] = random.nextInt(layout.classes());
      }
      return new Content(planes, labels);
    }
  }

  void writeFolder(CifarLayout.Form form) throws IOException {
    Path target = Files.createDirectories(folder.resolve(form.folder()));
    for (Split split : Split.values()) {
      for (CifarLayout.Part part : form.parts(split)) {
        Files.write(target.resolve(part.file()), bytes(form, part));
      }
    }
  }

  void writeArchive(CifarLayout.Form form) throws IOException {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    entry(tar, form.folder() + "/", '5', new byte[0]);
    entry(tar, form.folder() + "/readme.html", '0', new byte[700]);
    for (Split split : new Split[] {Split.TEST, Split.TRAIN}) {
      for (CifarLayout.Part part : form.parts(split)) {
        entry(tar, form.folder() + "/" + part.file(), '0', bytes(form, part));
      }
    }
    tar.write(new byte[1024]);
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve(form.archive())))) {
      tar.writeTo(out);
    }
  }

  byte[] bytes(CifarLayout.Form form, CifarLayout.Part part) throws IOException {
    Content content = Content.of(layout, part);
    return form == layout.binary() ? binary(content) : python(content);
  }

  private byte[] binary(Content content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < content.labels().length; i++) {
      if (layout.labelBytes() == 2) {
        out.write(19);
      }
      out.write(content.labels()[i]);
      out.write(content.planes()[i]);
    }
    return out.toByteArray();
  }

  /** As Python 2's cPickle wrote it with protocol 2. */
  private byte[] python(Content content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(new byte[] {(byte) 0x80, 2, '}', 'q', 1, '('});
    shortString(out, "batch_label", 2);
    shortString(out, "training batch 1 of 5", 3);
    shortString(out, layout.labelKey(), 4);
    out.write(new byte[] {']', 'q', 5, '('});
    for (int label : content.labels()) {
      out.write(new byte[] {'K', (byte) label});
    }
    out.write('e');
    shortString(out, "data", 6);
    text(out, "cnumpy.core.multiarray\n_reconstruct\n");
    out.write(new byte[] {'q', 7});
    text(out, "cnumpy\nndarray\n");
    out.write(new byte[] {'q', 8, 'K', 0, (byte) 0x85, 'U', 1, 'b', (byte) 0x87, 'R', 'q', 9});
    int records = content.labels().length;
    out.write(new byte[] {'(', 'K', 1, 'M', (byte) records, (byte) (records >> 8), 'M', 0, 12});
    out.write(0x86);
    text(out, "cnumpy\ndtype\n");
    out.write(new byte[] {'q', 10});
    out.write(new byte[] {'U', 2, 'u', '1', 'K', 0, 'K', 1, (byte) 0x87, 'R', 'q', 11});
    out.write(new byte[] {'(', 'K', 3, 'U', 1, '|', 'N', 'N', 'N'});
    out.write(new byte[] {'J', -1, -1, -1, -1, 'J', -1, -1, -1, -1, 'K', 0, 't', 'b'});
    out.write(new byte[] {(byte) 0x89, 'T'});
    out.write(
        ByteBuffer.allocate(4)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(records * CifarLayout.IMAGE_BYTES)
            .array());
    for (byte[] planes : content.planes()) {
      out.write(planes);
    }
    out.write(new byte[] {'t', 'b'});
    shortString(out, "filenames", 12);
    out.write(new byte[] {']', 'q', 13, '('});
    for (int i = 0; i < records; i++) {
      shortString(out, "camion_s_%06d.png".formatted(i), 14 + i);
    }
    out.write(new byte[] {'e', 'u', '.'});
    return out.toByteArray();
  }

  private static void shortString(ByteArrayOutputStream out, String value, int memo) {
    out.write('U');
    out.write(value.length());
    text(out, value);
    out.write('q');
    out.write(memo);
  }

  private static void text(ByteArrayOutputStream out, String value) {
    out.writeBytes(value.getBytes(StandardCharsets.US_ASCII));
  }

  private static void entry(ByteArrayOutputStream tar, String name, char type, byte[] content) {
    byte[] header = new byte[512];
    put(header, 0, name);
    put(header, 100, "0000644\0");
    put(header, 124, "%011o\0".formatted(content.length));
    put(header, 136, "%011o\0".formatted(1_000_000_000));
    put(header, 148, "        ");
    header[156] = (byte) type;
    put(header, 257, "ustar  \0");
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xFF;
    }
    put(header, 148, "%06o\0 ".formatted(sum));
    tar.writeBytes(header);
    tar.writeBytes(content);
    tar.writeBytes(new byte[(512 - content.length % 512) % 512]);
  }

  private static void put(byte[] header, int offset, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(bytes, 0, header, offset, bytes.length);
  }
}
