package io.earlybird.tickets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.earlybird.nn.BatchNorm2d;
import io.earlybird.nn.ChannelSelection;
import io.earlybird.nn.Convolution;
import io.earlybird.nn.ForwardPass;
import io.earlybird.nn.FullyConnected;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tickets.ChannelGroups.Alive;
import io.earlybird.tickets.ChannelGroups.Group;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChannelGroupsTest {
  private final ForwardPass pass = ForwardPass.structure();
  private final Variable momentum = BatchNorm2d.momentumVariable();
  private final List<BatchNorm2d> norms = new ArrayList<>();
  private final Tensor x = Tensor.placeholder("x", TensorSpec.f32(1, 8, 8, 3));

  private Tensor conv(String name, Tensor in, int outputs) {
    return new Convolution(name, in.shape().dim(3), outputs, 3, 1, 1).forward(in);
  }

  private Tensor norm(String name, Tensor in) {
    BatchNorm2d norm = new BatchNorm2d(name, in.shape().dim(3), 1, momentum);
    norms.add(norm);
    return norm.forward(in, pass);
  }

  private static Tensor linear(String name, Tensor in) {
    Tensor flat = in.reshape(in.shape().dim(0), (int) in.shape().size() / in.shape().dim(0));
    return new FullyConnected(name, flat.shape().dim(1), 10, FullyConnected.Start.UNIFORM)
        .forward(flat);
  }

  private static Group bound(ChannelGroups groups, String variable, int dim) {
    return groups.groups().stream()
        .filter(
            g ->
                g.bindings().stream()
                    .anyMatch(b -> b.variable().name().equals(variable) && b.dim() == dim))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aChainBindsWhatItsNormDecides() {
    Tensor y = norm("n", conv("c1", x, 8)).relu().maxPool2d(2, 2, 0);
    ChannelGroups groups = new ChannelGroups(linear("fc", conv("c2", y, 5)), norms);

    Group group = bound(groups, "c1.weight", 0);
    assertThat(group.width()).isEqualTo(8);
    assertThat(group.read()).isEqualTo(Alive.of(0));
    assertThat(group.bindings().stream().map(b -> b.variable().name() + "/" + b.dim()))
        .containsExactly(
            "c1.weight/0",
            "n.weight/0",
            "n.bias/0",
            "n.running_mean/0",
            "n.running_var/0",
            "c2.weight/1");
    assertThat(bound(groups, "c1.weight", 1).read()).isEqualTo(Alive.ALL);
    assertThat(bound(groups, "fc.weight", 0).read()).isEqualTo(Alive.ALL);
    // Flattening keeps the group: five channels at 4x4 places.
    Group flat = bound(groups, "c2.weight", 0);
    assertThat(flat.width()).isEqualTo(5);
    assertThat(flat).isSameAs(bound(groups, "fc.weight", 1));
    assertThat(flat.read()).as("no norm decides").isEqualTo(Alive.ALL);
  }

  @Test
  void aStreamOfNormedSummandsKeepsTheUnion() {
    Tensor stream = norm("n0", conv("c0", x, 6)).relu();
    Tensor inner = norm("n1", conv("c1", stream, 4)).relu();
    Tensor sum = norm("n2", conv("c2", inner, 6)).add(stream).relu();
    ChannelGroups groups = new ChannelGroups(linear("fc", sum), norms);

    Group group = bound(groups, "c0.weight", 0);
    assertThat(group).isSameAs(bound(groups, "c2.weight", 0));
    assertThat(group).isSameAs(bound(groups, "c1.weight", 1));
    assertThat(group.read()).isEqualTo(new Alive(false, Set.of(0, 2)));
  }

  @Test
  void aStreamOfPlainConvolutionsStaysWhole() {
    Tensor stream = conv("c0", x, 6);
    Tensor inner = norm("n", stream).relu();
    Tensor sum = conv("c1", inner, 6).add(stream);
    ChannelGroups groups = new ChannelGroups(linear("fc", sum), norms);
    assertThat(bound(groups, "c0.weight", 0).read().all()).isTrue();
  }

  @Test
  void aSelectionStartsAGroupThatItsNormChooses() {
    Tensor stream = conv("c0", x, 6);
    ChannelSelection selection = new ChannelSelection("s", 6, Channels.of(1, 4, 5));
    Tensor chosen = selection.forward(norm("n", stream), pass);
    Tensor sum = conv("c1", chosen.relu(), 6).add(stream);
    ChannelGroups groups = new ChannelGroups(linear("fc", sum), norms);

    assertThat(bound(groups, "n.weight", 0)).isSameAs(bound(groups, "c0.weight", 0));
    assertThat(bound(groups, "c0.weight", 0).read().all()).isTrue();
    Group group = bound(groups, "c1.weight", 1);
    assertThat(group.width()).isEqualTo(3);
    assertThat(group.choice().layer()).isEqualTo("s");
    assertThat(group.choice().source().find()).isSameAs(bound(groups, "c0.weight", 0));
    assertThat(group.choice().channels()).isEqualTo(Channels.of(1, 4, 5));
    assertThat(group.choice().alive()).isEqualTo(Alive.of(0));
  }

  @Test
  void aSelectionOnAStreamOfNormedSummandsReadsWhatIsAliveThere() {
    Tensor stream = norm("n0", conv("c0", x, 6)).relu();
    ChannelSelection selection = new ChannelSelection("s", 6, ChannelSelection.all(6));
    Tensor inner = conv("c1", selection.forward(stream, pass), 6);
    Tensor sum = norm("n1", inner).add(stream).relu();
    ChannelGroups groups = new ChannelGroups(linear("fc", sum), norms);
    assertThat(bound(groups, "c1.weight", 1).choice().alive()).isEqualTo(Alive.of(0));
    Group group = bound(groups, "c0.weight", 0);
    assertThat(group).isSameAs(bound(groups, "c1.weight", 0));
    assertThat(group.read()).isEqualTo(new Alive(false, Set.of(0, 1)));
  }

  @Test
  void theSignalIsBlockedWhereAllPasses() {
    Tensor stream = norm("n0", conv("c0", x, 6)).relu();
    Tensor inner = norm("n1", conv("c1", stream, 4)).relu();
    Tensor sum = norm("n2", conv("c2", inner, 6)).add(stream).relu();
    Tensor branch = norm("n3", conv("c3", sum, 5));
    Tensor down = norm("n4", conv("c4", sum, 5));
    Tensor end = norm("n5", conv("c5", branch.add(down), 5));
    SignalPath path = new SignalPath(linear("fc", end), norms);

    assertThat(path.blockedAt(n -> n == 1 || n == 2 || n == 4)).isEmpty();
    assertThat(path.blockedAt(n -> n == 0)).containsExactly(0);
    // The branch beside the stream does not help.
    assertThat(path.blockedAt(n -> n == 1 || n == 3 || n == 4)).containsExactly(3, 4);
    assertThat(path.blockedAt(n -> true)).as("one after the other").containsExactly(0);
    assertThat(path.blockedAt(n -> n == 5)).containsExactly(5);
  }

  @Test
  void aNormThatASelectionChoosesFromBlocksNothing() {
    Tensor chosen =
        new ChannelSelection("s", 6, ChannelSelection.all(6))
            .forward(norm("n", conv("c0", x, 6)), pass);
    SignalPath path = new SignalPath(linear("fc", conv("c1", chosen, 4)), norms);
    assertThat(path.blockedAt(n -> true)).isEmpty();
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    Tensor labels = Tensor.placeholder("labels", TensorSpec.of(DType.I32, 1));
    Tensor loss = linear("fc", x).softmaxCrossEntropy(labels).output(0);
    assertThatThrownBy(() -> new ChannelGroups(loss, norms))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no rule for pruning through op SoftmaxCrossEntropy");
  }
}
