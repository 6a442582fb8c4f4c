// The whole C ABI of the CPU library.
#ifndef EARLYBIRD_EARLYBIRD_H
#define EARLYBIRD_EARLYBIRD_H

#include "earlybird/api.h"
#include "earlybird/augmentation.h"
#include "earlybird/batch_norm.h"
#include "earlybird/ceilings.h"
#include "earlybird/channels.h"
#include "earlybird/elementwise.h"
#include "earlybird/loss.h"
#include "earlybird/memory.h"
#include "earlybird/optimizer.h"
#include "earlybird/plugin.h"
#include "earlybird/pooling.h"
#include "earlybird/products.h"
#include "earlybird/products_bf16.h"
#include "earlybird/products_int8.h"
#include "earlybird/quantize.h"
#include "earlybird/runtime.h"
#include "earlybird/signals.h"

#endif
