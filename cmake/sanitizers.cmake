# EARLYBIRD_SANITIZE=address|undefined builds the native code with that sanitizer. A JVM that loads
# an address-sanitized library needs the sanitizer's runtime in LD_PRELOAD.
set(EARLYBIRD_SANITIZE "" CACHE STRING "Sanitizer: empty, address or undefined")
set_property(CACHE EARLYBIRD_SANITIZE PROPERTY STRINGS "" address undefined)

if(EARLYBIRD_SANITIZE)
  if(NOT EARLYBIRD_SANITIZE MATCHES "^(address|undefined)$")
    message(FATAL_ERROR "EARLYBIRD_SANITIZE is '${EARLYBIRD_SANITIZE}'; use address or undefined")
  endif()
  add_compile_options(-fsanitize=${EARLYBIRD_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${EARLYBIRD_SANITIZE})
endif()
