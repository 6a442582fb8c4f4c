package io.earlybird.backend.opencl;

import io.earlybird.EarlybirdException;
import org.jocl.CL;

/** Turns the status codes of OpenCL into exceptions. */
final class OpenClStatus {
  private OpenClStatus() {}

  /**
   * Checks a status.
   *
   * @throws EarlybirdException with what failed and the code's name
   */
  static void check(int status, String what) {
    if (status != CL.CL_SUCCESS) {
      throw failed(status, what);
    }
  }

  static EarlybirdException failed(int status, String what) {
    return new EarlybirdException("opencl: " + what + ": " + CL.stringFor_errorCode(status));
  }
}
