// Kernels of a user's shared library in the place of our own.
#ifndef EARLYBIRD_PLUGIN_H
#define EARLYBIRD_PLUGIN_H

#include "earlybird/api.h"

// Loads the shared library `path`. Each function that it exports under the name of a kernel, such
// as eb_relu_f32, takes that kernel's place; the public function of that name still checks its
// arguments first. The function must have the signature that our header declares: include the
// header, so that the compiler sees to it. An earlier plugin is unloaded before. No kernel may run
// meanwhile.
//
// On success `message` holds the names of the replaced kernels, separated by blanks; otherwise one
// line that says what is wrong, and all kernels are our own: EB_BAD_ARGUMENT if the library cannot
// be loaded, EB_UNSUPPORTED if it exports no kernel, or a name with eb_ that is none. What does not
// fit into `size` bytes is cut off.
EB_API eb_status eb_load_plugin(const char* path, char* message, int64_t size);

// Puts our own kernels back and unloads the plugin, if there is one. No kernel may run meanwhile.
EB_API void eb_unload_plugin(void);

#endif
