package io.earlybird.training;

import io.earlybird.data.Batches;
import io.earlybird.data.FolderReader;
import io.earlybird.data.FolderReader.OnDamage;
import io.earlybird.data.ImageFolder;
import io.earlybird.data.picture.PictureTransform;
import io.earlybird.plan.Session;
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
 * Pictures that are decoded ahead by other threads; before a step the host copies its batch to the
 * device. A plan finds there what it finds of a resident set: bytes, labels and an order, of one
 * batch, from which it takes the first pictures.
 */
final class StreamedImages implements BatchFeed {
  private static final double NANO = 1e-9;

  private final Session session;
  private final ImageFolder folder;
  private final FolderReader reader;
  private final int batchSize;
  private final Variable images;
  private final Variable labels;
  private final Variable order;
  private final Variable start;
  private final Variable table;
  private final Variable cursor;
  private long waitedNanos;

  StreamedImages(
      Session session, ImageFolder folder, Use use, int batchSize, long seed, Loading loading) {
    this.session = session;
    this.folder = folder;
    this.batchSize = Math.min(batchSize, folder.size());
    String name = use.prefix();
    int channels = folder.channels();
    images =
        data(name + ".images", DType.U8, this.batchSize, folder.height(), folder.width(), channels);
    labels = data(name + ".labels", DType.I32, this.batchSize);
    order = data(name + ".order", DType.I32, this.batchSize);
    start = data(name + ".start", DType.I64, 1);
    table = data(name + ".table", DType.F32, channels, ResidentImages.TABLE);
    cursor = new Variable(name + ".cursor", TensorSpec.of(DType.I64, 1), Variable.Kind.CONTROL);
    boolean trains = use == Use.TRAINING;
    PictureTransform transform =
        trains
            ? PictureTransform.training(folder.height(), seed)
            : PictureTransform.evaluation(folder.height());
    OnDamage skip = trains ? OnDamage.REPLACE : OnDamage.LEAVE_OUT;
    reader =
        new FolderReader(
            folder,
            transform,
            this.batchSize,
            loading.threads(),
            loading.skipDamaged() ? skip : OnDamage.FAIL);
  }

  private static Variable data(String name, DType dtype, int... dims) {
    return new Variable(name, TensorSpec.of(dtype, dims), Variable.Kind.DATA);
  }

  @Override
  public int size() {
    return folder.size();
  }

  @Override
  public Node batch(int batch, Tensor step) {
    return Node.of(
        new Augment(batch, 0, false, 0),
        List.of(images.read(), labels.read(), order.read(), start.read(), step, table.read()));
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
  public void write() {
    session.write(order, HostTensor.of(new Batches(batchSize, batchSize).sequence(), batchSize));
    session.write(start, HostTensor.scalar(0L));
    session.write(table, ResidentImages.table(folder.normalization()));
    session.write(cursor, HostTensor.scalar(0L));
  }

  @Override
  public void begin(int epoch, int[] positions, int firstBatch) {
    reader.begin(epoch, positions, firstBatch);
  }

  @Override
  public int supply(int pictures) {
    if (!reader.isReady()) {
      // Only time in which the device has nothing to do is waiting.
      session.backend().synchronize();
    }
    long from = System.nanoTime();
    FolderReader.Batch batch = reader.next();
    waitedNanos += System.nanoTime() - from;
    session.write(images, batch.pixels());
    session.write(labels, batch.labels());
    reader.release(batch);
    return batch.size();
  }

  @Override
  public double waitedSeconds() {
    return waitedNanos * NANO;
  }

  @Override
  public int damaged() {
    return reader.damaged();
  }

  @Override
  public void close() {
    reader.close();
  }
}
