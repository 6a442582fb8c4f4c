// Blocks, threads and barriers of the emulated device.
// A fiber is started once by setcontext and then serves one thread after the other; switches are
// _longjmp, which unlike swapcontext makes no system call.
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#include <vector>

#include "cuda_runtime.h"

dim3 threadIdx;
dim3 blockIdx;
dim3 gridDim;

namespace {

constexpr size_t kStack = size_t{64} << 10;
constexpr unsigned kWarp = 32;

enum class State { kReady, kBlock, kWarp, kDone };

struct Fiber {
  ucontext_t context;
  jmp_buf jump;
  bool started = false;
  std::vector<char> stack = std::vector<char>(kStack);
  State state = State::kDone;
  uint64_t lane_bits = 0;
};

std::vector<Fiber> fibers;
jmp_buf scheduler;
unsigned current;
const std::function<void()>* body;
bool reversed;

void leave(State state) {
  Fiber& self = fibers[current];
  self.state = state;
  if (_setjmp(self.jump) == 0) _longjmp(scheduler, 1);
}

void enter() {
  for (;;) {
    (*body)();
    leave(State::kDone);
  }
}

void resume(unsigned thread) {
  current = thread;
  threadIdx = dim3(thread, 0, 0);
  Fiber& f = fibers[thread];
  if (_setjmp(scheduler) != 0) return;
  if (f.started) _longjmp(f.jump, 1);
  f.started = true;
  getcontext(&f.context);
  f.context.uc_stack.ss_sp = f.stack.data();
  f.context.uc_stack.ss_size = kStack;
  f.context.uc_link = nullptr;
  makecontext(&f.context, enter, 0);
  setcontext(&f.context);
}

// Sets waiting threads [begin, end) going if all that live there wait for the same; else does
// nothing.
bool release(unsigned begin, unsigned end, State state) {
  bool any = false;
  for (unsigned t = begin; t < end; t++) {
    if (fibers[t].state == State::kDone) continue;
    if (fibers[t].state != state) return false;
    any = true;
  }
  for (unsigned t = begin; t < end; t++) {
    if (fibers[t].state == state) fibers[t].state = State::kReady;
  }
  return any;
}

void run_block(unsigned threads) {
  for (unsigned t = 0; t < threads; t++) fibers[t].state = State::kReady;
  for (unsigned done = 0; done < threads;) {
    for (unsigned i = 0; i < threads; i++) {
      const unsigned t = reversed ? threads - 1 - i : i;
      if (fibers[t].state == State::kReady) resume(t);
    }
    bool progress = release(0, threads, State::kBlock);
    for (unsigned w = 0; w < threads; w += kWarp) {
      progress |= release(w, w + kWarp < threads ? w + kWarp : threads, State::kWarp);
    }
    done = 0;
    for (unsigned t = 0; t < threads; t++) done += fibers[t].state == State::kDone;
    if (!progress && done < threads) {
      fprintf(stderr, "emulator: threads of one block wait at different barriers\n");
      abort();
    }
  }
}

}  // namespace

void emulator::sync_block() { leave(State::kBlock); }

uint64_t emulator::exchange(uint64_t bits, unsigned lane_mask) {
  fibers[current].lane_bits = bits;
  const unsigned other = current ^ lane_mask;
  leave(State::kWarp);
  const uint64_t received = fibers[other].lane_bits;
  leave(State::kWarp);
  return received;
}

void emulator::run(dim3 grid, unsigned threads, const std::function<void()>& kernel) {
  if (fibers.size() < threads) fibers.resize(threads);
  body = &kernel;
  gridDim = grid;
  reversed = !reversed;
  for (unsigned y = 0; y < grid.y; y++) {
    for (unsigned x = 0; x < grid.x; x++) {
      blockIdx = dim3(x, y, 0);
      run_block(threads);
    }
  }
}
