# SPDX-License-Identifier: GPL-2.0-or-later
# descry_bpf_skeleton(TARGET NAME SOURCE) compiles SOURCE for BPF and makes the interface library TARGET, which has the
# header NAME.skel.h.
find_program(DESCRY_CLANG NAMES clang clang-19 clang-16 clang-15 clang-14 DOC "Compiler for BPF programs")
find_program(DESCRY_BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin DOC "Makes skeletons of BPF programs")
foreach(tool DESCRY_CLANG DESCRY_BPFTOOL)
  if(NOT ${tool})
    message(FATAL_ERROR "descry record needs clang and bpftool to build its BPF programs: tools/setup build installs "
                        "them; -DDESCRY_RECORD=OFF builds the rest without descry record")
  endif()
endforeach()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
  set(descry_bpf_arch x86)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
  set(descry_bpf_arch arm64)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^s390x?$")
  set(descry_bpf_arch s390)
else()
  message(FATAL_ERROR "descry record knows no calling convention for BPF on ${CMAKE_SYSTEM_PROCESSOR}; "
                      "-DDESCRY_RECORD=OFF builds the rest")
endif()
include(TestBigEndian)
test_big_endian(descry_big_endian)
set(descry_bpf_target bpfel)
if(descry_big_endian)
  set(descry_bpf_target bpfeb)
endif()
# Headers of the C library lie where the compiler for the target system looks for them.
set(descry_bpf_includes "")
if(CMAKE_LIBRARY_ARCHITECTURE)
  list(APPEND descry_bpf_includes "-I${CMAKE_SYSROOT}/usr/include/${CMAKE_LIBRARY_ARCHITECTURE}")
endif()
if(CMAKE_SYSROOT)
  list(APPEND descry_bpf_includes "-I${CMAKE_SYSROOT}/usr/include")
endif()

function(descry_bpf_skeleton target name source)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(header ${CMAKE_CURRENT_BINARY_DIR}/${name}.skel.h)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${DESCRY_CLANG} -target ${descry_bpf_target} -mcpu=v3 -D__TARGET_ARCH_${descry_bpf_arch} -O2 -g -Wall
            -I${PROJECT_SOURCE_DIR} ${descry_bpf_includes} -MD -MF ${object}.d -MT ${object} -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
    DEPENDS ${source}
    DEPFILE ${object}.d
    COMMENT "Building BPF object ${name}.bpf.o")
  add_custom_command(
    OUTPUT ${header}
    COMMAND ${DESCRY_BPFTOOL} gen skeleton ${object} name ${name}_bpf > ${header}
    DEPENDS ${object}
    COMMENT "Building BPF skeleton ${name}.skel.h")
  add_custom_target(${target}_skeleton DEPENDS ${header})
  add_library(${target} INTERFACE)
  target_include_directories(${target} SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
  add_dependencies(${target} ${target}_skeleton)
endfunction()
