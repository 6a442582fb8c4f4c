package io.earlybird.backend.cpu;

import io.earlybird.backend.KernelRequest;
import io.earlybird.backend.cpu.NativeKernels.InputNorm;
import io.earlybird.tensor.op.Channels;
import org.bytedeco.javacpp.IntPointer;

/**
 * The native description of a norm with given statistics, with the numbers that it points to.
 *
 * @param struct what the library reads
 * @param selected the channels kept, which must live as long as the description; null for all
 */
record GivenNorm(InputNorm struct, IntPointer selected) {
  /** Of an op whose operands begin with {@code x, gamma, beta, mean, variance}. */
  static GivenNorm of(KernelRequest request, float epsilon, Channels channels, Buffers b) {
    IntPointer selected = ChannelKernels.numbers(channels);
    InputNorm struct =
        new InputNorm()
            .gamma(b.in(1))
            .beta(b.in(2))
            .mean(b.in(3))
            .variance(b.in(4))
            .selected(selected)
            .channels(request.inputs().get(1).size())
            .epsilon(epsilon);
    return new GivenNorm(struct, selected);
  }
}
