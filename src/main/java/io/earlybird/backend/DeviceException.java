package io.earlybird.backend;

import io.earlybird.EarlybirdException;

/** A device or its driver failed: it was lost, or refused what it should be able to do. */
public final class DeviceException extends EarlybirdException {
  private static final long serialVersionUID = 1;

  /**
   * A failure.
   *
   * @param message one line: the device, what it was asked for, and the driver's own words
   */
  public DeviceException(String message) {
    super(message);
  }
}
