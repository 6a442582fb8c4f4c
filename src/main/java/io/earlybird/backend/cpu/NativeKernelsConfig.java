package io.earlybird.backend.cpu;

import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Tells JavaCPP how to bind the flat C ABI of {@code native/include/earlybird} to the generated
 * class {@link NativeKernels}. A new header needs one line in {@code include}; a new function in a
 * header needs nothing here.
 */
@NoException
@Properties(
    value =
        @Platform(
            value = "linux-x86_64",
            include = {
              "earlybird/api.h",
              "earlybird/augmentation.h",
              "earlybird/batch_norm.h",
              "earlybird/ceilings.h",
              "earlybird/channels.h",
              "earlybird/elementwise.h",
              "earlybird/loss.h",
              "earlybird/memory.h",
              "earlybird/optimizer.h",
              "earlybird/plugin.h",
              "earlybird/pooling.h",
              "earlybird/products.h",
              "earlybird/products_bf16.h",
              "earlybird/products_int8.h",
              "earlybird/quantize.h",
              "earlybird/runtime.h",
              "earlybird/signals.h"
            },
            link = "earlybird_cpu",
            library = "jniearlybird"),
    target = "io.earlybird.backend.cpu.NativeKernels")
public class NativeKernelsConfig implements InfoMapper {
  static {
    // oneDNN first: it brings the OpenMP runtime that the kernels then share. In the other order
    // two
    // runtimes are mapped and a thread setting reaches only one of them. The generated class
    // extends
    // this one, so this runs before it loads the kernels; the generator itself loads nothing.
    if (Loader.isLoadLibraries()) {
      Loader.load(dnnl.class);
    }
  }

  @Override
  public void map(InfoMap infoMap) {
    infoMap.put(new Info("EB_API").cppTypes().annotations());
    infoMap.put(new Info("eb_status").cast().valueTypes("int"));
    struct(infoMap, "eb_augmentation", "BatchSource");
    struct(infoMap, "eb_conv2d", "Conv2dShape");
    struct(infoMap, "eb_norm", "InputNorm");
    struct(infoMap, "eb_pool", "PoolGeometry");
    struct(infoMap, "eb_quantization", "Quantization");
    struct(infoMap, "eb_sgd_item", "SgdItem");
    struct(infoMap, "eb_quantized_sgd_item", "QuantizedSgdItem");
  }

  /** Names the class of a struct; javac would warn of the casts that are generated for it. */
  private static void struct(InfoMap infoMap, String name, String javaName) {
    infoMap.put(
        new Info(name).pointerTypes(javaName).annotations("@SuppressWarnings(\"unchecked\")"));
  }
}
