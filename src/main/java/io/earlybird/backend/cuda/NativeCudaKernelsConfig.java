package io.earlybird.backend.cuda;

import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * Tells JavaCPP how to bind the flat C ABI of {@code native/include/earlybird/cuda} to the
 * generated class {@link NativeCudaKernels}, which also exists in builds without CUDA kernels. Only
 * {@link CudaLibraries} may be the first to touch it, after the CUDA runtime has been loaded.
 */
@NoException
@Properties(
    value =
        @Platform(
            value = "linux-x86_64",
            include = {
              "earlybird/api.h",
              "earlybird/cuda/batch_norm.h",
              "earlybird/cuda/data.h",
              "earlybird/cuda/elementwise.h",
              "earlybird/cuda/loss.h",
              "earlybird/cuda/optimizer.h",
              "earlybird/cuda/pooling.h",
              "earlybird/cuda/quantize.h"
            },
            link = "earlybird_cuda",
            library = "jniearlybird_cuda"),
    target = "io.earlybird.backend.cuda.NativeCudaKernels")
public class NativeCudaKernelsConfig implements InfoMapper {
  @Override
  public void map(InfoMap infoMap) {
    infoMap.put(new Info("EB_API").cppTypes().annotations());
    infoMap.put(new Info("eb_status").cast().valueTypes("int"));
    // Casts in what is generated for a struct; javac would warn.
    infoMap.put(
        new Info("eb_cuda_pool")
            .pointerTypes("PoolExtents")
            .annotations("@SuppressWarnings(\"unchecked\")"));
    infoMap.put(
        new Info("eb_cuda_batch")
            .pointerTypes("BatchExtents")
            .annotations("@SuppressWarnings(\"unchecked\")"));
    infoMap.put(
        new Info("eb_cuda_quantization")
            .pointerTypes("QuantizationOnDevice")
            .annotations("@SuppressWarnings(\"unchecked\")"));
  }
}
