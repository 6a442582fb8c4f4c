# EARLYBIRD_CUDA: whether there is a CUDA compiler, and what it compiles for. Machine code for A100
# and H100/H200, and PTX that the driver compiles for anything newer.
include(CheckLanguage)
check_language(CUDA)
if(CMAKE_CUDA_COMPILER)
  set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 90-virtual)
  enable_language(CUDA)
  set(EARLYBIRD_CUDA ON)
else()
  set(EARLYBIRD_CUDA OFF)
  message(STATUS "No nvcc: building without CUDA kernels")
endif()
