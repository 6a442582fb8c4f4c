package io.earlybird.bench;

import io.earlybird.models.Network;
import io.earlybird.nn.ForwardPass;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.op.BatchNormInference;
import io.earlybird.tensor.op.MaxPool2d;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * What a training step must hold in fp32: parameters, gradients, momenta, one tensor per batch norm
 * (its input, from which the next convolution's input is computed again), the places of max
 * pooling, and batch-norm statistics (of the batch and running ones). All in bytes.
 *
 * @param parameters as many again are gradients, and as many momenta
 * @param normInputs inputs of all batch norms
 * @param poolPlaces one byte per result of a max pooling
 * @param statistics four vectors per batch norm
 */
public record MemoryFormula(long parameters, long normInputs, long poolPlaces, long statistics) {
  /** The formula's bytes for a network and a batch. */
  static MemoryFormula of(Network network, int batch) {
    Tensor x = Tensor.placeholder("x", network.inputSpec(batch));
    Set<Node> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Node> open = new ArrayDeque<>();
    open.push(network.forward(x, ForwardPass.evaluation()).node());
    long norms = 0;
    long places = 0;
    long statistics = 0;
    while (!open.isEmpty()) {
      Node node = open.pop();
      if (seen.add(node)) {
        node.inputs().forEach(in -> open.push(in.node()));
        if (node.op() instanceof BatchNormInference) {
          norms += bytes(node.inputs().get(0));
          statistics += 4 * bytes(node.inputs().get(1));
        } else if (node.op() instanceof MaxPool2d) {
          places += node.output(0).spec().size();
        }
      }
    }
    long parameters =
        network.parameters().stream().mapToLong(v -> v.shape().size()).sum() * DType.F32.bytes();
    return new MemoryFormula(parameters, norms, places, statistics);
  }

  private static long bytes(Tensor t) {
    return t.spec().size() * t.spec().dtype().bytes();
  }

  /** The sum. */
  public long total() {
    return 3 * parameters + normInputs + poolPlaces + statistics;
  }
}
