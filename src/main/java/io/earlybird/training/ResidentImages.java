package io.earlybird.training;

import io.earlybird.data.Batches;
import io.earlybird.data.ImageSet;
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
final class ResidentImages {
  private final ImageSet set;
  private final Variable images;
  private final Variable labels;
  private final Variable order;
  private final Variable table;
  private final Variable cursor;

  /**
   * Declares the variables; {@link #write} fills them.
   *
   * @param name prefix of the variables' names, unique in a session
   */
  ResidentImages(String name, ImageSet set) {
    this.set = set;
    int n = set.size();
    images = data(name + ".images", DType.U8, n, set.height(), set.width(), set.channels());
    labels = data(name + ".labels", DType.I32, n);
    order = data(name + ".order", DType.I32, n);
    table = data(name + ".table", DType.F32, set.channels(), 256);
    cursor = new Variable(name + ".cursor", TensorSpec.of(DType.I64, 1), Variable.Kind.CONTROL);
  }

  private static Variable data(String name, DType dtype, int... dims) {
    return new Variable(name, TensorSpec.of(dtype, dims), Variable.Kind.DATA);
  }

  /**
   * The batch at the cursor.
   *
   * @param batch number of images
   * @param random whether it is cropped and mirrored at random
   * @param step global step that keys the randomness, {@code [1]} of I64
   * @return images {@code [batch,H,W,C]}, labels {@code [batch]}
   */
  Node batch(int batch, boolean random, long seed, Tensor step) {
    return Node.of(
        new Augment(batch, Augmentation.PAD, random, seed),
        List.of(images.read(), labels.read(), order.read(), cursor.read(), step, table.read()));
  }

  /** The cursor moves on by a batch. */
  Assign advance(int batch) {
    return cursor.assign(cursor.read().apply(new Increment(batch)));
  }

  /** Position in the order at which the next batch begins, {@code [1]} of I64. */
  Variable cursor() {
    return cursor;
  }

  /** Number of images. */
  int size() {
    return set.size();
  }

  /** Copies images, labels and the table to the device, in their own order, cursor at the start. */
  void write(Session session) {
    session.write(images, HostTensor.ofBytes(images.spec(), set.pixels()));
    session.write(labels, HostTensor.of(set.labels(), set.size()));
    float[] values = new float[set.channels() * 256];
    float[][] rows = set.normalization().table();
    for (int c = 0; c < rows.length; c++) {
      System.arraycopy(rows[c], 0, values, c * 256, 256);
    }
    session.write(table, HostTensor.of(values, set.channels(), 256));
    writeOrder(session, new Batches(set.size(), set.size()).sequence());
    session.write(cursor, HostTensor.scalar(0L));
  }

  /** Sets the order in which images are visited, {@code [size]}. */
  void writeOrder(Session session, int[] positions) {
    session.write(order, HostTensor.of(positions, positions.length));
  }
}
