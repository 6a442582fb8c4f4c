package io.earlybird.doctor;

import java.util.List;

/** The memory that the process's control group allows, in either version of control groups. */
final class MemoryLimit {
  private static final String CGROUPS = "/sys/fs/cgroup";

  private final Host host;

  MemoryLimit(Host host) {
    this.host = host;
  }

  /** The least limit from the process's group up to the root; very large if there is none. */
  long bytes() {
    long limit = Long.MAX_VALUE;
    for (String line : host.lines("/proc/self/cgroup")) {
      String[] parts = line.split(":", 3);
      if (parts.length == 3 && parts[0].equals("0")) {
        limit = Math.min(limit, least(CGROUPS, parts[2], "memory.max"));
      } else if (parts.length == 3 && List.of(parts[1].split(",")).contains("memory")) {
        limit = Math.min(limit, least(CGROUPS + "/memory", parts[2], "memory.limit_in_bytes"));
      }
    }
    return limit;
  }

  private long least(String hierarchy, String group, String file) {
    long limit = Long.MAX_VALUE;
    String path = group;
    while (true) {
      for (String line : host.lines(hierarchy + path + "/" + file)) {
        if (line.strip().matches("\\d{1,18}")) {
          limit = Math.min(limit, Long.parseLong(line.strip()));
        }
      }
      if (path.length() <= 1) {
        return limit;
      }
      path = path.substring(0, Math.max(path.lastIndexOf('/'), 0));
    }
  }
}
