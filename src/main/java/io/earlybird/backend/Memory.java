package io.earlybird.backend;

/** A piece of device memory that a backend allocated. */
public interface Memory extends AutoCloseable {
  /** Size in bytes. */
  long bytes();

  /** Gives the memory back; no slice of it may be used afterwards. Closing twice does nothing. */
  @Override
  void close();
}
