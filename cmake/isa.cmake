# Instruction-set variants: the same sources as one object library per x86-64 level, each in a
# namespace of its own (EB_ISA). Level v2 is the baseline and also defines the public functions.

# No fast-math and no contraction of a*b+c into one rounding: the bits must not depend on the level.
set(EARLYBIRD_ARITHMETIC -O3 -ffp-contract=off -fno-math-errno -fno-trapping-math)

function(earlybird_isa_variants prefix)
  foreach(level v2 v3 v4)
    set(name ${prefix}_${level})
    add_library(${name} OBJECT ${ARGN})
    target_compile_options(${name} PRIVATE -march=x86-64-${level} ${EARLYBIRD_ARITHMETIC})
    target_compile_definitions(${name} PRIVATE EB_ISA=${level})
  endforeach()
  target_compile_definitions(${prefix}_v2 PRIVATE EB_ENTRY_POINTS)
  target_compile_options(${prefix}_v4 PRIVATE -mprefer-vector-width=512)
endfunction()

# The same sources for level v4 with AVX512-BF16 and VNNI, in the namespace v4_bf16.
function(earlybird_bf16_variant prefix)
  add_library(${prefix}_v4_bf16 OBJECT ${ARGN})
  target_compile_options(${prefix}_v4_bf16 PRIVATE -march=x86-64-v4 -mavx512bf16 -mavx512vnni
                         -mprefer-vector-width=512 ${EARLYBIRD_ARITHMETIC})
  target_compile_definitions(${prefix}_v4_bf16 PRIVATE EB_ISA=v4_bf16)
endfunction()

# The same sources for level v4 with AMX too, in the namespace v4_amx; compilers before GCC 11 have no such
# instructions, and no library is made then.
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag("-mamx-tile -mamx-bf16" EARLYBIRD_HAS_AMX)

function(earlybird_amx_variant prefix)
  if(EARLYBIRD_HAS_AMX)
    add_library(${prefix}_v4_amx OBJECT ${ARGN})
    target_compile_options(${prefix}_v4_amx PRIVATE -march=x86-64-v4 -mavx512bf16 -mavx512vnni
                           -mamx-tile -mamx-bf16 -mprefer-vector-width=512 ${EARLYBIRD_ARITHMETIC})
    target_compile_definitions(${prefix}_v4_amx PRIVATE EB_ISA=v4_amx)
  endif()
endfunction()
