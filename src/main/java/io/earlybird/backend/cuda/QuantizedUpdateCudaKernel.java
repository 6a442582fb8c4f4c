package io.earlybird.backend.cuda;

import static io.earlybird.backend.cuda.NativeCudaKernels.EB_CUDA_QUANTIZED_SGD_ITEM_BYTES;
import static io.earlybird.backend.cuda.NativeCudaKernels.EB_CUDA_QUANTIZED_SGD_ROWS;
import static io.earlybird.backend.cuda.NativeCudaKernels.EB_CUDA_SGD_ITEM_BYTES;
import static io.earlybird.backend.cuda.NativeCudaKernels.eb_cuda_multi_quantized_sgd_update_f32;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.random.Philox;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.op.MultiQuantizedSgdUpdate;
import io.earlybird.tensor.op.Quantize;
import java.nio.ByteBuffer;
import java.util.List;
import org.bytedeco.javacpp.IntPointer;

/** The update of many tensors in low precision, on plain tensors: blocks go by logical index. */
final class QuantizedUpdateCudaKernel {
  private QuantizedUpdateCudaKernel() {}

  static Kernel prepare(KernelRequest request, CudaBackend backend) {
    MultiQuantizedSgdUpdate op = (MultiQuantizedSgdUpdate) request.op();
    int count = op.items().size();
    int[] firstBlock = new int[count + 1];
    for (int i = 0; i < count; i++) {
      Shape shape = request.inputs().get(3 * i).shape();
      long rows = MultiQuantizedSgdUpdate.rows(shape);
      long blocks =
          shape.size() == rows
              ? (rows + EB_CUDA_QUANTIZED_SGD_ROWS - 1) / EB_CUDA_QUANTIZED_SGD_ROWS
              : shape.size() == 0 ? 0 : rows;
      firstBlock[i + 1] = Math.addExact(firstBlock[i], Math.toIntExact(blocks));
    }
    return OwnCudaKernel.plain(
            request,
            backend,
            b -> {
              var table = b.table(items(op.items(), request.inputs(), b));
              var first = new IntPointer(b.table(OptimizerCudaKernels.bytes(firstBlock)));
              var rate = b.in(3 * count);
              int stochastic = op.isStochastic() ? 1 : 0;
              var step = op.isStochastic() ? b.longsIn(3 * count + 1) : null;
              long seed = op.seed();
              long blocks = firstBlock[count];
              var stream = b.stream();
              return () ->
                  eb_cuda_multi_quantized_sgd_update_f32(
                      table, first, count, blocks, rate, stochastic, seed, step, stream);
            })
        .overwriting((output, input) -> input == output / 2 * 3 + output % 2);
  }

  /** The C struct eb_quantized_sgd_item of native/include/earlybird/optimizer.h, per tensor. */
  private static byte[] items(
      List<MultiQuantizedSgdUpdate.Item> items, List<TensorSpec> inputs, CudaBuffers b) {
    int size = EB_CUDA_QUANTIZED_SGD_ITEM_BYTES;
    ByteBuffer table = OptimizerCudaKernels.littleEndian(Math.max(1, items.size()) * size);
    for (int i = 0; i < items.size(); i++) {
      MultiQuantizedSgdUpdate.Item item = items.get(i);
      Shape shape = inputs.get(3 * i).shape();
      table.position(i * size);
      OptimizerCudaKernels.put(table, item.update(), shape.size(), i, b);
      table.position(i * size + EB_CUDA_SGD_ITEM_BYTES);
      table.putLong(MultiQuantizedSgdUpdate.rows(shape));
      table.putInt(bits(item.gradient())).putInt(bits(item.weight())).putInt(bits(item.momentum()));
      table.putInt(hash(item.gradient())).putInt(hash(item.weight())).putInt(hash(item.momentum()));
    }
    return table.array();
  }

  private static int bits(Quantize quantize) {
    return quantize == null ? 0 : ((BlockFloat) quantize.format()).wordLength();
  }

  private static int hash(Quantize quantize) {
    return quantize == null ? 0 : Philox.hash(quantize.tensor(), "round");
  }
}
