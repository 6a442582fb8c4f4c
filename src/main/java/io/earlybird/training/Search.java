package io.earlybird.training;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.earlybird.checkpoint.Checkpoint;
import io.earlybird.energy.EnergyWindow;
import io.earlybird.energy.Phase;
import io.earlybird.models.Network;
import io.earlybird.models.StandardNetwork;
import io.earlybird.plan.Work;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tickets.EarlyBirdDetector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The search (paper, section 3 and algorithm 1): the dense network is trained, at the start of
 * every epoch the mask of each ratio is taken from the batch-norm scales, and once a mask has
 * settled its ticket is drawn. Training may end there, or go on as the dense baseline.
 */
public final class Search implements AutoCloseable {
  /** Name of this training in records. */
  public static final String PHASE = "search";

  private final RunContext context;
  private final TicketSettings wanted;
  private final Path folder;
  private final String phase;
  private final Set<Integer> snapshots;
  private final Records records;
  private final EpochLoop loop;
  private final boolean resumed;
  private Detectors detectors;
  private ScaleHistory history;
  private boolean stopWhenDrawn;

  /**
   * A ratio whose ticket was not drawn.
   *
   * @param nearest smallest value that an epoch's largest distance had; 1 if none was measured
   * @param epoch index of the epoch that had it, -1 if none was measured
   */
  public record Missed(double ratio, double nearest, int epoch) {}

  /** Begins a search, or continues the one whose checkpoint lies in the folder. */
  public Search(RunContext context, Path folder) {
    this(context, folder, Optional.empty());
  }

  /**
   * Begins a search, or continues the one whose checkpoint lies in the folder.
   *
   * @param beginning what a new search begins with; empty for fresh weights
   */
  public Search(RunContext context, Path folder, Optional<Beginning> beginning) {
    this(context, folder, beginning, PHASE, Set.of());
  }

  /**
   * As the other constructors.
   *
   * @param phase name of this training in records
   * @param snapshots indexes of epochs at whose start the network is kept, see {@link #snapshot}
   */
  Search(
      RunContext context,
      Path folder,
      Optional<Beginning> beginning,
      String phase,
      Set<Integer> snapshots) {
    this.context = context;
    this.phase = phase;
    this.snapshots = Set.copyOf(snapshots);
    this.wanted = context.settings().tickets();
    this.folder = folder;
    this.records =
        new Records(
            context.folder().metrics(), folder, phase, context.settings().precision().swa());
    StandardNetwork network = Network.of(context.networkSpec());
    Path newest = folder.resolve(CheckpointStore.NEWEST);
    Optional<Checkpoint> saved =
        Files.exists(newest) ? Optional.of(Checkpoint.read(newest)) : Optional.empty();
    this.resumed = saved.isPresent();
    this.loop = new EpochLoop(context, folder, records, network, new MaskTaker(), Optional.empty());
    try {
      begin(network, saved, beginning);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  private void begin(
      StandardNetwork network, Optional<Checkpoint> saved, Optional<Beginning> beginning) {
    if (saved.isPresent()) {
      Checkpoint checkpoint = saved.get();
      loop.resume(checkpoint);
      RunState state = loop.state();
      detectors = Detectors.restore(wanted, checkpoint.tensors());
      history = ScaleHistory.read(folder, state.epoch() + (state.begun() ? 1 : 0));
    } else if (beginning.isPresent()) {
      Beginning from = beginning.get();
      loop.start(from);
      detectors = Detectors.after(wanted, from.scales(), from.epoch());
      history = ScaleHistory.after(folder, from.scales(), from.epoch(), loop.trainer().scales());
      loop.saveStart();
    } else {
      loop.start(network.initialState(context.settings().training().seed()), 0);
      detectors = Detectors.of(wanted);
      history = ScaleHistory.create(folder);
    }
  }

  /** Whether it continues an earlier run. */
  public boolean isResumed() {
    return resumed;
  }

  /**
   * Trains until every wanted ticket is drawn, or to the last epoch.
   *
   * @return whether every wanted ticket is drawn
   */
  public boolean untilDrawn() {
    stopWhenDrawn = true;
    if (!detectors.allDrawn()) {
      loop.run(epochs(), "search");
    }
    return detectors.allDrawn();
  }

  /** Trains to the last epoch, whatever is drawn. */
  public void toTheEnd() {
    stopWhenDrawn = false;
    loop.run(epochs(), detectors.allDrawn() ? "dense" : "search");
  }

  private int epochs() {
    return context.settings().training().epochs();
  }

  /** Takes the masks at the start of an epoch. */
  private final class MaskTaker implements EpochObserver {
    @Override
    public boolean epochBegins(int epoch) {
      List<float[]> scales = loop.trainer().scales();
      history.add(scales);
      if (snapshots.contains(epoch)) {
        Map<String, HostTensor> state = loop.trainer().state();
        new Checkpoint(state, loop.info(context.settings().toJson()))
            .write(snapshot(folder, epoch));
      }
      boolean before = detectors.allDrawn();
      List<Progress.Sight> sights = detectors.observe(epoch, scales);
      for (Progress.Sight s : sights) {
        if (s.observation().drawn()) {
          draw(s, true);
        } else if (wanted.elseLast() && epoch == epochs() - 1 && isMissing(s.ratio())) {
          draw(s, false);
        }
      }
      records.masks(epoch, sights);
      context.progress().masks(epoch, sights);
      return stopWhenDrawn && !before && detectors.allDrawn();
    }

    @Override
    public Work work() {
      return detectors.work(loop.trainer().network().batchNorms());
    }

    @Override
    public void save(Map<String, HostTensor> tensors) {
      detectors.save(tensors);
    }
  }

  /** The network at the start of an epoch, in a search's folder. */
  static Path snapshot(Path folder, int epoch) {
    return folder.resolve("start" + epoch + ".safetensors");
  }

  private boolean isMissing(double ratio) {
    return detectors.list().stream()
        .anyMatch(d -> d.settings().ratio() == ratio && d.drawnEpoch().isEmpty());
  }

  /** Writes the network as it is at the start of the epoch. */
  private void draw(Progress.Sight sight, boolean drawn) {
    try (EnergyWindow drawing = context.energy().window(Phase.DRAWING)) {
      write(sight, drawn);
      records.energy(sight.observation().epoch(), true, drawing.result().toMap());
    }
  }

  private void write(Progress.Sight sight, boolean drawn) {
    int epoch = sight.observation().epoch();
    Ticket ticket =
        new Ticket(
            sight.ratio(), epoch, drawn, sight.observation().largest(), file(sight.ratio(), epoch));
    ObjectNode configuration = context.settings().toJson();
    ticket.describe(configuration);
    loop.saveTicket(ticket, configuration);
    context.progress().drawn(ticket);
  }

  private Path file(double ratio, int epoch) {
    return folder.resolve(EarlyBirdDetector.ticketName(ratio, epoch) + ".safetensors");
  }

  /** The tickets so far, in the order of the ratios. */
  public List<Ticket> tickets() {
    List<Ticket> out = new ArrayList<>();
    for (EarlyBirdDetector d : detectors.list()) {
      double ratio = d.settings().ratio();
      int last = epochs() - 1;
      if (d.drawnEpoch().isPresent()) {
        out.add(read(file(ratio, d.drawnEpoch().getAsInt())));
      } else if (wanted.elseLast() && history.epochs() > last) {
        out.add(read(file(ratio, last)));
      }
    }
    return out;
  }

  private static Ticket read(Path file) {
    return Ticket.of(Checkpoint.readInfo(file), file).orElseThrow();
  }

  /** The ratios without a drawn ticket. */
  public List<Missed> missed() {
    return detectors.list().stream()
        .filter(d -> d.drawnEpoch().isEmpty())
        .map(d -> new Missed(d.settings().ratio(), d.state().nearest(), d.state().nearestEpoch()))
        .toList();
  }

  /** The scales at the start of every epoch so far. */
  public ScaleHistory history() {
    return history;
  }

  /** How far it is. */
  public RunState state() {
    return loop.state();
  }

  /** The network's present values. */
  public Map<String, HostTensor> weights() {
    return loop.trainer().state();
  }

  @Override
  public void close() {
    loop.close();
    records.close();
  }
}
