package io.earlybird.models;

import io.earlybird.backend.Backend;
import io.earlybird.backend.cpu.CpuBackend;
import io.earlybird.backend.reference.ReferenceBackend;
import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.ForwardPass;
import io.earlybird.optim.Sgd;
import io.earlybird.plan.Session;
import io.earlybird.tensor.Assign;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The backends on which networks are tested. */
public final class TestBackends {
  private static final List<Supplier<Backend>> COMPLETE = complete();

  private TestBackends() {}

  /** Runs a check on every backend that can train a network. */
  public static void each(Consumer<Backend> check) {
    for (Supplier<Backend> supplier : COMPLETE) {
      try (Backend backend = supplier.get()) {
        run(check, backend);
      }
    }
  }

  /** The fastest of them. */
  public static Backend fastest() {
    return COMPLETE.get(COMPLETE.size() - 1).get();
  }

  private static void run(Consumer<Backend> check, Backend backend) {
    try {
      check.accept(backend);
    } catch (AssertionError e) {
      throw new AssertionError("backend " + backend.name() + ": " + e.getMessage(), e);
    }
  }

  private static List<Supplier<Backend>> complete() {
    List<Supplier<Backend>> complete = new ArrayList<>();
    complete.add(() -> new ReferenceBackend(DType.F32));
    try (Backend cpu = new CpuBackend()) {
      if (canTrain(cpu)) {
        complete.add(CpuBackend::new);
      }
    }
    return complete;
  }

  private static boolean canTrain(Backend backend) {
    Network network = Network.of(NetworkSpec.of("resnet", 11, 10));
    Tensor x = Tensor.placeholder("x", network.inputSpec(2));
    Tensor labels = Tensor.placeholder("labels", TensorSpec.of(DType.I32, 2));
    ForwardPass pass = ForwardPass.training();
    Tensor loss = network.forward(x, pass).softmaxCrossEntropy(labels).output(0);
    Sgd sgd =
        new Sgd(
            network.parameters(),
            network.batchNorms().stream().map(BatchNorm2d::weight).toList(),
            new Sgd.Settings(0.9f, 1e-4f, 1e-4f));
    List<Assign> assigns = new ArrayList<>(pass.assigns());
    assigns.addAll(sgd.step(loss).assigns());
    try (Session session = new Session(backend)) {
      session.plan(List.of(loss), assigns);
      return true;
    } catch (UnsupportedOperationException e) {
      return false;
    }
  }
}
