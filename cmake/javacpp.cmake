# earlybird_javacpp(glue library package config target headers): binds the C ABI of <library> to Java.
# JavaCPP reads the headers that the preset class <package>.<config> names and writes the Java class
# <package>.<target> and its JNI code, which is compiled into lib<glue>.so. Everything is a build
# step with dependencies: unchanged headers (all of the folder <headers>) generate nothing. Where
# <library> is not built, the Java class alone is written, so that Java compiles everywhere.
# Afterwards <glue>_SOURCES names the JNI code, which the target <glue>_sources writes.
function(earlybird_javacpp glue library package config target headers)
  string(REPLACE "." "/" folder ${package})
  set(platform linux-x86_64)
  set(natives "${EARLYBIRD_OUT}/${folder}/${platform}")
  if(TARGET ${library})
    set_target_properties(${library} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${natives}")
  endif()
  if(NOT EARLYBIRD_BINDING_CLASSPATH)
    return()
  endif()

  set(source "${EARLYBIRD_ROOT}/src/main/java/${folder}/${config}.java")
  set(work "${CMAKE_CURRENT_BINARY_DIR}/javacpp_${glue}")
  set(java_out "${EARLYBIRD_JAVA_OUT}/${folder}/${target}.java")
  file(GLOB headers CONFIGURE_DEPENDS "${EARLYBIRD_ROOT}/native/include/earlybird/api.h"
       "${headers}/*.h")
  file(MAKE_DIRECTORY "${work}/classes")
  set(java "${EARLYBIRD_JAVA_HOME}/bin/java")
  set(javac "${EARLYBIRD_JAVA_HOME}/bin/javac" --release 17 -proc:none)
  set(builder ${java} -Xshare:auto -XX:TieredStopAtLevel=1 -cp "${EARLYBIRD_BINDING_CLASSPATH}"
      org.bytedeco.javacpp.tools.Builder -classpath "${work}/classes"
      -Dplatform.includepath=${EARLYBIRD_ROOT}/native/include)

  add_custom_command(
    OUTPUT "${java_out}"
    DEPENDS "${source}" ${headers}
    COMMAND ${javac} -cp "${EARLYBIRD_BINDING_CLASSPATH}" -d "${work}/classes" "${source}"
    COMMAND ${builder} -d "${EARLYBIRD_JAVA_OUT}" ${package}.${config}
    COMMENT "Binding the C headers to ${package}.${target}"
    VERBATIM)
  set(${glue}_SOURCES "${work}/${glue}.cpp" "${work}/jnijavacpp.cpp")
  set(${glue}_SOURCES "${${glue}_SOURCES}" PARENT_SCOPE)
  add_custom_command(
    OUTPUT ${${glue}_SOURCES}
    DEPENDS "${java_out}"
    COMMAND ${javac} -cp "${EARLYBIRD_BINDING_CLASSPATH}:${work}/classes" -d "${work}/classes"
            "${java_out}"
    COMMAND ${builder} -nocompile -d "${work}" -o ${glue} ${package}.${target}
    COMMENT "Writing the JNI code of ${package}.${target}"
    VERBATIM)
  add_custom_target(${glue}_sources DEPENDS ${${glue}_SOURCES})
  if(NOT TARGET ${library})
    add_custom_target(${glue}_java ALL DEPENDS "${java_out}")
    return()
  endif()
  add_library(${glue} SHARED ${${glue}_SOURCES})
  add_dependencies(${glue} ${glue}_sources)
  target_include_directories(
    ${glue} PRIVATE "${EARLYBIRD_ROOT}/native/include" "${EARLYBIRD_JAVA_HOME}/include"
                         "${EARLYBIRD_JAVA_HOME}/include/linux")
  target_compile_options(${glue} PRIVATE -O2 -w) # generated code: its warnings are not ours
  target_link_libraries(${glue} PRIVATE ${library})
  set_target_properties(${glue} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${natives}"
                        BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "$ORIGIN")
endfunction()
