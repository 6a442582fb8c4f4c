package io.earlybird.backend.cuda;

import io.earlybird.backend.Form;
import io.earlybird.tensor.DType;
import io.earlybird.tensor.TensorSpec;

/** Layouts of convolution weights besides the plain {@code [O,I,KH,KW]}. */
enum WeightOrder {
  /** {@code [O,KH,KW,I]}, what cuDNN's NHWC convolutions read. */
  OHWI;

  /** The form of a weight {@code [O,I,KH,KW]} in this order, which is plain where both agree. */
  Form form(TensorSpec weight, DType element) {
    Form plain = Form.plain(weight, element);
    boolean same =
        weight.shape().dim(1) == 1 || (weight.shape().dim(2) == 1 && weight.shape().dim(3) == 1);
    return same ? plain : new Form(plain.element(), this, plain.bytes());
  }
}
