package io.earlybird.models;

import io.earlybird.EarlybirdException;
import io.earlybird.tensor.HostTensor;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;

/** The families of networks: what is possible, and how one is built. */
enum Architecture {
  VGG("vgg") {
    @Override
    int depthOf(Cfg cfg) {
      return Vgg.depthOf(cfg);
    }

    @Override
    Cfg standardCfg(int depth) {
      return Vgg.standardCfg(depth);
    }

    @Override
    void check(int depth, Cfg cfg, int inputSize) {
      Vgg.check(depth, cfg, inputSize);
    }

    @Override
    Network build(NetworkSpec spec, Map<String, HostTensor> state) {
      return new Vgg(spec);
    }
  },
  PRE_RESNET("resnet") {
    @Override
    int depthOf(Cfg cfg) {
      return PreResNet.depthOf(cfg);
    }

    @Override
    Cfg standardCfg(int depth) {
      return PreResNet.standardCfg(depth);
    }

    @Override
    void check(int depth, Cfg cfg, int inputSize) {
      PreResNet.check(depth, cfg, inputSize);
    }

    @Override
    Network build(NetworkSpec spec, Map<String, HostTensor> state) {
      return new PreResNet(spec, state);
    }
  };

  private final String arch;

  Architecture(String arch) {
    this.arch = arch;
  }

  static Architecture of(String arch) {
    return Arrays.stream(values())
        .filter(a -> a.arch.equals(arch))
        .findFirst()
        .orElseThrow(
            () ->
                new EarlybirdException(
                    "unknown arch '"
                        + arch
                        + "': expected "
                        + Arrays.stream(values())
                            .map(a -> a.arch)
                            .collect(Collectors.joining(" or "))));
  }

  /** The depth that a list of widths belongs to. */
  abstract int depthOf(Cfg cfg);

  /** The widths that a depth stands for. */
  abstract Cfg standardCfg(int depth);

  /** Throws with one clear line unless such a network exists; {@code cfg} may be null. */
  abstract void check(int depth, Cfg cfg, int inputSize);

  /** Builds the network; {@code state} may hold selection vectors. */
  abstract Network build(NetworkSpec spec, Map<String, HostTensor> state);
}
