package io.earlybird.doctor;

import static io.earlybird.doctor.Finding.missing;
import static io.earlybird.doctor.Finding.ok;

import io.earlybird.EarlybirdException;
import io.earlybird.data.DataSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Data sets in the folders where they are looked for without {@code --data}. */
final class DataProbe implements Probe {
  private static final String AREA = "data";

  @Override
  public List<Finding> look(Host host) {
    List<Finding> findings = new ArrayList<>();
    for (String name : DataSource.NAMES) {
      if (name.equals("shapes")) {
        findings.add(ok(AREA, name, "built in"));
      } else {
        findings.add(inFolder(host, name));
      }
    }
    return findings;
  }

  private static Finding inFolder(Host host, String name) {
    Path folder = host.folder().resolve("data." + name);
    try {
      DataSource.open(name, folder);
      return ok(AREA, name, host.show(folder));
    } catch (EarlybirdException e) {
      return missing(
          AREA,
          name,
          "not in " + host.show(folder),
          name.equals("imagenet")
              ? "put pictures into its train/CLASS and val/CLASS, or name another folder with"
                  + " --data"
              : "the first command that needs it downloads it (170 MB); or put its archive there,"
                  + " or name its folder with --data");
    }
  }
}
