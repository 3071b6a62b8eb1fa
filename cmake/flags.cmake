# SPDX-License-Identifier: GPL-2.0-or-later
# The one place for compiler flags: every target of the project links descry_flags.
add_library(descry_flags INTERFACE)
target_include_directories(descry_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(descry_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
                                              -Woverloaded-virtual -Wno-missing-field-initializers)
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
