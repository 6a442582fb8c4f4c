package io.earlybird.data;

import io.earlybird.EarlybirdException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * CIFAR-10 or CIFAR-100 in any form their authors publish: the binary or the Python files, unpacked
 * or still in their archive.
 */
final class CifarSource implements DataSource {
  private final CifarLayout layout;
  private final CifarLayout.Form form;
  private final Path place;

  private CifarSource(CifarLayout layout, CifarLayout.Form form, Path place) {
    this.layout = layout;
    this.form = form;
    this.place = place;
  }

  /**
   * Looks for the set in a folder: its files in the folder itself, one of the folders the archives
   * unpack to, or one of the archives; the folder may also be an archive itself.
   *
   * @throws EarlybirdException saying what to put where, if there is none of these
   */
  static CifarSource find(CifarLayout layout, Path folder) {
    for (CifarLayout.Form form : List.of(layout.binary(), layout.python())) {
      for (Path place : List.of(folder, folder.resolve(form.folder()))) {
        if (holdsAny(form, place)) {
          return new CifarSource(layout, form, place);
        }
      }
    }
    for (CifarLayout.Form form : List.of(layout.binary(), layout.python())) {
      for (Path place : List.of(folder, folder.resolve(form.archive()))) {
        if (Files.isRegularFile(place) && place.endsWith(form.archive())) {
          return new CifarSource(layout, form, place);
        }
      }
    }
    throw new EarlybirdException(
        "%s not found in %s: put %s or %s there (packed, or unpacked as %s or %s), or name another"
                .formatted(
                    layout.title(),
                    folder.toAbsolutePath().normalize(),
                    layout.binary().archive(),
                    layout.python().archive(),
                    layout.binary().folder(),
                    layout.python().folder())
            + " folder with --data");
  }

  private static boolean holdsAny(CifarLayout.Form form, Path place) {
    return Files.isDirectory(place)
        && (place.endsWith(form.folder())
            || form.train().stream().anyMatch(part -> Files.exists(place.resolve(part.file())))
            || form.test().stream().anyMatch(part -> Files.exists(place.resolve(part.file()))));
  }

  @Override
  public String name() {
    return layout.name();
  }

  @Override
  public List<String> classNames() {
    return layout.classNames();
  }

  @Override
  public ImageSet load(Split split) {
    Map<String, CifarLayout.Part> parts = new LinkedHashMap<>();
    Map<String, Integer> starts = new LinkedHashMap<>();
    int total = 0;
    for (CifarLayout.Part part : form.parts(split)) {
      parts.put(part.file(), part);
      starts.put(part.file(), total);
      total += part.records();
    }
    byte[] pixels = new byte[Math.multiplyExact(total, CifarLayout.IMAGE_BYTES)];
    CifarReader reader = new CifarReader(layout, pixels, new int[total]);
    try {
      if (Files.isDirectory(place)) {
        readFolder(parts, starts, reader);
      } else {
        readArchive(parts, starts, reader);
      }
    } catch (IOException e) {
      throw new EarlybirdException(place + ": cannot be read: " + e.getMessage(), e);
    }
    return new ImageSet(
        layout.name() + " " + split.label(),
        CifarLayout.SIZE,
        CifarLayout.SIZE,
        CifarLayout.CHANNELS,
        pixels,
        reader.labels(),
        classNames(),
        Normalization.CIFAR);
  }

  private void readFolder(
      Map<String, CifarLayout.Part> parts, Map<String, Integer> starts, CifarReader reader)
      throws IOException {
    for (CifarLayout.Part part : parts.values()) {
      Path path = place.resolve(part.file());
      if (!Files.isRegularFile(path)) {
        throw missing(path.toString());
      }
      try (InputStream in = Files.newInputStream(path)) {
        read(reader, part, path.toString(), Files.size(path), in, starts.get(part.file()));
      }
    }
  }

  private void readArchive(
      Map<String, CifarLayout.Part> parts, Map<String, Integer> starts, CifarReader reader)
      throws IOException {
    Map<String, CifarLayout.Part> inside = new LinkedHashMap<>();
    parts.forEach((file, part) -> inside.put(form.folder() + "/" + file, part));
    Set<String> absent =
        TarGz.visit(
            place,
            inside.keySet(),
            (name, size, in) -> {
              CifarLayout.Part part = inside.get(name);
              read(reader, part, place + ": " + name, size, in, starts.get(part.file()));
            });
    if (!absent.isEmpty()) {
      List<String> names = new ArrayList<>(absent);
      names.sort(null);
      throw missing(place + ": " + names.get(0));
    }
  }

  private EarlybirdException missing(String file) {
    return new EarlybirdException(
        "%s is missing; unpack a complete %s again".formatted(file, form.archive()));
  }

  private void read(
      CifarReader reader,
      CifarLayout.Part part,
      String name,
      long size,
      InputStream in,
      int firstRecord)
      throws IOException {
    if (form == layout.binary()) {
      reader.readBinary(name, size, part.records(), in, firstRecord);
    } else {
      reader.readPython(name, size, part.records(), in, firstRecord);
    }
  }
}
