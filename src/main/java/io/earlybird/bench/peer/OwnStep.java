package io.earlybird.bench.peer;

import io.earlybird.backend.Backend;
import io.earlybird.models.Network;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.ForwardPass;
import io.earlybird.optim.Sgd;
import io.earlybird.plan.Plan;
import io.earlybird.plan.Session;
import io.earlybird.tensor.Assign;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.Variable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Our side of a comparison: training steps and forward passes of one batch that stays. */
final class OwnStep implements AutoCloseable {
  private final Backend backend;
  private final Network network;
  private final Session session;
  private final Plan training;
  private final Plan evaluation;
  private final Sgd sgd;
  private final Tensor x;

  OwnStep(
      Backend backend,
      Network network,
      Map<String, HostTensor> state,
      Sgd.Settings settings,
      float learningRate,
      HostTensor pictures,
      HostTensor labels) {
    this.backend = backend;
    this.network = network;
    session = new Session(backend);
    try {
      x = Tensor.placeholder("pictures", pictures.spec());
      Tensor y = Tensor.placeholder("labels", labels.spec());
      sgd =
          new Sgd(
              network.parameters(),
              network.batchNorms().stream().map(BatchNorm2d::weight).toList(),
              settings);
      ForwardPass pass = ForwardPass.training();
      Tensor loss = network.forward(x, pass).softmaxCrossEntropy(y).output(0);
      List<Assign> assigns = new ArrayList<>(pass.assigns());
      assigns.addAll(sgd.step(loss).assigns());
      training = session.plan(List.of(loss), assigns);
      Tensor logits = network.forward(x, ForwardPass.evaluation());
      evaluation = session.plan(List.of(logits), List.of());
      session.write(sgd.learningRate(), HostTensor.scalar(learningRate));
      training.write(y, labels);
      start(state, pictures);
    } catch (RuntimeException | Error e) {
      session.close();
      throw e;
    }
  }

  /** Starts again from a state dict, without momentum, on other pictures. */
  void start(Map<String, HostTensor> state, HostTensor pictures) {
    network.writeState(state, session::write);
    sgd.momenta().forEach(m -> session.write(m, HostTensor.zeros(m.spec())));
    training.write(x, pictures);
    evaluation.write(x, pictures);
  }

  /** Milliseconds of each of some training steps or, if {@code eval}, forward passes. */
  double[] run(boolean eval, int steps) {
    Plan plan = eval ? evaluation : training;
    double[] milliseconds = new double[steps];
    for (int i = 0; i < steps; i++) {
      long from = System.nanoTime();
      plan.run();
      backend.synchronize();
      milliseconds[i] = (System.nanoTime() - from) * 1e-6;
    }
    return milliseconds;
  }

  /** Present values of parameters and running statistics. */
  Map<Variable, float[]> values() {
    Map<Variable, float[]> values = new LinkedHashMap<>();
    NetworkDescription.tensors(network).forEach(v -> values.put(v, session.read(v).floats()));
    return values;
  }

  @Override
  public void close() {
    session.close();
  }
}
