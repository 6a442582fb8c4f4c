package io.earlybird.doctor;

import io.earlybird.backend.cpu.CpuLibrary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Looks at the whole machine. */
public final class Doctor {
  private final Host host;
  private final List<Probe> probes;

  Doctor(Host host, List<Probe> probes) {
    this.host = host;
    this.probes = List.copyOf(probes);
  }

  /** A doctor for the machine that this process runs on. */
  public static Doctor here() {
    return new Doctor(
        Host.here(),
        List.of(
            new MachineProbe(CpuLibrary::isaName, Runtime.getRuntime().availableProcessors()),
            new ToolsProbe(
                System.getProperty("java.version"), Path.of(System.getProperty("java.home"))),
            new CudaProbe(),
            new OpenClProbe(OpenClProbe::devicesHere),
            new MpiProbe(),
            new EnergyProbe(),
            new DataProbe(),
            new CacheProbe(System.getProperty("org.bytedeco.javacpp.cachedir", ""))));
  }

  /** Looks. */
  public Diagnosis examine() {
    List<Finding> findings = new ArrayList<>();
    probes.forEach(probe -> findings.addAll(probe.look(host)));
    return new Diagnosis(findings);
  }
}
