package io.earlybird.tensor.op;

import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;
import java.util.List;

/**
 * Takes a batch from the resident data set, crops, flips and normalises it. Operands: {@code images
 * [D,H,W,C]} (U8), {@code labels [D]} (I32), {@code order [D']} (I32), {@code cursor [1]} (I64),
 * {@code step [1]} (I64), {@code table [C,256]} (F32). Results: {@code x [batch,H,W,C]}, {@code
 * labels [batch]} (I32).
 *
 * <p>Sample {@code j} is image {@code order[cursor + j]}, padded with {@code padding} black pixels
 * on each side; the window's top and left in {@code [0, 2 padding]} and the flip come from Philox
 * with key {@code seed}, stream {@code augment:crop-flip}, block {@code j} (see docs/philox.md and
 * {@code io.earlybird.random.Augmentation}). Without {@code random} there is neither crop nor flip.
 * Pixel {@code u} of channel {@code c} becomes {@code table[c][u]}. Bit-exact everywhere.
 */
public record Augment(int batch, int padding, boolean random, long seed) implements Op {
  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Checks.count(this, in, 6);
    Checks.rank(this, in, 0, 4);
    Checks.dtype(this, in, 0, DType.U8);
    var images = in.get(0).shape();
    Checks.vector(this, in, 1, images.dim(0));
    Checks.dtype(this, in, 1, DType.I32);
    Checks.rank(this, in, 2, 1);
    Checks.dtype(this, in, 2, DType.I32);
    Checks.vector(this, in, 3, 1);
    Checks.dtype(this, in, 3, DType.I64);
    Checks.vector(this, in, 4, 1);
    Checks.dtype(this, in, 4, DType.I64);
    Checks.require(
        in.get(5).equals(Checks.f32(images.dim(3), 256)), this, in, "a table [C,256] of F32");
    return List.of(
        Checks.f32(batch, images.dim(1), images.dim(2), images.dim(3)),
        TensorSpec.of(DType.I32, batch));
  }
}
