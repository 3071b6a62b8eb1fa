# SPDX-License-Identifier: GPL-2.0-or-later
# The one place for compiler flags: every target of the project links descry_flags.
add_library(descry_flags INTERFACE)
target_include_directories(descry_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(descry_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
                                              -Woverloaded-virtual -Wno-missing-field-initializers
  # Chart.js is one string in a generated file.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-overlength-strings>)
if(DESCRY_WERROR)
  # GCC 12 finds what is not there inside the standard library's variant and string; with precompiled headers these are
  # no longer taken for system headers.
  target_compile_options(descry_flags INTERFACE -Werror
    $<$<CXX_COMPILER_ID:GNU>:-Wno-error=maybe-uninitialized;-Wno-error=array-bounds;-Wno-error=restrict;-Wno-error=stringop-overflow>)
endif()
if(DESCRY_SANITIZE)
  target_compile_options(descry_flags INTERFACE -fsanitize=${DESCRY_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(descry_flags INTERFACE -fsanitize=${DESCRY_SANITIZE})
endif()

# descry_compile_quickly(TARGETS...): less optimisation in release builds, for code that is not in the way of any event or chain.
function(descry_compile_quickly)
  foreach(target IN LISTS ARGN)
    if(TARGET ${target})
      target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
    endif()
  endforeach()
endfunction()

# descry_compile_together(TARGETS...): with DESCRY_UNITY the files of each target are compiled ten at a time. They parse their
# headers and instantiate templates once and not ten times. Not for targets whose files define the same name in their
# anonymous namespaces on purpose, as findings, causes, decoders and commands do.
function(descry_compile_together)
  if(NOT DESCRY_UNITY)
    return()
  endif()
  foreach(target IN LISTS ARGN)
    if(TARGET ${target})
      set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
      # GCC takes the .cpp file that a piece includes for a header. Clang says that a name hides that of another file.
      target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>
                                               $<$<CXX_COMPILER_ID:Clang>:-Wno-error=shadow>)
    endif()
  endforeach()
endfunction()
