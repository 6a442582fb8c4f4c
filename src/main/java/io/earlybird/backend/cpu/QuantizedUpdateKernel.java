package io.earlybird.backend.cpu;

import static io.earlybird.backend.cpu.NativeKernels.eb_multi_quantized_sgd_update_f32;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Support;
import io.earlybird.backend.cpu.NativeKernels.QuantizedSgdItem;
import io.earlybird.random.Philox;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.format.BlockFloat;
import io.earlybird.tensor.op.MultiQuantizedSgdUpdate;
import io.earlybird.tensor.op.Op;
import io.earlybird.tensor.op.Quantize;
import java.util.List;

/** The update of many tensors in low precision, on plain tensors: blocks go by logical index. */
final class QuantizedUpdateKernel {
  private QuantizedUpdateKernel() {}

  static Support supports(Op op, List<TensorSpec> inputs) {
    MultiQuantizedSgdUpdate update = (MultiQuantizedSgdUpdate) op;
    boolean floats =
        inputs.subList(0, 3 * update.items().size() + 1).stream()
            .allMatch(spec -> spec.dtype() == DType.F32);
    return update.isByRows() && floats
        ? Support.YES
        : Support.no(
            op.name()
                + " on the cpu backend takes f32 and "
                + MultiQuantizedSgdUpdate.rowsWanted());
  }

  static Kernel prepare(KernelRequest request) {
    MultiQuantizedSgdUpdate op = (MultiQuantizedSgdUpdate) request.op();
    int rateOperand = 3 * op.items().size();
    return OwnKernel.plain(
            request,
            b -> {
              QuantizedSgdItem items = items(op.items(), request.inputs(), b);
              int count = op.items().size();
              var rate = b.in(rateOperand);
              int stochastic = op.isStochastic() ? 1 : 0;
              var step = op.isStochastic() ? b.longsIn(rateOperand + 1) : null;
              long seed = op.seed();
              return () ->
                  eb_multi_quantized_sgd_update_f32(items, count, rate, stochastic, seed, step);
            })
        .overwriting((output, input) -> input == output / 2 * 3 + output % 2);
  }

  private static QuantizedSgdItem items(
      List<MultiQuantizedSgdUpdate.Item> items, List<TensorSpec> inputs, Buffers b) {
    QuantizedSgdItem table = new QuantizedSgdItem(Math.max(1, items.size()));
    for (int i = 0; i < items.size(); i++) {
      MultiQuantizedSgdUpdate.Item item = items.get(i);
      Shape shape = inputs.get(3 * i).shape();
      QuantizedSgdItem row = table.getPointer(i);
      OptimizerKernels.fill(row.update(), item.update(), shape.size(), i, b);
      row.rows(MultiQuantizedSgdUpdate.rows(shape))
          .gradient_bits(bits(item.gradient()))
          .weight_bits(bits(item.weight()))
          .momentum_bits(bits(item.momentum()))
          .gradient_hash(hash(item.gradient()))
          .weight_hash(hash(item.weight()))
          .momentum_hash(hash(item.momentum()));
    }
    return table;
  }

  private static int bits(Quantize quantize) {
    return quantize == null ? 0 : ((BlockFloat) quantize.format()).wordLength();
  }

  private static int hash(Quantize quantize) {
    return quantize == null ? 0 : Philox.hash(quantize.tensor(), "round");
  }
}
