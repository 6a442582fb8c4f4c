# earlybird_javacpp(library package config target): binds the C ABI of <library> to Java.
# JavaCPP reads the headers that the preset class <package>.<config> names and writes the Java class
# <package>.<target> and its JNI code, which is compiled into libjniearlybird.so. Everything is a
# build step with dependencies: unchanged headers generate nothing.
function(earlybird_javacpp library package config target)
  string(REPLACE "." "/" folder ${package})
  set(platform linux-x86_64)
  set(natives "${EARLYBIRD_OUT}/${folder}/${platform}")
  set_target_properties(${library} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${natives}")
  if(NOT EARLYBIRD_BINDING_CLASSPATH)
    return()
  endif()

  set(source "${EARLYBIRD_ROOT}/src/main/java/${folder}/${config}.java")
  set(work "${CMAKE_CURRENT_BINARY_DIR}/javacpp")
  set(java_out "${EARLYBIRD_JAVA_OUT}/${folder}/${target}.java")
  file(GLOB headers CONFIGURE_DEPENDS "${EARLYBIRD_ROOT}/native/include/earlybird/*.h")
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
  add_custom_command(
    OUTPUT "${work}/jniearlybird.cpp" "${work}/jnijavacpp.cpp"
    DEPENDS "${java_out}"
    COMMAND ${javac} -cp "${EARLYBIRD_BINDING_CLASSPATH}:${work}/classes" -d "${work}/classes"
            "${java_out}"
    COMMAND ${builder} -nocompile -d "${work}" -o jniearlybird ${package}.${target}
    COMMENT "Writing the JNI code of ${package}.${target}"
    VERBATIM)
  add_library(jniearlybird SHARED "${work}/jniearlybird.cpp" "${work}/jnijavacpp.cpp")
  target_include_directories(
    jniearlybird PRIVATE "${EARLYBIRD_ROOT}/native/include" "${EARLYBIRD_JAVA_HOME}/include"
                         "${EARLYBIRD_JAVA_HOME}/include/linux")
  target_compile_options(jniearlybird PRIVATE -O2 -w) # generated code: its warnings are not ours
  target_link_libraries(jniearlybird PRIVATE ${library})
  set_target_properties(jniearlybird PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${natives}"
                        BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "$ORIGIN")
endfunction()
