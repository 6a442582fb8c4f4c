package io.earlybird.backend.opencl;

import io.earlybird.backend.Kernel;
import java.util.function.Supplier;

/**
 * One of several ways to compute a product.
 *
 * @param name what the run's record calls it
 * @param offered whether the search on this device looks at it
 * @param kernel makes it
 */
record ProductCandidate(String name, boolean offered, Supplier<OwnOpenClKernel> kernel) {
  /** The kernel under its name. */
  Kernel prepare() {
    return kernel.get().named("own:" + name);
  }
}
