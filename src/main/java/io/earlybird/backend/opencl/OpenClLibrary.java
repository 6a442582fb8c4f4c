package io.earlybird.backend.opencl;

import io.earlybird.EarlybirdException;
import org.bytedeco.javacpp.Loader;
import org.jocl.CL;

/** JOCL and the ICD loader that it opens. */
final class OpenClLibrary {
  static final String LOADER = "libOpenCL.so.1";

  private static boolean loaded;

  private OpenClLibrary() {}

  /**
   * Loads JOCL, once. The loader is opened first, because JOCL prints and cannot be asked a second
   * time where it is missing.
   *
   * @throws EarlybirdException if there is no ICD loader
   */
  static synchronized void load() {
    if (!loaded) {
      open(LOADER);
      CL.setExceptionsEnabled(false);
      loaded = true;
    }
  }

  /** Opens a loader by its file name. */
  static void open(String loader) {
    try {
      Loader.loadGlobal(loader);
    } catch (UnsatisfiedLinkError e) {
      throw new EarlybirdException(
          "opencl: no OpenCL loader ("
              + loader
              + "); on Debian and Ubuntu: apt-get install ocl-icd-libopencl1, and the GPU vendor's"
              + " driver or, for the processor, pocl-opencl-icd",
          e);
    }
  }
}
