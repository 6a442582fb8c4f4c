# EARLYBIRD_CUDA: whether there is a CUDA compiler, and what it compiles for. Machine code for A100
# and H100/H200, and PTX that the driver compiles for anything newer.
# The sanitizers' options are not nvcc's, so a sanitized build has no CUDA kernels.
include(CheckLanguage)
check_language(CUDA)
if(CMAKE_CUDA_COMPILER AND NOT EARLYBIRD_SANITIZE)
  set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 90-virtual)
  enable_language(CUDA)
  set(EARLYBIRD_CUDA ON)
else()
  set(EARLYBIRD_CUDA OFF)
  message(STATUS "No nvcc, or a sanitized build: no CUDA kernels")
endif()
