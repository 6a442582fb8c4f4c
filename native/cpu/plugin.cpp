// Replaces entries of the table of function pointers. Compiled once, for x86-64-v2.
#include "earlybird/plugin.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "cpu/kernel_table.h"

namespace {

void* loaded = nullptr;
eb::Kernels own;

// The names that an object itself defines and exports. Asking for names with dlsym would also find
// those of libraries that the object depends on, our own among them.
class Exports {
 public:
  explicit Exports(const link_map* object) {
    for (const ElfW(Dyn)* entry = object->l_ld; entry->d_tag != DT_NULL; entry++) {
      const ElfW(Addr) at = entry->d_un.d_ptr;
      if (entry->d_tag == DT_SYMTAB) symbols_ = reinterpret_cast<const ElfW(Sym)*>(at);
      if (entry->d_tag == DT_STRTAB) names_ = reinterpret_cast<const char*>(at);
      if (entry->d_tag == DT_HASH) count_ = reinterpret_cast<const uint32_t*>(at)[1];
      if (entry->d_tag == DT_GNU_HASH) count_ = gnu_count(reinterpret_cast<const uint32_t*>(at));
    }
    if (!symbols_ || !names_) count_ = 0;
  }

  uint32_t count() const { return count_; }

  // Name i if it is a function that the object defines, or null.
  const char* function(uint32_t i) const {
    const ElfW(Sym)& symbol = symbols_[i];
    const bool defined = symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0;
    return defined && ELF64_ST_TYPE(symbol.st_info) == STT_FUNC ? names_ + symbol.st_name : nullptr;
  }

 private:
  // A GNU hash table does not state the number of symbols: the chain of the bucket with the highest
  // first symbol ends with the last one.
  static uint32_t gnu_count(const uint32_t* table) {
    const uint32_t buckets = table[0];
    const uint32_t first = table[1];
    const uint32_t* bucket = table + 4 + 2 * table[2];
    const uint32_t* chain = bucket + buckets;
    uint32_t last = 0;
    for (uint32_t i = 0; i < buckets; i++) last = bucket[i] > last ? bucket[i] : last;
    if (last < first) return 0;
    while (!(chain[last - first] & 1)) last++;
    return last + 1;
  }

  const ElfW(Sym) * symbols_ = nullptr;
  const char* names_ = nullptr;
  uint32_t count_ = 0;
};

// Text in memory of a fixed size.
class Message {
 public:
  Message(char* text, int64_t size) : text_(text), size_(text ? size : 0) {
    if (size_ > 0) text_[0] = 0;
  }

  void add(const char* part) {
    for (; *part && used_ + 1 < size_; part++) text_[used_++] = *part == '\n' ? ' ' : *part;
    if (size_ > 0) text_[used_] = 0;
  }

  bool empty() const { return used_ == 0; }

 private:
  char* text_;
  int64_t size_;
  int64_t used_ = 0;
};

// Puts a function into the table; false if no kernel has that name.
bool replace(eb::Kernels& kernels, const char* name, void* function) {
#define EB_KERNEL(kernel)                                                  \
  if (strcmp(name, "eb_" #kernel) == 0) {                                  \
    kernels.kernel = reinterpret_cast<decltype(kernels.kernel)>(function); \
    return true;                                                           \
  }
#include "cpu/kernel_list.h"
#include "cpu/kernel_list_amx.h"
#include "cpu/kernel_list_bf16.h"
#undef EB_KERNEL
  return false;
}

// What the library `handle` replaces, put into `kernels` and named in `message`.
eb_status read_plugin(void* handle, eb::Kernels& kernels, Message& message) {
  link_map* object = nullptr;
  if (dlinfo(handle, RTLD_DI_LINKMAP, &object) != 0) {
    message.add(dlerror());
    return EB_BAD_ARGUMENT;
  }
  const Exports exports(object);
  bool mangled = false;
  bool any = false;
  for (uint32_t i = 0; i < exports.count(); i++) {
    const char* name = exports.function(i);
    if (!name) continue;
    mangled = mangled || (strncmp(name, "_Z", 2) == 0 && strstr(name, "eb_"));
    if (strncmp(name, "eb_", 3) != 0) continue;
    if (!replace(kernels, name, dlsym(handle, name))) {
      message.add("exports ");
      message.add(name);
      message.add(", but no kernel has that name");
      return EB_UNSUPPORTED;
    }
    any = true;
  }
  if (!any) {
    message.add("exports no kernel, that is, no function such as eb_relu_f32");
    if (mangled) message.add("; C++ functions need extern \"C\"");
    return EB_UNSUPPORTED;
  }
  for (uint32_t i = 0; i < exports.count(); i++) {
    const char* name = exports.function(i);
    if (!name || strncmp(name, "eb_", 3) != 0) continue;
    if (!message.empty()) message.add(" ");
    message.add(name);
  }
  return EB_OK;
}

}  // namespace

eb_status eb_load_plugin(const char* path, char* message, int64_t size) {
  Message text(message, size);
  if (!path) {
    text.add("no path");
    return EB_BAD_ARGUMENT;
  }
  eb_unload_plugin();
  void* handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    text.add(dlerror());
    return EB_BAD_ARGUMENT;
  }
  eb::Kernels kernels = eb::active();
  const eb_status status = read_plugin(handle, kernels, text);
  if (status != EB_OK) {
    dlclose(handle);
    return status;
  }
  own = eb::active();
  eb::active() = kernels;
  loaded = handle;
  return EB_OK;
}

void eb_unload_plugin(void) {
  if (!loaded) return;
  eb::active() = own;
  dlclose(loaded);
  loaded = nullptr;
}
