// Gradient of a weight for an input that is read through batch norm and ReLU, for both kinds of numbers
// of conv2d_numbers.h and a filtering F; see conv2d_norm_backward_weight.cpp.
#ifndef EARLYBIRD_CPU_CONV2D_NORM_WEIGHT_H
#define EARLYBIRD_CPU_CONV2D_NORM_WEIGHT_H

#include "cpu/conv2d_norm.h"
#include "cpu/conv2d_pointwise_weight.h"
#include "cpu/conv2d_winograd_weight.h"

namespace eb::EB_ISA {

template <class N, class F>
using NormWeight = NormProduct<N, F, PointwiseWeight, WinogradWeight>;

}  // namespace eb::EB_ISA

#endif
