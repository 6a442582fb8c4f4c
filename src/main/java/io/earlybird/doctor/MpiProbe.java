package io.earlybird.doctor;

import static io.earlybird.doctor.Finding.missing;
import static io.earlybird.doctor.Finding.ok;
import static io.earlybird.doctor.Finding.warn;

import java.util.List;

/** Open MPI, for training on several processes or machines. */
final class MpiProbe implements Probe {
  private static final String AREA = "MPI";
  private static final String MAJOR = "40";

  @Override
  public List<Finding> look(Host host) {
    return List.of(library(host), launcher(host));
  }

  private static Finding library(Host host) {
    return new Libraries(host)
        .find("libmpi", MAJOR)
        .map(
            found -> {
              String detail = host.show(found.path());
              return found.major().equals(MAJOR)
                  ? ok(AREA, "library", detail)
                  : warn(AREA, "library", detail, "Open MPI 4 or 5 is needed (libmpi.so.40)");
            })
        .orElseGet(
            () ->
                missing(
                    AREA,
                    "library",
                    "no libmpi.so." + MAJOR,
                    "only for several processes: apt install libopenmpi-dev"));
  }

  private static Finding launcher(Host host) {
    return host.tool("mpirun")
        .map(path -> ok(AREA, "mpirun", host.version(path, "--version") + ", " + host.show(path)))
        .orElseGet(
            () ->
                missing(
                    AREA,
                    "mpirun",
                    "mpirun is not on PATH",
                    "only for several processes: apt install openmpi-bin"));
  }
}
