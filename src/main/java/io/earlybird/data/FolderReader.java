package io.earlybird.data;

import io.earlybird.EarlybirdException;
import io.earlybird.data.picture.DamagedPictureException;
import io.earlybird.data.picture.Picture;
import io.earlybird.data.picture.PictureDecoder;
import io.earlybird.data.picture.PictureTransform;
import io.earlybird.data.picture.Resampler;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.HostTensor;
import io.earlybird.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a folder of pictures batch by batch, ahead of whoever takes them: several threads decode
 * into a few buffers that are used again and again. What a batch holds depends on the order and the
 * epoch alone, not on threads or on where reading began. One thread takes the batches.
 */
public final class FolderReader implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FolderReader.class);

  /** One that is taken, and two that are filled meanwhile. */
  private static final int BUFFERS = 3;

  /** What becomes of a damaged picture. */
  public enum OnDamage {
    /** Taking its batch fails with its name. */
    FAIL,
    /** The next sound picture of the folder takes its place; batches keep their size. */
    REPLACE,
    /** Its batch has one picture less. */
    LEAVE_OUT
  }

  /** A batch in a buffer that will be used again after {@link FolderReader#release}. */
  public static final class Batch {
    private final HostTensor pixels;
    private final HostTensor labels;
    private final BitSet holes = new BitSet();
    private int filling;
    private int size;
    private RuntimeException failure;

    private Batch(ImageFolder folder, int size) {
      pixels =
          HostTensor.zeros(
              TensorSpec.of(DType.U8, size, folder.height(), folder.width(), folder.channels()));
      labels = HostTensor.zeros(TensorSpec.of(DType.I32, size));
    }

    /** Pictures {@code [batch size, H, W, 3]} of U8; those from {@link #size} on mean nothing. */
    public HostTensor pixels() {
      return pixels;
    }

    /** Labels {@code [batch size]} of I32; those from {@link #size} on mean nothing. */
    public HostTensor labels() {
      return labels;
    }

    /** Number of pictures, 0 or more. */
    public int size() {
      return size;
    }
  }

  private final ImageFolder folder;
  private final PictureTransform transform;
  private final Batches batches;
  private final OnDamage onDamage;
  private final Batch[] buffers = new Batch[BUFFERS];
  private final List<Thread> threads = new ArrayList<>();
  private final BitSet damaged = new BitSet();
  private final int[] order;

  // Guarded by this.
  private long epoch;
  private int nextPosition;
  private int released;
  private int working;
  private boolean closed;
  private Throwable broken;

  /** The next batch to be taken; of the taking thread alone. */
  private int nextBatch;

  /**
   * A reader; {@link #begin} comes next.
   *
   * @param transform how pictures are brought to the folder's size
   * @param batchSize pictures per batch, at most as many as there are
   * @param workers threads that decode, 1 or more
   */
  public FolderReader(
      ImageFolder folder,
      PictureTransform transform,
      int batchSize,
      int workers,
      OnDamage onDamage) {
    this.folder = folder;
    this.transform = transform;
    this.batches = new Batches(folder.size(), batchSize);
    this.onDamage = onDamage;
    this.order = new int[folder.size()];
    this.nextPosition = order.length;
    for (int i = 0; i < workers; i++) {
      Thread thread = new Thread(this::work, "picture-decoder-" + (i + 1));
      thread.setDaemon(true);
      threads.add(thread);
    }
  }

  /**
   * Begins an epoch; what was read ahead is thrown away.
   *
   * @param positions the order of the pictures, {@code [size]}; copied
   * @param firstBatch the batch that is taken first
   */
  public synchronized void begin(long newEpoch, int[] positions, int firstBatch) {
    nextPosition = order.length;
    while (working > 0) {
      await();
    }
    System.arraycopy(positions, 0, order, 0, order.length);
    epoch = newEpoch;
    nextBatch = firstBatch;
    released = firstBatch;
    for (int b = firstBatch; b < Math.min(firstBatch + BUFFERS, batches.count()); b++) {
      prepare(b);
    }
    nextPosition = firstBatch < batches.count() ? batches.start(firstBatch) : order.length;
    if (nextBatch < batches.count() && threads.get(0).getState() == Thread.State.NEW) {
      threads.forEach(Thread::start);
    }
    notifyAll();
  }

  /** Makes a batch's buffer ready to be filled. */
  private void prepare(int batch) {
    int slot = batch % BUFFERS;
    if (buffers[slot] == null) {
      buffers[slot] = new Batch(folder, batches.batchSize());
    }
    Batch buffer = buffers[slot];
    buffer.filling = batches.size(batch);
    buffer.holes.clear();
    buffer.failure = null;
  }

  /** Whether {@link #next} would return at once. */
  public synchronized boolean isReady() {
    return buffers[nextBatch % BUFFERS].filling == 0;
  }

  /**
   * Waits for the next batch. It must be given back by {@link #release} before the next one.
   *
   * @throws DamagedPictureException if a picture of it is damaged and this is a failure
   * @throws EarlybirdException if a file cannot be read
   */
  public Batch next() {
    Batch batch = buffers[nextBatch % BUFFERS];
    synchronized (this) {
      while (batch.filling > 0 && broken == null) {
        await();
      }
      if (broken != null) {
        throw new IllegalStateException("decoding ended: " + broken, broken);
      }
    }
    if (batch.failure != null) {
      throw batch.failure;
    }
    batch.size = close(batch);
    nextBatch++;
    return batch;
  }

  /** Moves pictures from the end into the holes; returns how many there are. */
  private int close(Batch batch) {
    int size = batches.size(nextBatch);
    byte[] pixels = batch.pixels.buffer().array();
    int bytes = folder.imageBytes();
    for (int hole; (hole = batch.holes.nextSetBit(0)) >= 0 && hole < size; ) {
      size--;
      if (!batch.holes.get(size)) {
        System.arraycopy(pixels, size * bytes, pixels, hole * bytes, bytes);
        batch.labels.buffer().putInt(hole * 4, batch.labels.buffer().getInt(size * 4));
        batch.holes.clear(hole);
      } else {
        batch.holes.clear(size);
      }
    }
    return size;
  }

  /** Gives a batch's buffer back to be filled again. */
  public synchronized void release(Batch batch) {
    int coming = released + BUFFERS;
    released++;
    if (coming < batches.count()) {
      if (buffers[coming % BUFFERS] != batch) {
        throw new IllegalStateException("batches are given back in the order of taking");
      }
      prepare(coming);
    }
    notifyAll();
  }

  /** Number of different damaged pictures met so far. */
  public int damaged() {
    synchronized (damaged) {
      return damaged.cardinality();
    }
  }

  private void work() {
    try (PictureDecoder decoder = new PictureDecoder()) {
      Picture picture = new Picture();
      Resampler resampler = new Resampler();
      for (int position; (position = take()) >= 0; ) {
        Batch batch = buffers[position / batches.batchSize() % BUFFERS];
        RuntimeException failure = null;
        try {
          fill(batch, position, decoder, picture, resampler);
        } catch (RuntimeException e) {
          failure = e;
        } catch (OutOfMemoryError e) {
          failure = new IllegalStateException("no memory for a picture", e);
        }
        done(batch, failure);
      }
    } catch (RuntimeException | Error e) {
      // Whoever waits for this thread is told.
      synchronized (this) {
        broken = e;
        notifyAll();
      }
    }
  }

  /** The next position to be filled, or -1 at the end. */
  private synchronized int take() {
    while (!closed
        && (nextPosition >= order.length
            || nextPosition / batches.batchSize() >= released + BUFFERS)) {
      await();
    }
    if (closed) {
      return -1;
    }
    working++;
    return nextPosition++;
  }

  private synchronized void done(Batch batch, RuntimeException failure) {
    if (failure != null && batch.failure == null) {
      batch.failure = failure;
    }
    batch.filling--;
    working--;
    if (batch.filling == 0 || working == 0) {
      notifyAll();
    }
  }

  private void fill(
      Batch batch, int position, PictureDecoder decoder, Picture picture, Resampler resampler) {
    int slot = position % batches.batchSize();
    int index = order[position];
    for (int tries = 0; tries < folder.size(); tries++) {
      try {
        decoder.decode(folder.file(index), picture);
      } catch (DamagedPictureException e) {
        note(index, e);
        if (onDamage == OnDamage.LEAVE_OUT) {
          synchronized (this) {
            batch.holes.set(slot);
          }
          return;
        }
        index = (index + 1) % folder.size();
        continue;
      }
      byte[] pixels = batch.pixels.buffer().array();
      transform.apply(picture, epoch, index, resampler, pixels, slot * folder.imageBytes());
      batch.labels.buffer().putInt(slot * 4, folder.label(index));
      return;
    }
    throw new EarlybirdException(folder.name() + ": every picture is damaged");
  }

  private void note(int index, DamagedPictureException e) {
    if (onDamage == OnDamage.FAIL) {
      throw e;
    }
    synchronized (damaged) {
      if (!damaged.get(index)) {
        damaged.set(index);
        LOG.warn("skipped {}: {}", e.file(), e.reason());
      }
    }
  }

  private void await() {
    try {
      wait();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while reading pictures", e);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
