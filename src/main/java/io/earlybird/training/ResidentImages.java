package io.earlybird.training;

import io.earlybird.data.Batches;
import io.earlybird.data.ImageSet;
import io.earlybird.data.Normalization;
import io.earlybird.plan.Session;
import io.earlybird.random.Augmentation;
import io.earlybird.tensor.Assign;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.Node;
import io.earlybird.tensor.Tensor;
import io.earlybird.tensor.TensorSpec;
import io.earlybird.tensor.Variable;
import io.earlybird.tensor.op.Augment;
import io.earlybird.tensor.op.Increment;
import java.util.List;

/**
 * A data set that lives on the device as bytes, with the order in which it is visited and a cursor:
 * a step takes its batch from there without the host.
 */
final class ResidentImages implements BatchFeed {
  /** Values of a byte: columns of the table of normalised values. */
  static final int TABLE = 256;

  private final Session session;
  private final ImageSet set;
  private final boolean random;
  private final long seed;
  private final Variable images;
  private final Variable labels;
  private final Variable order;
  private final Variable table;
  private final Variable cursor;

  /**
   * Declares the variables; {@link #write} fills them.
   *
   * @param seed seed of crops and mirroring
   */
  ResidentImages(Session session, ImageSet set, Use use, long seed) {
    this.session = session;
    this.set = set;
    this.random = use == Use.TRAINING;
    this.seed = seed;
    String name = use.prefix();
    int n = set.size();
    images = data(name + ".images", DType.U8, n, set.height(), set.width(), set.channels());
    labels = data(name + ".labels", DType.I32, n);
    order = data(name + ".order", DType.I32, n);
    table = data(name + ".table", DType.F32, set.channels(), TABLE);
    cursor = new Variable(name + ".cursor", TensorSpec.of(DType.I64, 1), Variable.Kind.CONTROL);
  }

  private static Variable data(String name, DType dtype, int... dims) {
    return new Variable(name, TensorSpec.of(dtype, dims), Variable.Kind.DATA);
  }

  @Override
  public Node batch(int batch, Tensor step) {
    return Node.of(
        new Augment(batch, Augmentation.PAD, random, seed),
        List.of(images.read(), labels.read(), order.read(), cursor.read(), step, table.read()));
  }

  @Override
  public Assign advance(int batch) {
    return cursor.assign(cursor.read().apply(new Increment(batch)));
  }

  @Override
  public Variable cursor() {
    return cursor;
  }

  @Override
  public int size() {
    return set.size();
  }

  @Override
  public void write() {
    session.write(images, HostTensor.ofBytes(images.spec(), set.pixels()));
    session.write(labels, HostTensor.of(set.labels(), set.size()));
    session.write(table, table(set.normalization()));
    session.write(cursor, HostTensor.scalar(0L));
    begin(0, new Batches(set.size(), set.size()).sequence(), 0);
  }

  /** The normalised value of every byte, {@code [channels, 256]}. */
  static HostTensor table(Normalization normalization) {
    float[][] rows = normalization.table();
    float[] values = new float[rows.length * TABLE];
    for (int c = 0; c < rows.length; c++) {
      System.arraycopy(rows[c], 0, values, c * TABLE, TABLE);
    }
    return HostTensor.of(values, rows.length, TABLE);
  }

  @Override
  public void begin(int epoch, int[] positions, int firstBatch) {
    session.write(order, HostTensor.of(positions, positions.length));
  }

  @Override
  public int supply(int pictures) {
    return pictures;
  }

  @Override
  public double waitedSeconds() {
    return Double.NaN;
  }

  @Override
  public int damaged() {
    return 0;
  }

  @Override
  public void close() {
    // The variables belong to the session.
  }
}
