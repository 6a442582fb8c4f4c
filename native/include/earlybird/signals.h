// Signal handlers of this process.
//
// A library that comes into the process can put its own handlers in the place of those that the
// process lives by. LLVM, which PoCL brings, takes SIGSEGV so that the signal's default is in force
// while it handles one: a second thread that faults meanwhile ends the process. PoCL takes SIGFPE
// and steps over divisions by zero. A JVM stops its threads by the one signal and finds divisions by
// zero by the other.
#ifndef EARLYBIRD_SIGNALS_H
#define EARLYBIRD_SIGNALS_H

#include "earlybird/api.h"

// Remembers the handlers of all signals but those of real time. Null if there is not enough memory.
EB_API void* eb_keep_signal_handlers(void);

// Puts what eb_keep_signal_handlers remembered back where something else is in its place by now, and
// frees it. Returns the number of those signals; null does nothing.
EB_API int eb_restore_signal_handlers(void* kept);

#endif
