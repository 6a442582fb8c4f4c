package io.earlybird.models;

import io.earlybird.tensor.HostTensor;
import java.util.Map;

/** What is possible within a family of networks, and how one is built. */
interface Family {
  /** The depth when none is given. */
  int defaultDepth();

  /** The depth that a list of widths belongs to; null is one where there is one depth only. */
  int depthOf(Cfg cfg);

  /** The widths that a depth stands for. */
  Cfg standardCfg(int depth);

  /**
   * The form in which widths are kept, where a family's lists come in several; as given if they are
   * none of its lists.
   */
  default Cfg canonical(Cfg cfg) {
    return cfg;
  }

  /** Whether its weights fit pictures of any size, because the last pooling is over all of them. */
  default boolean takesAnySize() {
    return false;
  }

  /** Throws with one clear line unless such a network exists; {@code cfg} may be null. */
  void check(int depth, Cfg cfg, int inputSize);

  /** Builds the network; {@code state} may hold selection vectors. */
  StandardNetwork build(NetworkSpec spec, Map<String, HostTensor> state, int group);
}
