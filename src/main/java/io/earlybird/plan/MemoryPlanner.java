package io.earlybird.plan;

import io.earlybird.backend.Backend;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Assigns every scratch buffer an offset by liveness: largest first, at the lowest place where no
 * buffer that lives at the same time lies. A result may take over the buffer of an operand that
 * dies in the same step if the kernel allows it.
 */
final class MemoryPlanner {
  /** A buffer with the first and last step that need it, both included. */
  static final class Block {
    final long bytes;
    final int from;
    int to;
    long offset = -1;

    Block(long bytes, int from, int to) {
      this.bytes = Backend.aligned(bytes);
      this.from = from;
      this.to = to;
    }

    boolean overlaps(Block other) {
      return from <= other.to && other.from <= to;
    }
  }

  private final List<Block> blocks = new ArrayList<>();
  private final Map<Value, Block> byValue = new IdentityHashMap<>();
  private final Map<Step, Block> scratch = new IdentityHashMap<>();
  private final long bytes;

  MemoryPlanner(List<Step> steps) {
    Map<Value, Integer> lastUse = lastUses(steps);
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      for (int o = 0; o < step.outputs.size(); o++) {
        Value v = step.outputs.get(o);
        if (v.home == Value.Home.SCRATCH) {
          place(steps, step, o, i, v.output ? steps.size() : lastUse.getOrDefault(v, i), lastUse);
        }
      }
      if (step.kernel.scratchBytes() > 0) {
        Block b = new Block(step.kernel.scratchBytes(), i, i);
        blocks.add(b);
        scratch.put(step, b);
      }
    }
    bytes = assignOffsets(blocks);
  }

  private static Map<Value, Integer> lastUses(List<Step> steps) {
    Map<Value, Integer> last = new HashMap<>();
    for (int i = 0; i < steps.size(); i++) {
      for (Operand in : steps.get(i).inputs) {
        last.put(in.value(), i);
      }
    }
    return last;
  }

  private void place(
      List<Step> steps, Step step, int output, int at, int last, Map<Value, Integer> lastUse) {
    Value v = step.outputs.get(output);
    for (int k = 0; k < step.inputs.size(); k++) {
      Value in = step.inputs.get(k).value();
      Block block = byValue.get(in);
      if (block != null
          && block.to == at
          && !in.output
          && lastUse.get(in) == at
          && in.form.bytes() == v.form.bytes()
          && step.kernel.mayOverwrite(output, k)
          && usedOnce(step, in)) {
        block.to = last;
        byValue.put(v, block);
        return;
      }
    }
    Block block = new Block(v.form.bytes(), at, last);
    blocks.add(block);
    byValue.put(v, block);
  }

  private static boolean usedOnce(Step step, Value value) {
    return step.inputs.stream().filter(in -> in.value() == value).count() == 1;
  }

  /** Lays the blocks out; returns the bytes needed. */
  static long assignOffsets(List<Block> blocks) {
    List<Block> bySize = new ArrayList<>(blocks);
    bySize.sort(Comparator.comparingLong((Block b) -> -b.bytes).thenComparingInt(b -> b.from));
    List<Block> placed = new ArrayList<>();
    long total = 0;
    for (Block b : bySize) {
      long offset = 0;
      for (Block p : placed) {
        if (p.overlaps(b)) {
          if (p.offset >= offset + b.bytes) {
            break;
          }
          offset = Math.max(offset, p.offset + p.bytes);
        }
      }
      b.offset = offset;
      total = Math.max(total, offset + b.bytes);
      placed.add(b);
      placed.sort(Comparator.comparingLong(p -> p.offset));
    }
    return total;
  }

  /** Offset of a scratch value. */
  long offset(Value value) {
    return byValue.get(value).offset;
  }

  /** Offset of a step's own scratch. */
  long scratchOffset(Step step) {
    return scratch.get(step).offset;
  }

  /** Bytes of the whole arena. */
  long bytes() {
    return bytes;
  }
}
