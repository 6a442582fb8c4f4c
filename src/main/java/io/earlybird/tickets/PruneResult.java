package io.earlybird.tickets;

import io.earlybird.models.Network;
import io.earlybird.tensor.HostTensor;
import java.util.List;
import java.util.Map;

/**
 * A pruned network.
 *
 * @param network the narrower network
 * @param state its state dict
 * @param kept the mask, with the channels that stay only so that no layer is empty
 * @param widths what each batch norm keeps, in the network's order
 * @param messages one line for each layer that no channel survived in
 */
public record PruneResult(
    Network network,
    Map<String, HostTensor> state,
    ChannelMask kept,
    List<LayerWidth> widths,
    List<String> messages) {
  /**
   * What a batch norm keeps.
   *
   * @param layer its name
   * @param before its channels
   * @param after those that the mask keeps
   */
  public record LayerWidth(String layer, int before, int after) {}

  /**
   * Operations that finding and applying the mask took, as the original counts them: {@code 3 n
   * log2(n)} for sorting the magnitudes of all n channels, {@code 2 n} for comparing and masking.
   */
  public double pruningFlops() {
    double n = kept.size();
    return 3 * n * Math.log(n) / Math.log(2) + 2 * n;
  }
}
