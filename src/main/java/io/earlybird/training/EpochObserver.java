package io.earlybird.training;

import io.earlybird.plan.Work;
import io.earlybird.tensor.HostTensor;
import java.util.Map;

/** What a search adds to training. */
interface EpochObserver {
  /**
   * An epoch is about to begin.
   *
   * @return whether training should end here, before the epoch
   */
  boolean epochBegins(int epoch);

  /** Operations and bytes of the last look at the masks. */
  Work work();

  /** Adds what it needs to continue. */
  void save(Map<String, HostTensor> tensors);
}
