# Warnings, and with EARLYBIRD_WERROR warnings as errors, for a target's own sources.
option(EARLYBIRD_WERROR "Treat compiler warnings as errors" OFF)

function(earlybird_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra)
  if(EARLYBIRD_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
