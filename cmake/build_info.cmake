# Writes io/earlybird/build.properties: the version, and the commit where git knows one. The file is
# touched only when its content changes.
execute_process(
  COMMAND git -C "${EARLYBIRD_ROOT}" rev-parse --short=12 HEAD
  OUTPUT_VARIABLE EARLYBIRD_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE
  RESULT_VARIABLE git_result ERROR_QUIET)
if(NOT git_result EQUAL 0)
  set(EARLYBIRD_COMMIT "")
endif()
file(CONFIGURE OUTPUT "${EARLYBIRD_OUT}/io/earlybird/build.properties"
     CONTENT "version=@EARLYBIRD_VERSION@\ncommit=@EARLYBIRD_COMMIT@\n" @ONLY)
