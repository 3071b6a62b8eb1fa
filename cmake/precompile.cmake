# SPDX-License-Identifier: GPL-2.0-or-later
# The standard headers and fmt are parsed once and not in each of some hundred files: that was most of the build's time.
# Only headers from outside the project are in here, so that a change to the project compiles what it touches.
set(DESCRY_COMMON_HEADERS
  <algorithm> <array> <chrono> <compare> <cstddef> <cstdint> <filesystem> <fstream> <functional> <iterator> <map>
  <memory> <numeric> <optional> <ranges> <set> <span> <sstream> <string> <string_view> <tuple> <utility> <variant>
  <vector> <fmt/format.h> <fmt/ranges.h>)

# descry_precompiled(NAME LIBRARIES HEADERS...): compiles the common headers and these with what the libraries want.
function(descry_precompiled name libraries)
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp CONTENT "// Only here because a target needs a file.\n")
  add_library(${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  set_target_properties(${name} PROPERTIES AUTOMOC OFF)
  target_link_libraries(${name} PRIVATE descry_flags fmt::fmt ${libraries})
  target_precompile_headers(${name} PRIVATE ${DESCRY_COMMON_HEADERS} ${ARGN})
endfunction()

# Gives the precompiled headers to all C++ targets of these folders and below them that have none of their own.
function(descry_precompile name)
  foreach(folder IN LISTS ARGN)
    get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
    foreach(target IN LISTS targets)
      get_target_property(type ${target} TYPE)
      get_target_property(own ${target} PRECOMPILE_HEADERS)
      get_target_property(reused ${target} PRECOMPILE_HEADERS_REUSE_FROM)
      get_target_property(sources ${target} SOURCES)
      if(type MATCHES "^(STATIC_LIBRARY|EXECUTABLE)$" AND NOT own AND NOT reused AND sources MATCHES "\\.cpp")
        target_precompile_headers(${target} REUSE_FROM ${name})
      endif()
    endforeach()
    get_property(below DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
    if(below)
      descry_precompile(${name} ${below})
    endif()
  endforeach()
endfunction()
