# Writes io/earlybird/build.properties: the version, and the commit where git knows one (with -dirty
# where sources are changed). The file is touched only when its content changes. A source tree that
# lies inside another project's checkout has no commit.
set(EARLYBIRD_COMMIT "")
execute_process(
  COMMAND git -C "${EARLYBIRD_ROOT}" rev-parse --show-prefix --short=12 HEAD
  OUTPUT_VARIABLE git_output OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
  RESULT_VARIABLE git_result)
if(git_result EQUAL 0 AND git_output MATCHES "^\n([0-9a-f]+)$")
  set(EARLYBIRD_COMMIT "${CMAKE_MATCH_1}")
  execute_process(
    COMMAND git -C "${EARLYBIRD_ROOT}" status --porcelain -- pom.xml src/main native cmake
    OUTPUT_VARIABLE git_output ERROR_QUIET)
  if(git_output)
    string(APPEND EARLYBIRD_COMMIT "-dirty")
  endif()
endif()
file(CONFIGURE OUTPUT "${EARLYBIRD_OUT}/io/earlybird/build.properties"
     CONTENT "version=@EARLYBIRD_VERSION@\ncommit=@EARLYBIRD_COMMIT@\n" @ONLY)
