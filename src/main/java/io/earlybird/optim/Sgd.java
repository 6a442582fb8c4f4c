package io.earlybird.optim;

import io.earlybird.autograd.Gradients;
import io.earlybird.tensor.Assign;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.AddSign;
import io.earlybird.tensor.op.SgdUpdate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Stochastic gradient descent with momentum and weight decay on everything, and network slimming's
 * L1 subgradient on batch-norm scales (Liu et al. 2017): {@code g += s sign(gamma)} before weight
 * decay. It owns the momenta and the learning rate, which all plans of a run share.
 */
public final class Sgd {
  /**
   * What does not change during a run.
   *
   * @param momentum share of the old momentum kept in a step
   * @param weightDecay L2 factor, for every parameter
   * @param sparsity the L1 subgradient's factor s; 0 turns it off
   */
  public record Settings(float momentum, float weightDecay, float sparsity) {}

  /**
   * Where an optimizer rounds to fewer bits; in full precision it does not. Each method gets the
   * parameter and a tensor of its shape, and returns what takes that tensor's place.
   */
  public interface Rounding {
    /** No rounding. */
    Rounding NONE =
        new Rounding() {
          @Override
          public Tensor gradient(Variable parameter, Tensor gradient) {
            return gradient;
          }

          @Override
          public Tensor weight(Variable parameter, Tensor weight) {
            return weight;
          }

          @Override
          public Tensor momentum(Variable parameter, Tensor momentum) {
            return momentum;
          }
        };

    /** The gradient, L1 term included, before weight decay and momentum. */
    Tensor gradient(Variable parameter, Tensor gradient);

    /** The updated parameter. */
    Tensor weight(Variable parameter, Tensor weight);

    /** The updated momentum, which has moved the parameter already. */
    Tensor momentum(Variable parameter, Tensor momentum);
  }

  /**
   * One step as graph nodes.
   *
   * @param gradients the loss's gradient for each parameter
   * @param regularized the same with the L1 term where it applies
   * @param received what reaches the update: the same, rounded where the optimizer rounds
   * @param assigns new parameters and momenta
   */
  public record Step(
      Map<Variable, Tensor> gradients,
      Map<Variable, Tensor> regularized,
      Map<Variable, Tensor> received,
      List<Assign> assigns) {}

  private final Settings settings;
  private final Rounding rounding;
  private final Map<Variable, Variable> momenta = new LinkedHashMap<>();
  private final Set<Variable> scales;
  private final Variable learningRate =
      new Variable("learning_rate", TensorSpec.f32(1), Variable.Kind.CONTROL);

  /**
   * An optimizer.
   *
   * @param parameters what is trained
   * @param scales those of them that get the L1 term: the batch-norm scales
   */
  public Sgd(List<Variable> parameters, Collection<Variable> scales, Settings settings) {
    this(parameters, scales, settings, Rounding.NONE);
  }

  /**
   * An optimizer that rounds.
   *
   * @param parameters what is trained
   * @param scales those of them that get the L1 term: the batch-norm scales
   */
  public Sgd(
      List<Variable> parameters,
      Collection<Variable> scales,
      Settings settings,
      Rounding rounding) {
    this.settings = settings;
    this.rounding = rounding;
    this.scales = Set.copyOf(scales);
    for (Variable p : parameters) {
      momenta.put(
          p, new Variable("momentum." + p.name(), p.spec(), Variable.Kind.MOMENTUM, p.stored()));
    }
    if (!momenta.keySet().containsAll(scales)) {
      throw new IllegalArgumentException("scales that are not among the parameters");
    }
  }

  /** What does not change during a run. */
  public Settings settings() {
    return settings;
  }

  /** The learning rate, {@code [1]}; to be written before a step. */
  public Variable learningRate() {
    return learningRate;
  }

  /** The momenta in the order of the parameters; zero before the first step. */
  public List<Variable> momenta() {
    return List.copyOf(momenta.values());
  }

  /** The momentum of a parameter. */
  public Variable momentumOf(Variable parameter) {
    return momenta.get(parameter);
  }

  /**
   * Adds gradients and updates to the graph of a loss.
   *
   * @param loss {@code [1]}
   * @throws IllegalArgumentException if the loss does not depend on a parameter
   */
  public Step step(Tensor loss) {
    Gradients all = Gradients.of(loss, momenta.keySet().stream().map(Variable::read).toList());
    Map<Variable, Tensor> gradients = new LinkedHashMap<>();
    Map<Variable, Tensor> regularized = new LinkedHashMap<>();
    Map<Variable, Tensor> received = new LinkedHashMap<>();
    List<Assign> assigns = new ArrayList<>();
    momenta.forEach(
        (parameter, momentum) -> {
          Tensor gradient = all.of(parameter.read());
          if (gradient == null) {
            throw new IllegalArgumentException("the loss does not depend on " + parameter);
          }
          gradients.put(parameter, gradient);
          if (settings.sparsity() != 0 && scales.contains(parameter)) {
            gradient = gradient.apply(new AddSign(settings.sparsity()), parameter.read());
          }
          regularized.put(parameter, gradient);
          gradient = rounding.gradient(parameter, gradient);
          received.put(parameter, gradient);
          Node update =
              Node.of(
                  new SgdUpdate(settings.momentum(), settings.weightDecay()),
                  List.of(parameter.read(), momentum.read(), gradient, learningRate.read()));
          assigns.add(parameter.assign(rounding.weight(parameter, update.output(0))));
          assigns.add(momentum.assign(rounding.momentum(parameter, update.output(1))));
        });
    return new Step(gradients, regularized, received, assigns);
  }
}
