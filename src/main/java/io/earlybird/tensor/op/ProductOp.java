package io.earlybird.tensor.op;

/**
 * A convolution, a linear layer or a gradient of one: sums of products of operands 0 and 1, perhaps
 * with what follows them.
 */
public sealed interface ProductOp extends Op
    permits Conv2d,
        Conv2dEpilogue,
        Conv2dBackwardData,
        Conv2dBackwardWeight,
        Linear,
        LinearBackwardData,
        LinearBackwardWeight {}
