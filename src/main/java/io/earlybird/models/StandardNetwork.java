package io.earlybird.models;

import io.earlybird.nn.ChannelSelection;
import io.earlybird.tensor.HostTensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A network that a {@link NetworkSpec} names: run records and checkpoints say which one it is, and
 * can build it again. {@link Network#of(NetworkSpec)} builds one.
 */
public abstract sealed class StandardNetwork extends Network permits Vgg, PreResNet, ResNet {
  private final NetworkSpec spec;

  /**
   * A network without layers.
   *
   * @param given may hold selection vectors
   * @param group number of channels of which layers have room for multiples
   */
  StandardNetwork(NetworkSpec spec, Map<String, HostTensor> given, int group) {
    super(spec.inputSize(), given, group);
    this.spec = spec;
  }

  /** What was built. */
  public final NetworkSpec spec() {
    return spec;
  }

  /** The widths that the tensors of a state dict have, in this network's notation. */
  public abstract Cfg widthsOf(Map<String, HostTensor> state);

  @Override
  public final StandardNetwork withWidthsOf(Map<String, HostTensor> state) {
    return of(spec.withCfg(widthsOf(state)), state, group());
  }

  @Override
  public final StandardNetwork inGroupsOf(int channels) {
    if (channels == 1 || channels == group()) {
      return this;
    }
    Map<String, HostTensor> selected = new LinkedHashMap<>();
    selections().forEach(s -> selected.put(ChannelSelection.key(s.name()), s.indexes()));
    return of(spec, selected, channels);
  }

  @Override
  public final String toString() {
    return spec.toString();
  }
}
