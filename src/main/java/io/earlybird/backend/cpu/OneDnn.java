package io.earlybird.backend.cpu;

import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.dnnl.global.dnnl;

/** What is known about the oneDNN library in use. */
final class OneDnn {
  private OneDnn() {}

  /** Version and the instruction set it dispatches to, such as {@code oneDNN 3.11.0 avx2}. */
  static String describe() {
    dnnl_version_t version = dnnl.dnnl_version();
    return "oneDNN "
        + version.major()
        + "."
        + version.minor()
        + "."
        + version.patch()
        + " "
        + dnnl.get_effective_cpu_isa().name();
  }
}
