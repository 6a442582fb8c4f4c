package io.earlybird.backend.opencl;

import io.earlybird.backend.Kernel;
import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.Slice;
import io.earlybird.backend.opencl.BatchNormKernels.Rows;
import io.earlybird.tensor.Shape;
import io.earlybird.tensor.op.Channels;
import io.earlybird.tensor.op.Select;
import io.earlybird.tensor.op.SelectBackward;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Channel selection on plain rows of channels. */
final class ChannelKernels {
  private ChannelKernels() {}

  /**
   * A selection in device memory.
   *
   * @param selected the numbers of the channels kept; anything for all
   * @param position the place of every channel among those kept or -1; anything for all
   * @param kept how many channels are kept
   * @param channels of how many
   * @param some whether there is a selection at all
   */
  record Selection(Slice selected, Slice position, int kept, int channels, boolean some) {
    static Selection of(Channels channels, int extent, Calls calls) {
      if (channels == null) {
        return new Selection(calls.input(0), calls.input(0), extent, extent, false);
      }
      int[] selected = channels.toArray();
      int[] position = new int[extent];
      Arrays.fill(position, -1);
      for (int k = 0; k < selected.length; k++) {
        position[selected[k]] = k;
      }
      return new Selection(
          calls.table(bytes(selected)),
          calls.table(bytes(position)),
          selected.length,
          extent,
          true);
    }

    /** How rows of kept channels are picked and written, as options of the compiler. */
    String keptDefines(Calls calls) {
      return defines() + " " + calls.spread().rowDefines(kept, channels) + " " + calls.streaming(0);
    }

    /** How kept channels are spread over rows of all, and those written. */
    String allDefines(Calls calls) {
      String streaming = Spread.endsOnLines(channels) ? " " + calls.streaming(0) : "";
      return defines() + " " + calls.spread().rowDefines(channels, kept) + streaming;
    }

    /** As options of the compiler. */
    String defines() {
      return some ? "-DEB_SELECT=1 -DEB_CHANNELS=" + Spread.powerFrom(channels) : "-DEB_SELECT=0";
    }
  }

  /** Integers as a table for the device. */
  static byte[] bytes(int[] values) {
    ByteBuffer table =
        ByteBuffer.allocate(Math.max(1, values.length) * Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    table.asIntBuffer().put(values);
    return table.array();
  }

  static Kernel select(KernelRequest request, OpenClBackend backend) {
    Shape shape = request.inputs().get(0).shape();
    Channels channels = ((Select) request.op()).channels();
    Rows rows = Rows.of(shape);
    return OwnOpenClKernel.plain(
        request,
        backend,
        calls -> {
          Selection s = Selection.of(channels, shape.dim(-1), calls);
          calls
              .call("select", s.keptDefines(calls), "select_f32")
              .in(0)
              .slice(s.selected, Integer.BYTES)
              .numbers(rows.rows(), rows.chunk(), rows.channels(), s.kept)
              .out(0)
              .each((long) rows.chunks() * calls.spread().rowGroups(s.kept));
        });
  }

  static Kernel selectBackward(KernelRequest request, OpenClBackend backend) {
    SelectBackward op = (SelectBackward) request.op();
    Rows rows = Rows.of(request.outputs().get(0).shape());
    return OwnOpenClKernel.plain(
        request,
        backend,
        calls -> {
          Selection s = Selection.of(op.channels(), op.extent(), calls);
          calls
              .call("select", s.allDefines(calls), "select_backward_f32")
              .in(0)
              .slice(s.position, Integer.BYTES)
              .numbers(rows.rows(), rows.chunk(), rows.channels(), s.kept)
              .out(0)
              .each((long) rows.chunks() * calls.spread().rowGroups(rows.channels()));
        });
  }
}
