// The functions of cuDNN that the CUDA backend calls: convolutions by plain loops, in double. There
// is one deterministic algorithm (1) and a faster one that is not (0). Environment variable
// EARLYBIRD_EMULATED_ORDER=nchw leaves NHWC without any algorithm.
//
// Of the graph API there are descriptors of one convolution, for which it proposes three engines: 0,
// which is not deterministic, 1 with a knob, and 7, which no plan supports.
#include <stdlib.h>

#include <map>
#include <vector>

#include "common/bf16.h"
#include "cuda_runtime.h"

#define EMULATED extern "C" __attribute__((visibility("default")))

namespace {

constexpr int kNchw = 0;
constexpr int kNhwc = 1;
constexpr int kBfloat16 = 9;
constexpr int kNotSupported = 3000;
constexpr size_t kWorkspace = 768;

struct Tensor {
  int order, n, c, h, w, type;

  int64_t at(int64_t i, int64_t channel, int64_t row, int64_t column) const {
    return order == kNhwc ? ((i * h + row) * w + column) * c + channel
                          : ((i * c + channel) * h + row) * w + column;
  }
};

// Element i of a tensor in memory.
double get(const Tensor& t, const void* p, int64_t i) {
  return static_cast<double>(t.type == kBfloat16 ? eb_bf16_value(static_cast<const uint16_t*>(p)[i])
                                                 : static_cast<const float*>(p)[i]);
}

void put(const Tensor& t, void* p, int64_t i, float v) {
  if (t.type == kBfloat16) {
    static_cast<uint16_t*>(p)[i] = eb_bf16_bits(v);
  } else {
    static_cast<float*>(p)[i] = v;
  }
}

struct Convolution {
  int pad, stride;
};

// As in cuDNN 9.
struct Perf {
  int algorithm;
  int status;
  float time;
  size_t memory;
  int deterministic;
  int math;
  int reserved[3];
};

// Calls visit(x index, w index, y index) for every product of a convolution.
template <class F>
void each(const Tensor& x, const Tensor& w, const Tensor& y, const Convolution& c, F visit) {
  for (int n = 0; n < y.n; n++) {
    for (int k = 0; k < y.c; k++) {
      for (int row = 0; row < y.h; row++) {
        for (int column = 0; column < y.w; column++) {
          for (int r = 0; r < w.h; r++) {
            for (int s = 0; s < w.w; s++) {
              const int from_row = row * c.stride - c.pad + r;
              const int from_column = column * c.stride - c.pad + s;
              if (from_row < 0 || from_row >= x.h || from_column < 0 || from_column >= x.w) {
                continue;
              }
              for (int i = 0; i < x.c; i++) {
                visit(x.at(n, i, from_row, from_column), w.at(k, i, r, s), y.at(n, k, row, column));
              }
            }
          }
        }
      }
    }
  }
}

int64_t size(const Tensor& t) { return int64_t{t.n} * t.c * t.h * t.w; }

// Sums into a result, then writes it; the workspace is written to, as a real algorithm would.
template <class F>
int compute(int algorithm, void* room, size_t bytes, const Tensor& result, void* out, F sum) {
  if (algorithm > 1 || bytes < kWorkspace || !room) return 2000;
  emulator::submit([=] {
    memset(room, 0x55, kWorkspace);
    double* sums = static_cast<double*>(calloc(static_cast<size_t>(size(result)), sizeof(double)));
    sum(sums);
    for (int64_t i = 0; i < size(result); i++) put(result, out, i, static_cast<float>(sums[i]));
    free(sums);
  });
  return 0;
}

bool lacks_nhwc() {
  const char* order = getenv("EARLYBIRD_EMULATED_ORDER");
  return order && strcmp(order, "nchw") == 0;
}

int find(const Tensor& x, int most, int* count, Perf* perf) {
  *count = 0;
  if (most < 2) return 2000;
  if (lacks_nhwc() && x.order == kNhwc) return kNotSupported;
  perf[0] = {0, 0, 0.5f, kWorkspace, 0, 3, {}};
  perf[1] = {1, 0, 1.0f, kWorkspace, 1, 3, {}};
  *count = 2;
  return 0;
}

// Numbers of cuDNN 9.
enum {
  kEngine = 2,
  kHeuristics = 4,
  kOperationGraph = 15,
  kTypeFloat = 4,
  kHeuristicsMode = 200,
  kHeuristicsResults = 202,
  kConfigEngine = 300,
  kConfigKnobs = 302,
  kPlanConfig = 401,
  kPlanWorkspace = 402,
  kKnobType = 600,
  kKnobValue = 601,
  kGraphOperations = 801,
  kTensorType = 901,
  kTensorExtents = 902,
  kTensorStrides = 903,
  kTensorId = 906,
  kPackIds = 1000,
  kPackPointers = 1001,
  kPackWorkspace = 1003,
  kEngineGraph = 1300,
  kEngineIndex = 1301,
  kEngineNotes = 1303,
  kModeA = 3,
  kNondeterministic = 4,
  kGoodEngine = 1,
  kKnob = 2,
  kKnobSetting = 7
};

// A descriptor of the graph API; pointers and enumerations are kept as numbers.
struct Descriptor {
  int type;
  std::map<int, std::vector<int64_t>> values;

  int64_t number(int attribute) const { return values.at(attribute).at(0); }

  const Descriptor& at(int attribute) const {
    return *reinterpret_cast<const Descriptor*>(number(attribute));
  }
};

bool is_wide(int type) { return type == 0 || type == 3 || type == 6 || type == 15; }

Tensor tensor_of(const Descriptor& d) {
  const std::vector<int64_t>& e = d.values.at(kTensorExtents);
  const bool last = d.values.at(kTensorStrides)[1] == 1;
  return {last ? kNhwc : kNchw,   static_cast<int>(e[0]), static_cast<int>(e[1]),
          static_cast<int>(e[2]), static_cast<int>(e[3]), static_cast<int>(d.number(kTensorType))};
}

// The engine, knobs and numbers that an attribute of a descriptor has.
std::vector<int64_t> attribute_of(const Descriptor& d, int attribute) {
  switch (attribute) {
    case kEngineNotes:
      return d.number(kEngineIndex) == 0 ? std::vector<int64_t>{kNondeterministic}
                                         : std::vector<int64_t>{};
    case kPlanWorkspace:
      return {static_cast<int64_t>(kWorkspace)};
    default:
      return d.values.at(attribute);
  }
}

// Fills descriptors that the caller made.
int64_t fill(const Descriptor& d, int attribute, int64_t most, Descriptor** out) {
  const int64_t engines[] = {0, kGoodEngine, 7};
  int64_t count = 1;
  if (attribute == kHeuristicsResults) count = 3;
  if (attribute == kConfigKnobs) count = d.number(kEngineIndex) == kGoodEngine ? 1 : 0;
  for (int64_t i = 0; i < count && i < most; i++) {
    if (attribute == kConfigKnobs) {
      out[i]->values[kKnobType] = {kKnob};
      out[i]->values[kKnobValue] = {kKnobSetting};
    } else {
      out[i]->values[kEngineIndex] = {attribute == kHeuristicsResults ? engines[i]
                                                                      : d.number(kEngineIndex)};
    }
  }
  return count;
}

}  // namespace

EMULATED size_t cudnnGetVersion() { return 91900; }
EMULATED const char* cudnnGetErrorString(int) { return "emulated cuDNN error"; }
EMULATED int cudnnCreate(void** handle) { return *handle = malloc(1), 0; }
EMULATED int cudnnDestroy(void* handle) { return free(handle), 0; }
EMULATED int cudnnSetStream(void*, void*) { return 0; }
EMULATED int cudnnCreateTensorDescriptor(Tensor** t) { return *t = new Tensor(), 0; }
EMULATED int cudnnDestroyTensorDescriptor(Tensor* t) { return delete t, 0; }
EMULATED int cudnnSetTensor4dDescriptor(Tensor* t, int order, int type, int n, int c, int h,
                                        int w) {
  *t = {order, n, c, h, w, type};
  return 0;
}
EMULATED int cudnnCreateFilterDescriptor(Tensor** t) { return *t = new Tensor(), 0; }
EMULATED int cudnnDestroyFilterDescriptor(Tensor* t) { return delete t, 0; }
EMULATED int cudnnSetFilter4dDescriptor(Tensor* t, int type, int order, int k, int c, int h,
                                        int w) {
  *t = {order, k, c, h, w, type};
  return 0;
}
EMULATED int cudnnCreateConvolutionDescriptor(Convolution** c) { return *c = new Convolution(), 0; }
EMULATED int cudnnDestroyConvolutionDescriptor(Convolution* c) { return delete c, 0; }
EMULATED int cudnnSetConvolution2dDescriptor(Convolution* c, int pad, int, int stride, int, int,
                                             int, int, int) {
  *c = {pad, stride};
  return 0;
}
EMULATED int cudnnSetConvolutionMathType(void*, int) { return 0; }

EMULATED int cudnnGetConvolutionForwardWorkspaceSize(void*, void*, void*, void*, void*, int,
                                                     size_t* bytes) {
  return *bytes = kWorkspace, 0;
}
EMULATED int cudnnGetConvolutionBackwardDataWorkspaceSize(void*, void*, void*, void*, void*, int,
                                                          size_t* bytes) {
  return *bytes = kWorkspace, 0;
}
EMULATED int cudnnGetConvolutionBackwardFilterWorkspaceSize(void*, void*, void*, void*, void*, int,
                                                            size_t* bytes) {
  return *bytes = kWorkspace, 0;
}

EMULATED int cudnnFindConvolutionForwardAlgorithmEx(void*, Tensor* x, void*, void*, void*, void*,
                                                    void*, void*, int most, int* count, Perf* perf,
                                                    void*, size_t) {
  return find(*x, most, count, perf);
}
EMULATED int cudnnFindConvolutionBackwardDataAlgorithmEx(void*, void*, void*, void*, void*, void*,
                                                         Tensor* x, void*, int most, int* count,
                                                         Perf* perf, void*, size_t) {
  return find(*x, most, count, perf);
}
EMULATED int cudnnFindConvolutionBackwardFilterAlgorithmEx(void*, Tensor* x, void*, void*, void*,
                                                           void*, void*, void*, int most,
                                                           int* count, Perf* perf, void*, size_t) {
  return find(*x, most, count, perf);
}

EMULATED int cudnnConvolutionForward(void*, const float*, Tensor* xd, const void* x, Tensor* wd,
                                     const void* w, Convolution* c, int algorithm, void* room,
                                     size_t bytes, const float*, Tensor* yd, void* y) {
  const Tensor tx = *xd, tw = *wd, ty = *yd;
  const Convolution conv = *c;
  return compute(algorithm, room, bytes, ty, y, [=](double* sums) {
    each(tx, tw, ty, conv,
         [=](int64_t i, int64_t j, int64_t k) { sums[k] += get(tx, x, i) * get(tw, w, j); });
  });
}

EMULATED int cudnnConvolutionBackwardData(void*, const float*, Tensor* wd, const void* w,
                                          Tensor* yd, const void* dy, Convolution* c, int algorithm,
                                          void* room, size_t bytes, const float*, Tensor* xd,
                                          void* dx) {
  const Tensor tx = *xd, tw = *wd, ty = *yd;
  const Convolution conv = *c;
  return compute(algorithm, room, bytes, tx, dx, [=](double* sums) {
    each(tx, tw, ty, conv,
         [=](int64_t i, int64_t j, int64_t k) { sums[i] += get(ty, dy, k) * get(tw, w, j); });
  });
}

EMULATED int cudnnConvolutionBackwardFilter(void*, const float*, Tensor* xd, const void* x,
                                            Tensor* yd, const void* dy, Convolution* c,
                                            int algorithm, void* room, size_t bytes, const float*,
                                            Tensor* wd, void* dw) {
  const Tensor tx = *xd, tw = *wd, ty = *yd;
  const Convolution conv = *c;
  return compute(algorithm, room, bytes, tw, dw, [=](double* sums) {
    each(tx, tw, ty, conv,
         [=](int64_t i, int64_t j, int64_t k) { sums[j] += get(tx, x, i) * get(ty, dy, k); });
  });
}

EMULATED int cudnnBackendCreateDescriptor(int type, Descriptor** d) {
  return *d = new Descriptor{type, {}}, 0;
}

EMULATED int cudnnBackendDestroyDescriptor(Descriptor* d) { return delete d, 0; }

EMULATED int cudnnBackendSetAttribute(Descriptor* d, int attribute, int type, int64_t count,
                                      const void* values) {
  if (type == kTypeFloat) return 0;
  std::vector<int64_t>& to = d->values[attribute];
  to.clear();
  for (int64_t i = 0; i < count; i++) {
    to.push_back(is_wide(type) ? static_cast<const int64_t*>(values)[i]
                               : static_cast<const int32_t*>(values)[i]);
  }
  return 0;
}

EMULATED int cudnnBackendFinalize(Descriptor* d) {
  if (d->type == kOperationGraph && lacks_nhwc()) return kNotSupported;
  if (d->type == kHeuristics && d->number(kHeuristicsMode) != kModeA) return kNotSupported;
  return d->type == kEngine && d->number(kEngineIndex) > kGoodEngine ? kNotSupported : 0;
}

EMULATED int cudnnBackendGetAttribute(Descriptor* d, int attribute, int type, int64_t most,
                                      int64_t* count, void* values) {
  if (attribute == kHeuristicsResults || attribute == kConfigEngine || attribute == kConfigKnobs) {
    return *count = fill(*d, attribute, most, static_cast<Descriptor**>(values)), 0;
  }
  const std::vector<int64_t> found = attribute_of(*d, attribute);
  *count = static_cast<int64_t>(found.size());
  for (int64_t i = 0; i < *count && i < most; i++) {
    if (is_wide(type)) {
      static_cast<int64_t*>(values)[i] = found[static_cast<size_t>(i)];
    } else {
      static_cast<int32_t*>(values)[i] = static_cast<int32_t>(found[static_cast<size_t>(i)]);
    }
  }
  return 0;
}

EMULATED int cudnnBackendExecute(void*, Descriptor* plan, Descriptor* pack) {
  const Descriptor& configuration = plan->at(kPlanConfig);
  const Descriptor& engine = configuration.at(kConfigEngine);
  if (engine.number(kEngineIndex) == kGoodEngine &&
      configuration.at(kConfigKnobs).number(kKnobValue) != kKnobSetting) {
    return kNotSupported;
  }
  const Descriptor& operation = engine.at(kEngineGraph).at(kGraphOperations);
  // Attributes of forward, data and filter gradients: convolution, then w, x, y; w, dx, dy; or
  // dw, x, dy… told apart by the identities of their tensors.
  const int base = operation.type == 10 ? 702 : operation.type == 12 ? 708 : 714;
  const Descriptor& c = operation.at(base);
  Tensor tensors[3] = {};
  void* memory[3] = {};
  for (int i = 1; i <= 3; i++) {
    const Descriptor& t = operation.at(base + i);
    const int place = static_cast<int>(t.number(kTensorId)) == 'x'   ? 0
                      : static_cast<int>(t.number(kTensorId)) == 'w' ? 1
                                                                     : 2;
    tensors[place] = tensor_of(t);
    for (size_t k = 0; k < 3; k++) {
      if (pack->values.at(kPackIds)[k] == t.number(kTensorId)) {
        memory[place] = reinterpret_cast<void*>(pack->values.at(kPackPointers)[k]);
      }
    }
  }
  Convolution conv = {static_cast<int>(c.number(105)), static_cast<int>(c.number(103))};
  void* room = reinterpret_cast<void*>(pack->number(kPackWorkspace));
  Tensor *x = &tensors[0], *w = &tensors[1], *y = &tensors[2];
  switch (operation.type) {
    case 10:
      return cudnnConvolutionForward(nullptr, nullptr, x, memory[0], w, memory[1], &conv, 1, room,
                                     kWorkspace, nullptr, y, memory[2]);
    case 12:
      return cudnnConvolutionBackwardData(nullptr, nullptr, w, memory[1], y, memory[2], &conv, 1,
                                          room, kWorkspace, nullptr, x, memory[0]);
    default:
      return cudnnConvolutionBackwardFilter(nullptr, nullptr, x, memory[0], y, memory[2], &conv, 1,
                                            room, kWorkspace, nullptr, w, memory[1]);
  }
}
