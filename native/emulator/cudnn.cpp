// The functions of cuDNN that the CUDA backend calls: convolutions by plain loops, in double. There
// is one deterministic algorithm (1) and a faster one that is not (0). Environment variable
// EARLYBIRD_EMULATED_ORDER=nchw leaves NHWC without any algorithm.
#include <stdlib.h>

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

int find(const Tensor& x, int most, int* count, Perf* perf) {
  const char* order = getenv("EARLYBIRD_EMULATED_ORDER");
  *count = 0;
  if (most < 2) return 2000;
  if (order && strcmp(order, "nchw") == 0 && x.order == kNhwc) return kNotSupported;
  perf[0] = {0, 0, 0.5f, kWorkspace, 0, 3, {}};
  perf[1] = {1, 0, 1.0f, kWorkspace, 1, 3, {}};
  *count = 2;
  return 0;
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
