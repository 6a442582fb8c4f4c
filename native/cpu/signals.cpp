// Signal handlers of this process. Compiled once, for x86-64-v2.
#include "earlybird/signals.h"

#include <signal.h>
#include <stdlib.h>

namespace {

constexpr int kSignals = 32;  // those of real time come after them

// What a handler can ask for; the C library adds a flag of its own to what it sets.
constexpr int kFlags =
    SA_NOCLDSTOP | SA_NOCLDWAIT | SA_NODEFER | SA_ONSTACK | SA_RESETHAND | SA_RESTART | SA_SIGINFO;

struct Handlers {
  struct sigaction of[kSignals];
};

bool same(const struct sigaction& a, const struct sigaction& b) {
  const bool same_handler =
      (a.sa_flags & SA_SIGINFO) ? a.sa_sigaction == b.sa_sigaction : a.sa_handler == b.sa_handler;
  return (a.sa_flags & kFlags) == (b.sa_flags & kFlags) && same_handler;
}

}  // namespace

void* eb_keep_signal_handlers(void) {
  Handlers* kept = static_cast<Handlers*>(calloc(1, sizeof(Handlers)));
  if (!kept) return nullptr;
  for (int signal = 1; signal < kSignals; signal++) sigaction(signal, nullptr, &kept->of[signal]);
  return kept;
}

int eb_restore_signal_handlers(void* kept) {
  if (!kept) return 0;
  const Handlers* before = static_cast<Handlers*>(kept);
  int replaced = 0;
  for (int signal = 1; signal < kSignals; signal++) {
    struct sigaction now;
    if (sigaction(signal, nullptr, &now) || same(now, before->of[signal])) continue;
    replaced++;
    sigaction(signal, &before->of[signal], nullptr);
  }
  free(kept);
  return replaced;
}
